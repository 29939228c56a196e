"""Saved questions: what is read of them, what is wrong with them, and that they are asked."""

from pathlib import Path

import pytest

from journey.config.file import parse
from journey.config.questions import saved
from schemas.errors import ConfigurationError, NotFound
from tests.cli.runner import answer, assert_one_sentence, init, journey

TOML = """\
[questions.checkout]
query = "funnel"
title = "From the basket to the order"
parameters = { steps = "cart-changed, order-placed", by = "channel" }

[questions.lately]
query = "volume"
parameters = { per = "day", since = 2026-01-01T00:00:00Z, until = "2026-02-01T00:00:00Z" }

[questions."in short"]
query = "stages"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("questions")
    answer("generate", place / "sample.jsonl", "--customers", "60", "--days", "20")
    folder = init(place / "w")
    answer("import", "jsonl", place / "sample.jsonl", "--workspace", folder)
    (folder / "journey.toml").write_text(TOML, encoding="utf-8")
    return folder


def test_they_are_read() -> None:
    questions = parse(TOML).questions
    assert list(questions) == ["checkout", "lately", "in short"]
    assert questions["checkout"].title == "From the basket to the order"
    assert questions["checkout"].parameters["by"] == "channel"


def test_none_is_none() -> None:
    with pytest.raises(NotFound, match=r"@x: write \[questions.NAME\] into journey.toml"):
        saved({}, "x")
    with pytest.raises(NotFound, match="@x: there are @checkout, @lately, @in short"):
        saved(parse(TOML).questions, "x")


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ('"funnel"', '"funel"', r"line 2, questions.checkout.query: .*did you mean funnel"),
        ("title =", "titel =", r"line 3, questions.checkout.titel: .*did you mean title"),
        ("by =", "buy =", r"line 4, questions.checkout.parameters.buy: .*did you mean by.*: use"),
        (
            '"channel"',
            '"colour"',
            r"parameters.by: is wrong: 'colour' does not .*channel",
        ),
        ('"channel"', "7", r"line 4, questions.checkout.parameters.by: is wrong: 7 does not fit"),
        (
            '"channel"',
            "[7]",
            r"line 4, questions.checkout.parameters.by: is wrong: \[7\]",
        ),
        ('steps = "cart-changed, order-placed", ', "", r"line 4, .*steps is missing: give it"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00", r"since: .*a time with its zone"),
        ("2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z", r"line 8, .*Nothing lies between"),
        ('query = "stages"', "", r"line 10, .*in short.*: query is missing"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(was: str, becomes: str, told: str) -> None:
    assert was in TOML
    with pytest.raises(ConfigurationError, match=told):
        parse(TOML.replace(was, becomes, 1))


def test_check_tells_all_that_is_wrong(folder: Path, tmp_path: Path) -> None:
    other = init(tmp_path / "w")
    wrong = TOML.replace('"funnel"', '"funel"').replace('per = "day"', 'per = "hour"')
    (other / "journey.toml").write_text(wrong, encoding="utf-8")
    ran = journey("config", "check", "--workspace", other)
    assert (ran.code, len(ran.err.splitlines())) == (8, 2)
    assert journey("config", "check", "--workspace", folder).code == 0


def test_they_are_asked_by_name(folder: Path) -> None:
    at = ("--workspace", folder)
    steps = "steps=cart-changed,order-placed"
    asked = answer("query", "@checkout", *at)["rows"]
    assert asked
    assert [row["customers"] for row in asked] == [
        row["customers"] for row in answer("query", "funnel", steps, "by=channel", *at)["rows"]
    ]
    others = answer("query", "@checkout", "by=none", *at)["rows"]
    assert len(others) == 2 < len(asked)  # what is given goes before what is saved
    ran = journey("query", "@checkout", *at)
    assert ran.text.startswith("From the basket to the order")
    assert_one_sentence(journey("query", "@chekout", *at), 3, "@chekout", "@checkout")


def test_they_are_in_the_report(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    told = answer("report", file, "--workspace", folder)
    assert told["sections"][-1] == "questions"
    page = file.read_text(encoding="utf-8")
    assert "From the basket to the order" in page
    assert "journey query @checkout" in page
    assert "journey query &#39;@in short&#39;" in page
