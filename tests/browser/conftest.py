"""A real browser: the machine's Chromium, which is not let into any network."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "missing: Chromium (apt-get install chromium), in which the page is opened"
ARGUMENTS = ["--no-sandbox", "--disable-background-networking"]


# No longer than its module: while it runs, nobody else in this process may run an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)  # .ci/run installs it
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
