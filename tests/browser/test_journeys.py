"""What people come for, done as they do it."""

import re

import pytest
from playwright.sync_api import expect

from facility.scenarios import tasks
from facility.scenarios.models import Run
from tests.pages.rows import answer

pytestmark = pytest.mark.browser


def test_from_the_door_to_a_rack_by_keyboard_alone(signed_in, run, world):
    tab = signed_in("viewer")
    tab.get_by_role("link", name="Alpha").focus()
    tab.keyboard.press("Enter")
    tab.get_by_role("navigation", name="Plan in view").get_by_text("Expansion").press("Enter")
    expect(tab.get_by_role("heading", name=re.compile("From the grid to the rack"))).to_be_visible()
    tab.get_by_role("link", name="HALL-A", exact=True).press("Enter")
    tab.wait_for_url("**/halls/HALL-A/**", wait_until="load")
    racks = tab.locator("[data-racks] a")
    racks.first.focus()
    tab.keyboard.press("ArrowRight")
    expect(racks.nth(1)).to_be_focused()
    tab.keyboard.press("Enter")
    panel = tab.get_by_role("complementary", name="Selected rack")
    expect(panel.get_by_role("heading", name="A1-02")).to_be_visible()
    expect(panel).to_contain_text("UPS-OUT-A")
    expect(tab.locator("tr.chosen")).to_contain_text("A1-02")
    tab.reload()
    expect(panel.get_by_role("heading", name="A1-02")).to_be_visible()


def test_the_first_tab_leads_to_the_content(signed_in):
    tab = signed_in("viewer")
    tab.goto("/")
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("link", name="Skip to the content")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.locator("#content")).to_be_focused()


def test_a_plan_is_derived_changed_run_and_answered(signed_in, world, solved, monkeypatch):
    monkeypatch.setattr(tasks, "queue_run", lambda run: None)
    tab = signed_in("planner")
    tab.goto(f"/sites/alpha/scenarios/{world.plan.pk}/")
    tab.get_by_label("Name of the new plan").fill("Bigger")
    tab.get_by_role("button", name="Derive").click()
    tab.get_by_label("In service from").fill("2028-01-01")
    tab.get_by_label("What it is").fill("Two more")
    tab.get_by_role("button", name="Add the phase").click()
    tab.get_by_text("Add a change").click()
    tab.get_by_role("link", name="Add racks").click()
    tab.get_by_label("Hall").select_option("HALL-D")
    tab.get_by_label("System", exact=True).select_option("nvl72")
    tab.get_by_label("Racks", exact=True).fill("none")
    tab.get_by_label("Workload").select_option("training")
    tab.get_by_role("button", name="Add to 2028-01-01").click()
    expect(tab.get_by_label("Racks", exact=True)).to_have_attribute("aria-invalid", "true")
    tab.get_by_label("Racks", exact=True).fill("2")
    tab.get_by_role("button", name="Add to 2028-01-01").click()
    expect(tab.get_by_text("2 racks of 72-way liquid rack into HALL-D, steady")).to_have_count(2)

    tab.get_by_role("button", name="Run this plan").click()
    expect(tab.get_by_text("Waiting for a worker")).to_be_visible()
    run = Run.objects.get()
    Run.objects.filter(pk=run.pk).update(step="8,760 hours", progress_ratio=0.4)
    expect(tab.get_by_text("8,760 hours")).to_be_visible()
    answer(run, solved)
    expect(tab.get_by_role("heading", name="What binds first as the phases arrive")).to_be_visible()


def test_the_year_is_drawn_and_read_as_a_table(signed_in, run):
    tab = signed_in("viewer")
    tab.goto(f"/sites/alpha/runs/{run.pk}/?view=year")
    expect(tab.locator("[data-drawn] .main-svg").first).to_be_visible(timeout=20_000)
    expect(tab.locator("[data-drawn]")).to_have_count(4, timeout=20_000)
    tab.get_by_text("The same data as a table").first.click()
    expect(tab.get_by_role("columnheader", name="Cooling")).to_be_visible()


def test_the_theme_is_kept(signed_in):
    tab = signed_in("viewer")
    light = tab.evaluate("getComputedStyle(document.body.parentElement).backgroundColor")
    tab.get_by_role("button", name="Dark").click()
    dark = tab.evaluate("getComputedStyle(document.body.parentElement).backgroundColor")
    assert dark != light
    tab.reload()
    assert tab.evaluate("getComputedStyle(document.body.parentElement).backgroundColor") == dark
    expect(tab.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
