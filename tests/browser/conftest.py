"""A real browser on a live server with the small site, its plan and an answer."""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from tests.access.rows import PASSWORD
from tests.pages.rows import answered_run, make_people, make_world, solve, solve_electrical

# Playwright keeps an event loop in this thread; Django would refuse its database beside one.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def solved(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        return solve()


@pytest.fixture
def world(transactional_db):
    return make_world()


@pytest.fixture
def people(world):
    return make_people(world.site)


@pytest.fixture
def run(world, solved):
    return answered_run(world, solved)


@pytest.fixture(scope="session")
def solved_electrical():
    return solve_electrical()


@pytest.fixture
def electrical_run(world, solved_electrical):
    return answered_run(world, solved_electrical)


@pytest.fixture(scope="session")
def chromium(chromium_path):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


def is_complaint(said):
    """Return whether the browser reports a fault; a refused form (422) is none."""
    return said.type == "error" and "status of 422" not in said.text


@pytest.fixture
def open_page(chromium, live_server):
    """Open a tab: ``open_page(theme="dark", width=820)``; whatever it complains about fails."""
    complaints, contexts = [], []

    def open_tab(*, theme="light", width=1280):
        context = chromium.new_context(
            base_url=live_server.url,
            color_scheme=theme,
            viewport={"width": width, "height": 800},
            reduced_motion="reduce",
        )
        contexts.append(context)
        tab = context.new_page()
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on(
            "console",
            lambda said: complaints.append(said.text) if is_complaint(said) else None,
        )
        return tab

    yield open_tab
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def signed_in(open_page, people):
    """Open a tab and sign in by the form: ``signed_in("planner")``."""

    def enter(name, **settings):
        tab = open_page(**settings)
        tab.goto("/sign-in/")
        tab.get_by_label("Username").fill(name)
        tab.get_by_label("Password").fill(PASSWORD)
        tab.get_by_role("button", name="Sign in").click()
        tab.get_by_role("heading", name="Sites").wait_for()
        return tab

    return enter


@pytest.fixture(scope="session")
def violations():
    """Return what axe finds on a page, by rule, with the places."""
    axe = Axe()

    def find(tab):
        found = axe.run(tab).response["violations"]
        return {rule["id"]: [node["html"][:160] for node in rule["nodes"][:3]] for rule in found}

    return find
