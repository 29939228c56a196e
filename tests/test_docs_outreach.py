"""``docs/outreach.md`` keeps its word: its triggers are right, its order is the code's, it runs."""

import re
from pathlib import Path

import pytest

from journey.config.file import parse
from projections.outreach.audience import Approved, Decided, Limit, at_the_door, limit
from projections.outreach.guardrails import GUARDRAILS
from schemas.times import DAY, HOUR
from tests.cli.offers import line
from tests.cli.runner import ROOT, answer, init, journey
from tests.test_docs import written_in

PAGE = (ROOT / "docs" / "outreach.md").read_text(encoding="utf-8")
TOML, LAW = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [each.words for each in written_in(PAGE)]
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
    assert len(COMMANDS) == 12
    first = answer("decisions", "limit=1", "--workspace", folder)["decisions"][0]["decision_id"]
    for _, *words in COMMANDS:
        given = [first if word == "DECISION_ID" else word for word in words]
        ran = journey(*given, "--workspace", folder)
        assert ran.code == 0, f"{words}: {ran.err}"
        assert ran.text.strip(), words
