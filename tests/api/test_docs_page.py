"""The API's own page works in a real browser under the policy that forbids inline scripts."""

import os

import pytest
from playwright.sync_api import sync_playwright

# Playwright keeps an event loop in this thread; Django would refuse its database beside one.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.mark.browser
@pytest.mark.slow
def test_the_operations_are_listed_and_the_browser_complains_of_nothing(
    transactional_db, live_server, chromium_path
):
    complaints, addresses = [], []
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=chromium_path, args=arguments)
        tab = browser.new_page()
        tab.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("request", lambda request: addresses.append(request.url))
        tab.goto(f"{live_server.url}/api/docs/")
        tab.wait_for_selector("text=/api/procurement/fit-checks/", timeout=30_000)
        assert tab.locator(".opblock").count() > 60
        browser.close()
    assert complaints == []
    here = (live_server.url, "data:", "blob:")
    assert [address for address in addresses if not address.startswith(here)] == []
