"""``docs/outreach.md`` keeps its word: its triggers are right, its order is the code's, it runs."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from journey.config.file import parse
from projections.outreach.audience import Approved, Decided, Limit, at_the_door, limit
from projections.outreach.guardrails import GUARDRAILS
from schemas.times import DAY, HOUR
from tests.cli.offers import line
from tests.cli.runner import ROOT, answer, assert_one_sentence, init, journey
from tests.test_docs import written_in

PAGE = (ROOT / "docs" / "outreach.md").read_text(encoding="utf-8")
TOML, LAW, FIGURE = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [each.words for each in written_in(PAGE)]
OF_FIGURE = [words for words in COMMANDS if "watch" in words or "chat-is-slow" in " ".join(words)]
ALWAYS = "[outreach]\nquiet_from = 00:00:00\nquiet_until = 00:00:00\n"  # whenever this test runs


def test_its_guardrails_are_those_of_the_code_in_their_order() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == list(GUARDRAILS)


def test_its_triggers_are_right() -> None:
    rules = parse(TOML).rules
    assert set(rules.triggers) == {"payment-failed", "welcome-back"}


def test_its_law_is_one_that_can_be_written() -> None:
    outreach = parse(LAW).rules.outreach
    assert outreach.country_trait == "country"
    assert list(outreach.jurisdictions) == ["DE"]


def test_its_arithmetic() -> None:
    most = limit(500, 0.01, 40_000)
    assert most == 400
    told = [Decided(0, str(n)) for n in range(1_000)]
    late = [Decided(DAY - 1, "late")]
    approved = [Approved(HOUR, 100, "kim")]
    found = at_the_door([*told, *late], approved, lambda _: Limit(most, DAY), DAY - 1)
    said = [standing.status for standing in found.values()]
    assert (said.count("ready"), said.count("waiting_for_approval")) == (500, 501)
    found = at_the_door([*told, *late], approved, lambda _: Limit(most, DAY), DAY + 1)
    assert [s.status for s in found.values()].count("expired") == 500


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = init(tmp_path_factory.mktemp("outreach") / "w")
    text = TOML.replace(', after = "1 h"', "").replace("holdout = 0.1", "holdout = 0.0001")
    (folder / "journey.toml").write_text(text + ALWAYS, encoding="utf-8")
    people = ("ann", "ben", "cem")
    agreed = {"purpose": "marketing", "on_channel": "email"}
    lines = [line(1, who, "consent-given", **agreed) for who in people]
    lines += [line(5, who, "order-placed", order_id=f"o-{who}") for who in people]
    lines += [line(9, "dan", "payment-failed", order_id="o-dan")]
    answer("import", "jsonl", "-", "--live", "--workspace", folder, stdin=b"".join(lines))
    return folder


def test_its_commands_run_in_their_order(folder: Path) -> None:
    commands = [words for words in COMMANDS if words not in OF_FIGURE]
    assert (len(commands), len(OF_FIGURE)) == (12, 3)
    first = answer("decisions", "limit=1", "--workspace", folder)["decisions"][0]["decision_id"]
    for _, *words in commands:
        given = [first if word == "DECISION_ID" else word for word in words]
        ran = journey(*given, "--workspace", folder)
        assert ran.code == 0, f"{words}: {ran.err}"
        assert ran.text.strip(), words


# --- a figure that crosses its line ------------------------------------------------------------


def chat(n: int, at: datetime, wait: timedelta) -> bytes:
    """A conversation of yesterday: a question, and a person's answer after a while."""
    told = [("message-received", at, "Where is it?"), ("message-sent", at + wait, "On its way.")]
    return b"".join(
        json.dumps({
            "id": f"{type_}-{n}",
            "source": "desk",
            "type": type_,
            "time": when.isoformat(),
            "channel": "chat",
            "conversation": f"c-{n}",
            "owner": {"email": f"p{n}@x.example"},
            "properties": {"text": text},
        }).encode()
        + b"\n"
        for type_, when, text in told
    )  # fmt: skip


