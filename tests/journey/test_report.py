"""The report: what it shows agrees with the questions it names, and it has words for nothing."""

import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.cli.runner import answer, assert_one_sentence, init, journey

SECTIONS = [
    *("summary", "journey", "stages", "pains", "response", "metrics", "funnel", "retention"),
    *("channels", "changes"),
]
PERSONA = '[personas.regular]\nfact = "orders"\nat_least = 2\n'
ONE = (
    b'{"id":"m-1","source":"desk","type":"message-received","time":"2024-01-10T09:00:00Z",'
    b'"channel":"email","conversation":"c-1","brand":"A <b>&",'
    b'"identities":{"email":"a@example.com"},"properties":{"text":"Where is my parcel?"}}\n'
)


class Page(NamedTuple):
    """A report as it was written."""

    text: str

    @property
    def said(self) -> str:
        """What is read, without tags, pictures and scripts."""
        plain = re.sub(r"<(script|style).*?</\1>", "", self.text, flags=re.DOTALL)
        return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", plain).split()))

    @property
    def pictures(self) -> Mapping[str, Any]:
        """By place: a figure as Plotly reads it."""
        found = re.search(
            r'<script type="application/json" id="pictures">(.*?)</script>', self.text
        )
        told: dict[str, Any] = json.loads(found[1]) if found else {}
        return told

    @property
    def commands(self) -> list[str]:
        """All commands that it names."""
        blocks = re.findall(r"<code>(.*?)</code>", self.text, re.DOTALL)
        return [html.unescape(line) for block in blocks for line in block.splitlines()]

    @property
    def sections(self) -> list[str]:
        return re.findall(r'<section id="([^"]+)"', self.text)


def sorted_commands(page: Page) -> list[str]:
    """Its commands, each with its parameters in the order of their names."""
    return [" ".join([*c.split(" ")[:3], *sorted(c.split(" ")[3:])]) for c in page.commands]


