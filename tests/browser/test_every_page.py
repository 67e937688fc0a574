"""Every page: no violation of accessibility, nothing beside the window, no complaint."""

import pytest

pytestmark = pytest.mark.browser

WIDTHS = (640, 820, 1280, 1600)  # 640: a laptop at 200 %
PAGES = (
    "/",
    "/sites/alpha/?scenario={plan}",
    "/sites/alpha/",
    "/sites/alpha/halls/?scenario={plan}",
    "/sites/alpha/halls/HALL-D/?scenario={plan}&rack=HALL-D/D1-01",
    "/sites/alpha/scenarios/",
    "/sites/alpha/scenarios/{plan}/?phase={phase}&kind=add_racks",
    "/sites/alpha/runs/",
    "/sites/alpha/runs/{run}/",
    "/sites/alpha/runs/{run}/?view=halls",
    "/sites/alpha/runs/{run}/?view=chips",
    "/sites/alpha/runs/{run}/?view=transformers",
    "/sites/alpha/runs/{run}/?view=objects",
    "/sites/alpha/runs/{run}/?view=objects&level=feed",
    "/sites/alpha/runs/{run}/?view=outages",
    "/sites/alpha/runs/{run}/?view=failures",
    "/sites/alpha/runs/{run}/?view=grid",
    "/sites/alpha/runs/{run}/?view=faults",
    "/sites/alpha/runs/{run}/?view=year",
    "/sites/alpha/runs/{run}/?view=trust",
    "/sites/alpha/runs/{electrical}/?view=objects&stage=as-built",
    "/sites/alpha/runs/{electrical}/?view=transformers&stage=as-built",
    "/sites/alpha/runs/{electrical}/?view=outages&stage=as-built",
    "/sites/alpha/runs/{electrical}/?view=failures&stage=as-built",
    "/sites/alpha/runs/{electrical}/?view=grid&stage=as-built",
    "/sites/alpha/runs/{electrical}/?view=faults&stage=as-built",
    "/sites/alpha/compare/",
    "/sites/alpha/cooling-comparison/?with={plan}",
    "/catalogue/",
    "/catalogue/accelerators/amd-mi250x/",
    "/words/",
)


@pytest.fixture
def addresses(world, electrical_run, run):
    ids = {"plan": world.plan.pk, "run": run.pk, "electrical": electrical_run.pk}
    return [page.format(**ids, phase=world.plan.phases.get().pk) for page in PAGES]


def visit(tab, address):
    answer = tab.goto(address)
    assert answer.status == 200, address
    n_charts = tab.locator("[data-figure]").count()
    if n_charts:
        tab.locator("[data-drawn]").nth(n_charts - 1).wait_for(timeout=20_000)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_violates_accessibility(signed_in, addresses, violations, theme):
    tab = signed_in("planner", theme=theme)
    found = {}
    for address in addresses:
        visit(tab, address)
        if broken := violations(tab):
            found[address] = broken
    assert found == {}


def test_the_door_violates_no_accessibility(open_page, violations, db):
    tab = open_page()
    tab.goto("/sign-in/")
    assert violations(tab) == {}


def test_no_page_is_wider_than_its_window(signed_in, addresses):
    tab = signed_in("planner")
    wide = {}
    for address in addresses:
        visit(tab, address)
        for width in WIDTHS:
            tab.set_viewport_size({"width": width, "height": 800})
            beyond = tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            if beyond > 0:
                wide[address, width] = beyond
    assert wide == {}
