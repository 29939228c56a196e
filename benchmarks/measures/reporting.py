"""The report, from the command to a page that is drawn, beside a page of Plotly's script alone."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

from playwright.sync_api import sync_playwright
from plotly.offline import get_plotlyjs

from benchmarks.child import Answer, Given
from benchmarks.measures.whole_path import workspace_folder

TIMES = 3
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
COMMAND = "from journey.cli import main; main()"
# Two frames: what was laid out before the first is drawn by the second.
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def journey(given: Given) -> Answer:
    """Write the report of that workspace, as a user does, and open it."""
    page = given.folder / "report.html"
    workspace = workspace_folder(given.folder, given.size)
    command = [sys.executable, "-c", COMMAND, "report", str(page), "--workspace", str(workspace)]
    begun = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    seconds = perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    opened, pictures = _opened(page)
    figures = {
        "seconds": seconds,
        "cpu_s": used.ru_utime + used.ru_stime,
        "opened_s": opened,
        "mb": page.stat().st_size / 1e6,
    }
    return Answer(figures, {"pictures": pictures})


def reference(given: Given) -> Answer:
    """Open a page of nothing but Plotly's script."""
    page = given.folder / "plotly.html"
    text = f"<!doctype html><title>Plotly</title><script>{get_plotlyjs()}</script>"
    page.write_text(text, encoding="utf-8")
    opened, _ = _opened(page)
    return Answer({"opened_s": opened, "mb": page.stat().st_size / 1e6}, {})


def _opened(page: Path) -> tuple[float, int]:
    """Seconds from asking a running browser for a page to its being drawn; pictures drawn."""
    path = next(found for name in BROWSERS if (found := shutil.which(name)))
    taken, pictures = [], 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for _ in range(TIMES):
            tab = browser.new_page()
            begun = perf_counter()
            tab.goto(page.as_uri(), wait_until="load")
            tab.evaluate(DRAWN)
            taken.append(perf_counter() - begun)
            pictures = tab.locator(".main-svg").count()
            tab.close()
        browser.close()
    return median(taken), pictures
