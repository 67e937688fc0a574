"""A new installation shows answers, not a button to press."""

import pytest
from django.core.management import call_command

from facility.scenarios import tasks
from facility.scenarios.demo import build
from facility.scenarios.models import Run

pytestmark = pytest.mark.django_db


def test_every_plan_is_run_the_committed_one_and_the_expansion_first(capsys, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks.plan_and_submit, "delay", sent.append)
    call_command("load_demo", run=True)
    plans = build.plans_in_order(build.demo_site())
    assert [plan.name for plan in plans] == [
        "As built",
        "GB300 expansion",
        "Hall D direct liquid",
        "Hall D hybrid",
        "Hall D in air",
    ]
    assert sent == [plan.pk for plan in plans]
    assert "Loaded" in capsys.readouterr().out


def test_a_worker_freezes_and_queues_a_plan_and_forgives_one_that_is_gone():
    site = build.load()
    plan = build.plans_in_order(site)[0]
    tasks.plan_and_submit(plan.pk)
    tasks.plan_and_submit(10**9)
    assert [run.scenario_id for run in Run.objects.all()] == [plan.pk]
