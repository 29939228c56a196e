"""``journey query … --plot FILE``: pages and images, and what cannot be drawn."""

import re
import shutil
import struct
from pathlib import Path

import pytest

from tests.cli.runner import answer, assert_one_sentence, init, journey

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
needs_browser = pytest.mark.skipif(
    BROWSER is None, reason="missing: Chromium, which draws PNG and SVG (apt-get install chromium)"
)
FUNNEL = ("query", "funnel", "steps=product-viewed,order-placed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("plot")
    answer("generate", place / "sample.jsonl", "--customers", "60", "--days", "20")
    folder = init(place / "w")
    answer("import", "jsonl", place / "sample.jsonl", "--workspace", folder)
    return folder


def test_a_page_has_picture_numbers_and_command(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "funnel.html"
    ran = journey(*FUNNEL, "--plot", file, "--workspace", folder)
    assert (ran.code, ran.err) == (0, "")
    assert ran.text.splitlines()[-1] == f"Drew it into {file}."
    page = file.read_text(encoding="utf-8")
    rows = answer(*FUNNEL, "--workspace", folder)["rows"]
    assert rows[0]["customers"] > 0
    for row in rows:
        assert re.search(rf">{row['customers']:,}</td>", page)
    assert "journey query funnel steps=product-viewed,order-placed" in page
    assert page.count("data-picture=") == 1


def test_json_stays_json(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "funnel.html"
    assert answer(*FUNNEL, "--plot", file, "--workspace", folder)["rows"]
    assert file.exists()


@needs_browser
def test_an_image(folder: Path, tmp_path: Path) -> None:
    png, svg = tmp_path / "funnel.png", tmp_path / "funnel.SVG"
    ran = journey(*FUNNEL, "--plot", png, "--workspace", folder)
    assert (ran.code, ran.err) == (0, "")
    head = png.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", head[16:])
    assert width == 2 * 960
    assert height > 200
    assert journey(*FUNNEL, "--plot", svg, "--workspace", folder).code == 0
    text = svg.read_text(encoding="utf-8")
    assert text.startswith("<svg")
    assert "1. product-viewed" in text


def test_without_a_browser_it_says_so(folder: Path, tmp_path: Path) -> None:
    command = (*FUNNEL, "--plot", tmp_path / "funnel.png", "--workspace", folder)
    ran = journey(*command, "--json", env={"BROWSER_PATH": "/no/such/browser"})
    assert_one_sentence(ran, 12, "Chromium or Chrome", "BROWSER_PATH", ".html")
    assert not (tmp_path / "funnel.png").exists()


def test_a_browser_that_does_not_start(folder: Path, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    browser.chmod(0o755)
    command = (*FUNNEL, "--plot", tmp_path / "funnel.svg", "--workspace", folder)
    ran = journey(*command, env={"BROWSER_PATH": str(browser)})
    assert_one_sentence(ran, 12, "could not draw it", ".html")


def test_what_cannot_be_drawn_is_refused_first(folder: Path, tmp_path: Path) -> None:
    at = ("--workspace", folder)
    ran = journey("query", "pains", "--plot", tmp_path / "x.html", *at)
    assert_one_sentence(ran, 2, "pains has no picture", "funnel", "retention")
    ran = journey("query", "nps", "--plot", tmp_path / "x.pdf", *at)
    assert_one_sentence(ran, 2, "x.pdf", ".html, .png or .svg")
    ran = journey("query", "--plot", tmp_path / "x.html", *at)
    assert_one_sentence(ran, 2, "name a query")
    ran = journey("query", "nope", "--plot", tmp_path / "x.html", *at)
    assert_one_sentence(ran, 3, "nope")


def test_nothing_to_draw_is_said(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "none.html"
    asked = ("query", "nps", "until=1990-01-01T00:00:00Z", "by=month")
    assert journey(*asked, "--plot", file, "--workspace", folder).code == 0
    assert "Nothing to draw" in file.read_text(encoding="utf-8")
