"""The commands of the page on the API are run as they stand, over real HTTP."""

import os
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model

from facility.access import services as access
from facility.procurement.models import FitCheck
from facility.scenarios.models import Run, Scenario
from facility.sites.models import Site
from tests.api.conftest import make_world
from tests.services import missing

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "use-the-api.md"
BLOCKS = re.findall(
    r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_every_command_of_the_page_works(live_server, tmp_path):
    if shutil.which("curl") is None:
        missing("curl")
    make_world()
    user = get_user_model().objects.get(username="planner")
    _, text = access.make_token(user, name="page", scope="write", life=timedelta(days=1))
    settings = {
        "BASE": live_server.url,
        "TOKEN": text,
        "TMP": str(tmp_path),
        "SITE": str(Site.objects.get(slug="small").pk),
        "SCENARIO": str(Scenario.objects.get(is_committed=True).pk),
    }
    assert len(BLOCKS) == 4
    for block in BLOCKS:
        done = subprocess.run(
            ["/bin/sh", "-euc", block],
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, (block, done.stdout, done.stderr)
        assert done.stdout.startswith(("{", "["))
    assert FitCheck.objects.get().reference == "PO-4711"
    assert Scenario.objects.filter(name="From a script").exists()
    assert Run.objects.count() == 2
