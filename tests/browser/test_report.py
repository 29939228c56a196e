"""The report in a browser: it fetches nothing, says nothing to the console, and anyone can read it.

axe-core judges what a screen reader and a weak eye would stumble over.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from tests.cli.runner import answer, init

SCREENS = [
    (width, scheme, language)
    for width, scheme, language in [
        (1280, "light", "en"),
        (1280, "dark", "ja"),
        (390, "light", "ja"),
        (390, "dark", "en"),
    ]
]
OPENED = """() => document.querySelectorAll("details").forEach((each) => { each.open = true; })"""
CUT = """() => {
  const wide = document.documentElement.clientWidth;
  const texts = [...document.querySelectorAll(".picture svg text")];
  return texts.filter((text) => {
    if (text.closest(".frame")) return false; // which is moved sideways
    const box = text.getBoundingClientRect();
    return box.width > 0 && (box.right > wide + 1 || box.left < -1);
  }).map((text) => text.textContent);
}"""
CONTRAST = """() => [...document.querySelectorAll(".picture")].map((place) => {
  const ground = getComputedStyle(place.querySelector(".main-svg")).backgroundColor;
  const tick = place.querySelector(".xtick text, .ytick text");
  return [ground, tick ? getComputedStyle(tick).fill : ""];
})"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The report in both languages, with a saved question."""
    place = tmp_path_factory.mktemp("browser")
    answer("generate", place / "sample.jsonl", "--customers", "250", "--days", "70")
    folder = init(place / "w")
    answer("import", "jsonl", place / "sample.jsonl", "--workspace", folder)
    told = '[questions.steps]\nquery = "step-matrix"\ntitle = "The first steps"\n'
    (folder / "journey.toml").write_text(told, encoding="utf-8")
    found = {}
    for language in ("en", "ja"):
        found[language] = place / f"{language}.html"
        answer("report", found[language], "--language", language, "--workspace", folder)
    return found


@contextmanager
def opened(
    browser: Browser, file: Path, width: int = 1280, scheme: Any = "light"
) -> Iterator[Page]:
    """The page, drawn. What it asked the network for and what it complained of fails the test."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    )
    page = context.new_page()
    wrong: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        wrong.append(f"console: {message.text}")

    def asked(request: Request) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            wrong.append(f"fetched: {request.url}")

    page.on("console", heard)
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("request", asked)
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-drawn]", state="attached")
    yield page
    context.close()
    assert wrong == []


@pytest.mark.parametrize(("width", "scheme", "language"), SCREENS)
def test_it_is_drawn_whole(
    browser: Browser, files: dict[str, Path], width: int, scheme: str, language: str
) -> None:
    with opened(browser, files[language], width, scheme) as page:
        places = page.locator(".picture").count()
        assert places > 12
        assert page.locator(".picture .main-svg:first-child").count() == places
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CUT) == []


@pytest.mark.parametrize(("width", "scheme", "language"), SCREENS)
def test_axe_finds_nothing(
    browser: Browser, files: dict[str, Path], width: int, scheme: str, language: str
) -> None:
    with opened(browser, files[language], width, scheme) as page:
        page.evaluate(OPENED)
        found = Axe().run(page)
        assert found.response["testEngine"]["name"] == "axe-core"
        assert len(found.response["passes"]) > 15
        told = found.generate_report()
        assert found.violations_count == 0, told


def test_pictures_follow_the_scheme(browser: Browser, files: dict[str, Path]) -> None:
    with opened(browser, files["en"], scheme="light") as page:
        light = page.evaluate(CONTRAST)
        assert {ground for ground, _ in light} == {"rgb(255, 255, 255)"}
        page.emulate_media(color_scheme="dark")
        page.wait_for_timeout(200)
        dark = page.evaluate(CONTRAST)
        assert {ground for ground, _ in dark} == {"rgb(20, 24, 31)"}
        assert "rgb(232, 236, 242)" in {text for _, text in dark}


def test_the_keyboard_reaches_everything(browser: Browser, files: dict[str, Path]) -> None:
    with opened(browser, files["en"], 390) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        summary = page.locator("summary").first
        summary.focus()
        page.keyboard.press("Enter")
        assert page.locator("details").first.get_attribute("open") is not None
        reachable = "(each) => each.tabIndex === 0"
        assert all(
            page.locator(".wide, .frame, pre").evaluate_all(f"(all) => all.map({reachable})")
        )


def test_on_paper_it_is_light_and_open(browser: Browser, files: dict[str, Path]) -> None:
    with opened(browser, files["en"], scheme="dark") as page:
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print", color_scheme="dark")
        assert page.locator("details:not([open])").count() == 0
        assert {ground for ground, _ in page.evaluate(CONTRAST)} == {"rgb(255, 255, 255)"}
        body = "getComputedStyle(document.body).backgroundColor"
        assert page.evaluate(body) == "rgb(255, 255, 255)"
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator("details[open]").count() == 0
        assert page.pdf(format="A4").startswith(b"%PDF")


def test_without_scripts_the_numbers_are_there(browser: Browser, files: dict[str, Path]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(files["en"].as_uri())
    assert "The pictures need JavaScript." in page.locator("main").inner_text()
    assert page.locator("table").count() > 12
    context.close()
