"""Answers of solver 0.1.0 have another form: their plans have to be run again."""

from django.db import migrations

MESSAGE = (
    "The answer was computed by solver 0.1.0, whose documents this version cannot read. "
    "Run the plan again."
)


def forget(apps, schema_editor):
    """Turn done and waiting runs of the old solver into failed ones that say why."""
    run = apps.get_model("scenarios", "Run")
    old = run.objects.filter(solver_version="0.1.0", state__in=("done", "queued", "running"))
    failure = {"code": "solver_changed", "message": MESSAGE, "problems": []}
    old.update(
        state="failed",
        result=None,
        lease=None,
        lease_expires_at=None,
        failure=failure,
        peak_kw=None,
        pue=None,
    )


class Migration(migrations.Migration):
    dependencies = [("scenarios", "0001_initial")]

    operations = [migrations.RunPython(forget, migrations.RunPython.noop)]
