"""What a person can do with plans and runs, and what a worker does with a run."""

from facility.scenarios.services.plans import (
    ChangeDraft,
    PhaseDraft,
    add_change,
    add_phase,
    archive_scenario,
    commit_scenario,
    create_scenario,
    derive_scenario,
    edit_change,
    edit_phase,
    remove_change,
    remove_phase,
    rename_scenario,
    reorder_changes,
    write_plan,
)
from facility.scenarios.services.runs import (
    execute_run,
    freeze_run,
    plan_run,
    request_cancel,
    requeue_expired,
)

__all__ = [
    "ChangeDraft",
    "PhaseDraft",
    "add_change",
    "add_phase",
    "archive_scenario",
    "commit_scenario",
    "create_scenario",
    "derive_scenario",
    "edit_change",
    "edit_phase",
    "execute_run",
    "freeze_run",
    "plan_run",
    "remove_change",
    "remove_phase",
    "rename_scenario",
    "reorder_changes",
    "request_cancel",
    "requeue_expired",
    "write_plan",
]
