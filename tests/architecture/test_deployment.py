"""The container files say only what the project understands."""

import re

import pytest
import yaml

from tests.architecture.source import ROOT

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
OURS = [name for name, service in COMPOSE["services"].items() if service["image"] == "headroom"]
SETTINGS = (ROOT / "facility" / "settings.py").read_text(encoding="utf-8")
READ = set(re.findall(r'(?:environ\.get|flag|listed)\(\s*"([A-Z_]+)"', SETTINGS))
INSTALL_PAGE = (ROOT / "docs" / "how-to" / "install.md").read_text(encoding="utf-8")


def test_there_are_web_worker_and_migration_beside_two_servers():
    assert set(OURS) == {"migrate", "web", "worker"}
    assert set(COMPOSE["services"]) - set(OURS) == {"postgres", "valkey"}


@pytest.mark.parametrize("service", OURS)
def test_each_variable_that_a_service_sets_is_one_that_the_settings_read(service):
    assert set(COMPOSE["services"][service]["environment"]) <= READ


@pytest.mark.parametrize("service", OURS)
def test_what_a_service_waits_for_can_say_that_it_is_there(service):
    for name, wait in COMPOSE["services"][service]["depends_on"].items():
        if wait["condition"] == "service_healthy":
            assert COMPOSE["services"][name]["healthcheck"]["test"]


def test_volumes_are_declared():
    used = {
        mount.partition(":")[0]
        for service in COMPOSE["services"].values()
        for mount in service.get("volumes", ())
    }
    assert used == set(COMPOSE["volumes"])


def test_the_install_page_explains_every_variable():
    assert {name for name in READ if f"`{name}`" not in INSTALL_PAGE} == set()


def test_the_settings_name_what_they_read():
    heading = SETTINGS.split('"""')[1]
    assert {name for name in READ if name not in heading} == set()


def test_the_image_installs_hashed_packages_and_does_not_run_as_root():
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes" in dockerfile
    assert re.search(r"^USER headroom$", dockerfile, re.MULTILINE)