def chats(folder: Path, quick: int, env: Mapping[str, str] | None, of: int = 40) -> None:
    """So many of them were answered within an hour, the others after two."""
    at = datetime.now(UTC) - timedelta(hours=20)
    waits = [timedelta(minutes=10 if n < quick else 120) for n in range(of)]
    lines = b"".join(chat(n, at + timedelta(minutes=n), wait) for n, wait in enumerate(waits))
    answer("import", "jsonl", "-", "--workspace", folder, stdin=lines, env=env)


def with_figure(folder: Path, quick: int, env: Mapping[str, str] | None = None) -> Path:
    """A workspace of the page's watch and trigger."""
    init(folder, env)
    (folder / "journey.toml").write_text(FIGURE, encoding="utf-8")
    chats(folder, quick, env)
    return folder


def test_its_figure_alerts_the_team_once_and_is_explained_on_a_page(tmp_path: Path) -> None:
    at = ("--workspace", with_figure(tmp_path / "w", 28))
    for _, *words in OF_FIGURE[:2]:
        ran = journey(*words, *at)
        assert ran.code == 0, ran.err
        assert "Chat is slow" in " ".join(ran.text.split())
    assert "70.0% (54.6% to 81.9%, n = 40)" in " ".join(journey("watch", *at).text.split())
    (item,) = answer("outbox", "status=ready", *at)["items"]
    assert (item["trigger"], item["customer_id"]) == ("chat-is-slow", "")
    (row,) = answer("decisions", "trigger=chat-is-slow", *at)["decisions"]
    page = " ".join(journey("explain", row["decision_id"], *at).text.split())
    for told in (
        "alert_team decided",
        "first-response share_within_1h channel=chat: 70.0% (54.6% to 81.9%, n = 40)",
        "slow-chat: bad below 90.0%, and only if its whole interval is; of at least 30",
        "Chat is too slow: chat-is-slow (configuration 1, rule version 1)",
        "action-opened",
    ):
        assert told in page
    assert "everything agrees" in journey("verify", *at).text.lower()


def test_its_figure_that_may_be_chance_alerts_nobody(tmp_path: Path) -> None:
    at = ("--workspace", with_figure(tmp_path / "w", 33))
    (told,) = answer("watch", *at)["watches"]
    assert (told["state"], told["told"]) == ("unsure", [])
    assert answer("outbox", *at)["items"] == []


def test_its_preview_asks_for_the_figure_look_after_look(tmp_path: Path) -> None:
    folder = with_figure(tmp_path / "w", 28)
    at = ("--workspace", folder)
    (_, *words) = OF_FIGURE[2]
    assert journey(*words, *at).code == 0
    now = datetime.now(UTC)
    span = ("--since", (now - timedelta(days=1)).isoformat(), "--until", now.isoformat())
    found = answer("trigger", "preview", "chat-is-slow", *span, "--every", "6 h", *at)
    assert (found["looks"], found["crossings"], found["decided"]) == (4, 1, 1)
    assert [turn["verdict"] for turn in found["turns"]] == ["decided"]
    page = " ".join(journey("trigger", "preview", "chat-is-slow", *span, *at).text.split())
    assert "a look every 1 d" in page
    assert answer("outbox", *at)["items"] == []  # nothing was recorded
    for wrong, sentence in [
        ((), "with --since TIME"),
        (("--since", "1970-01-01T00:00:00Z"), "at most 1,000 are made"),
        ((*span[:2], "--until", span[1]), "Nothing lies between"),
        ((*span, "--every", "soon"), "is no duration"),
    ]:
        assert_one_sentence(journey("trigger", "preview", "chat-is-slow", *wrong, *at), 2, sentence)
    ran = journey("why-not", "p1@x.example", "chat-is-slow", *at)
    assert_one_sentence(ran, 2, "a figure of many customers")
    assert "watch slow-chat" in " ".join(journey("trigger", "list", *at).text.split())
    assert journey("trigger", "check", *at).text.strip() == "1 triggers, and no doubt about any."


def test_what_the_file_has_and_nobody_published_is_told(tmp_path: Path) -> None:
    folder = with_figure(tmp_path / "w", 28)
    text = FIGURE.replace("chat-is-slow", "new-one")
    (folder / "journey.toml").write_text(text, encoding="utf-8")
    told = journey("watch", "--workspace", folder).text
    assert "The trigger new-one is not in force yet: journey config publish." in told