def report(folder: Path, *options: str) -> Page:
    file = folder.parent / "report.html"
    answer("report", file, *options, "--workspace", folder)
    return Page(file.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("report")
    answer("generate", place / "sample.jsonl", "--customers", "250", "--days", "70")
    folder = init(place / "w")
    (folder / "journey.toml").write_text(PERSONA, encoding="utf-8")
    answer("import", "jsonl", place / "sample.jsonl", "--workspace", folder)
    return folder


@pytest.fixture(scope="module")
def page(folder: Path) -> Page:
    return report(folder)


def test_all_sections_are_there(page: Page) -> None:
    assert page.sections == SECTIONS
    assert len(page.pictures) > 12


def test_every_command_that_it_names_runs(page: Page, folder: Path) -> None:
    assert len(page.commands) > 20
    for command in dict.fromkeys(page.commands):
        name, *rest = command.split(" ")
        assert (name, rest[0]) in {("journey", "query"), ("journey", "map")}
    for command in ("journey query first-response by=channel", "journey map"):
        assert command in page.commands
        assert journey(*command.split()[1:], "--workspace", folder).code == 0


def test_pictures_hold_what_the_commands_answer(page: Page, folder: Path) -> None:
    at = ("--workspace", folder)
    ranking = answer("query", "pain-ranking", *at)["rows"]
    hit = page.pictures["pains-ranking"]["data"][0]
    assert hit["x"] == [row["customers"] for row in ranking]
    steps = next(c for c in page.commands if "steps=product-viewed" in c).split(" ")[2:]
    funnel = answer("query", *steps, *at)["rows"]
    assert page.pictures["funnel-shop"]["data"][0]["x"] == [row["customers"] for row in funnel]
    flow = page.pictures["stages-flow"]["data"][0]["link"]["value"]
    assert flow == [row["n"] for row in answer("query", "stage-flow", *at)["rows"]]


def test_the_summary_counts_what_is_there(page: Page, folder: Path) -> None:
    status = answer("status", "--workspace", folder)
    assert f"touchpoints {status['events']:,} customers {status['customers']:,}" in page.said


def test_it_is_complete_in_itself(page: Page) -> None:
    assert "default-src 'none'" in page.text
    own = page.text.partition("<script>")[0]
    assert not re.search(r"""(src|href|action)\s*=\s*["']?[^"'#\s]""", own)
    assert not re.search(r"url\(|@import", own)
    assert len(page.text.encode()) < 8_000_000


def test_each_picture_has_numbers_words_and_command(page: Page) -> None:
    for block in re.findall(r"<article.*?</article>", page.text, re.DOTALL):
        if "data-picture" in block:
            assert "<table>" in block
            assert "<code>journey" in block
            assert re.search(r'role="img" aria-label="[^"]{20,}', block)
        assert re.search(r"<(p|li)>[^<]{8,}", block)


def test_it_speaks_japanese(folder: Path) -> None:
    page = report(folder, "--language", "ja")
    assert '<html lang="ja">' in page.text
    assert "感情曲線" in page.said
    assert "遅い回答" in json.dumps(page.pictures, ensure_ascii=False)
    assert page.sections == SECTIONS


def test_a_span_has_a_span_before(folder: Path) -> None:
    days = answer("query", "volume", "per=day", "--workspace", folder)["rows"]
    since, until = days[30]["period"], days[50]["period"]
    span = ("--since", f"{since}T00:00:00Z", "--until", f"{until}T00:00:00Z")
    page = report(folder, *span)
    assert (
        f"{since} to {until}, against as long a time before, from {days[10]['period']}" in page.said
    )
    n = sum(row["n"] for row in days[30:50])
    before = sum(row["n"] for row in days[10:30])
    assert re.search(rf"Touchpoints {before:,} {n:,} ", page.said)
    assert (
        f"journey query stage-flow since={since}T00:00:00Z until={until}T00:00:00Z" in page.commands
    )
    assert "Over all time: this question cannot be narrowed to a span." in page.said  # stages


def test_a_span_before_that_is_cut_is_said(folder: Path) -> None:
    days = answer("query", "volume", "per=day", "--workspace", folder)["rows"]
    first, since = days[0]["period"], days[20]["period"]
    told = f"Careful: the first touchpoint is of {first}"
    assert told in report(folder, "--since", f"{since}T00:00:00Z").said
    assert told not in report(folder).said


def test_what_cannot_be_narrowed_says_so(folder: Path) -> None:
    brands = answer("query", "volume", "by=brand", "--workspace", folder)["rows"]
    brand = next(row["brand"] for row in brands if row["brand"])
    page = report(folder, "--brand", brand)
    assert f"Narrowed to: brand {brand}" in page.said
    assert f"journey query pain-ranking brand={brand}" in " ".join(page.commands).replace("'", "")
    assert "Of all brands: this question cannot be narrowed to one." in page.said


def test_of_a_persona(folder: Path) -> None:
    page = report(folder, "--persona", "regular")
    assert "journey query csat by=week persona=regular" in sorted_commands(page)
    assert "journey map --persona regular" in page.commands
    [csat] = answer("query", "csat", "persona=regular", "--workspace", folder)["rows"]
    assert csat["n"] < answer("query", "csat", "--workspace", folder)["rows"][0]["n"]
    assert f"Over the whole span: {csat['share']:.1%}" in page.said
    assert re.search(r"touchpoints [\d,]+ of all personas", page.said)
    assert "what stands here of them is so as well" in page.said


def test_nobody_of_that_persona(folder: Path, tmp_path: Path) -> None:
    command = ("report", tmp_path / "r.html", "--persona", "vip", "--workspace", folder)
    assert_one_sentence(journey(*command), 3, "'vip'", "those in force are regular")
    assert not (tmp_path / "r.html").exists()


def test_nothing_at_all(tmp_path: Path) -> None:
    page = report(init(tmp_path / "w"))
    assert (page.sections, page.pictures) == (["summary"], {})
    assert "Nothing is recorded yet" in page.said


def test_an_empty_span_tells_where_something_is(folder: Path) -> None:
    page = report(folder, "--until", "1999-01-01T00:00:00Z")
    assert page.sections == ["summary"]
    assert "Nothing happened in what this report is narrowed to." in page.said
    assert "There are touchpoints from 20" in page.said


def test_the_oldest_span_has_none_before(folder: Path) -> None:
    page = report(folder, "--since", "1900-01-01T00:00:00Z", "--until", "latest")
    assert page.sections == SECTIONS
    assert "There is nothing to compare with" in page.said
    assert "until=" not in " ".join(page.commands)


def test_a_span_that_ends_before_it_begins(folder: Path, tmp_path: Path) -> None:
    span = ("--since", "2026-02-01T00:00:00Z", "--until", "2026-01-01T00:00:00Z")
    ran = journey("report", tmp_path / "r.html", *span, "--workspace", folder)
    assert_one_sentence(ran, 2, "Nothing lies between since and until")


def test_one_customer_with_one_message(tmp_path: Path) -> None:
    folder = init(tmp_path / "w")
    assert journey("import", "jsonl", "-", "--workspace", folder, stdin=ONE).code == 0
    page = report(folder)
    assert page.sections == SECTIONS
    for told in (
        "0.0% of 1 turn whose time was over got an answer",
        "It hit 1 customer.",
        "Nobody of the team replied to anything here",
        "Nobody was there again on a later day.",
        "There is nothing to compare with",
        "No two steps of a shop or of a conversation happened here.",
    ):
        assert told in page.said, told
    brand = report(folder, "--brand", "A <b>&")
    assert "brand A <b>&" in brand.said  # escaped in the page
    assert "A <b>&" not in brand.text.partition("<script")[0]
