"""``--json``: the keys of every command are those of ``docs/json.md``, no more and no fewer."""

import json
from pathlib import Path
from typing import Any

import pytest

from journey.cli.reference import commands
from journey.cli.shapes import NAMELESS, OF_A_WATCH, SHAPES, paths
from tests.cli.documented import assert_has_just, documented
from tests.cli.offers import offers
from tests.cli.runner import answer, journey

CARE = Path(__file__).parent.parent / "fixtures" / "twitter_care.json"
PURCHASES = CARE.parent / "tables" / "purchases.txt"
MAPPING = CARE.parents[2] / "docs" / "mappings" / "cdnow.toml"


def _message(number: int, type_: str, time: str) -> bytes:
    told = {
        "id": f"m-{number}",
        "source": "desk",
        "type": type_,
        "time": f"2024-03-01T{time}:00Z",
        "conversation": "c-1",
        "owner": {"email": "ann@example.com"},
        "channel": "email",
        "properties": {"text": "Where is my parcel?"},
    }
    return json.dumps(told).encode() + b"\n"


FIRST = _message(1, "message-received", "10:00") + _message(2, "message-sent", "12:00") + b"{\n"
TYPES = """
[events.loan-granted]
names = ["LoanGranted"]
properties.branch = { type = "string", allowed = ["north"] }
[stages]
lapse = "100 d"
[plans.quicker]
metric = "first-response"
column = "mean_s"
goal = "1 h"
direction = "down"
since = 2024-01-01
by = 2024-12-31
actions = [{ name = "Call in help", owner = "kim", due = 2024-02-01 }]
[map.everybody.awareness]
touchpoints = ["message-received", "order-placed"]
[watches.slow]
metric = "first-response"
column = "mean_s"
line = "1 h"
bad = "above"
n_min = 1
only_sure = false
window = "5200 w"
[triggers.too-slow]
action = "alert_team"
start = { watch = "slow" }
steps = [{ text = "Too slow", team = "care" }]
[triggers.bad-day]
start = { events = ["message-received", "nothing-told"] }
steps = [{ template = "sorry", channels = ["email"] }]
[templates.sorry]
purpose = "transactional"
urgent = true
text = { en = "We are sorry" }
"""
LATE = _message(3, "message-sent", "11:00")


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One answer of every command, none of them trivial."""
    folder = tmp_path_factory.mktemp("json")
    at = ("--workspace", folder / "w")
    found: dict[str, Any] = {"init": answer("init", *at)}
    found["import --live"] = answer("import", "twitter-care", CARE, "--live", *at)
    found["import"] = answer("import", "jsonl", "-", *at, stdin=FIRST)
    answer("import", "jsonl", "-", *at, stdin=LATE)
    for command in ("status", "corrections", "decisions", "quarantine list", "verify"):
        found[command] = answer(*command.split(), *at)
    found["find"] = answer("find", "ann@example.com", *at)
    found["timeline"] = answer("timeline", "ann@example.com", *at)
    found["customer"] = answer("customer", "ann@example.com", *at)
    found["map"] = answer("map", *at)
    found["channels"] = answer("channels", *at)
    found["channels retire"] = answer("channels", "retire", "email", "--what-if", *at)
    rules = folder / "other.toml"
    rules.write_text('[stages]\nlapse = "1 d"', encoding="utf-8")
    found["stages compare"] = answer("stages", "compare", rules, *at)
    found["tail"] = journey("tail", "--latest", "1", "--json", *at).json
    found["query"] = answer("query", "stages", *at)
    found["sql"] = answer("sql", "SELECT channel, count() AS n FROM touchpoints GROUP BY 1", *at)
    (folder / "w" / "journey.toml").write_text(TYPES, encoding="utf-8")
    found["config check"] = answer("config", "check", *at)
    found["config show"] = answer("config", "show", *at)
    found["config diff"] = answer("config", "diff", *at)
    found["config publish"] = answer("config", "publish", *at)
    found["config log"] = answer("config", "log", *at)
    found["plans"] = answer("plans", *at)
    found["watch"] = answer("watch", *at)
    found["conformance"] = answer("conformance", *at)
    found["report"] = answer("report", folder / "report.html", *at)
    found["trigger check"] = answer("trigger", "check", *at)
    found["trigger preview"] = answer("trigger", "preview", "bad-day", *at)
    past = ("--since", "2024-03-05T00:00:00Z", "--until", "2024-03-07T00:00:00Z")
    found[OF_A_WATCH] = answer("trigger", "preview", "too-slow", *past, *at)
    assert found[OF_A_WATCH]["turns"]
    assert found["watch"]["watches"][0]["told"]
    found["why-not"] = answer("why-not", "ann@example.com", "bad-day", *at)
    found["schema list"] = answer("schema", "list", *at)
    found["schema check"] = answer("schema", "check")
    found[NAMELESS] = answer("query", *at)
    latest = found["decisions"]["decisions"][0]["decision_id"]
    assert answer("explain", latest, *at)["expectation_s"]
    found["export"] = answer("export", folder / "log.avro", *at)
    found["export-table"] = answer("export-table", "stages", folder / "stages.csv", *at)
    found["export-xes"] = answer("export-xes", folder / "log.xes", *at)
    found["export-ocel"] = answer("export-ocel", folder / "log.json", *at)
    sample = ("--customers", "30", "--days", "7")
    found["generate"] = answer("generate", folder / "sample.jsonl", *sample)
    found["mapping check"] = answer("mapping", "check", MAPPING, PURCHASES)
    found["rebuild"] = answer("rebuild", *at)
    found["quarantine redrive"] = answer("quarantine", "redrive", *at)
    found["demo"] = answer("demo", *sample, "--workspace", folder / "demo")
    wrote = ("--workspace", offers(folder / "offers"))
    found["outbox"] = answer("outbox", *wrote)
    found["approvals"] = answer("approvals", *wrote)
    found["approvals approve"] = answer("approvals", "approve", "offer", "--by", "kim", *wrote)
    found["trigger list"] = answer("trigger", "list", *wrote)
    found["trigger pause"] = answer("trigger", "pause", "offer", *wrote)
    found["trigger resume"] = answer("trigger", "resume", "offer", *wrote)
    first = found["outbox"]["items"][0]["decision_id"]
    found["explain"] = answer("explain", first, *wrote)
    crossed = found["watch"]["watches"][0]["told"][0]["decision_id"]
    found["explain of a watch"] = answer("explain", crossed, *at)
    return found


def test_page_and_program_name_the_same_keys() -> None:
    assert documented() == {command: set(paths(shape)) for command, shape in SHAPES.items()}


def test_every_command_that_answers_is_documented() -> None:
    taking = {n for n, c in commands() if any(p.name == "as_json" for p in c.params)}
    assert taking | {NAMELESS, OF_A_WATCH} == SHAPES.keys()


def _page_of(command: str) -> str:
    return command.removesuffix(" --live").removesuffix(" of a watch")


@pytest.mark.parametrize("command", [*SHAPES, "import --live", "explain of a watch"])
def test_an_answer_has_just_the_documented_keys(answers: dict[str, Any], command: str) -> None:
    assert_has_just(answers[command], documented()[_page_of(command)])


def test_no_answer_was_trivial(answers: dict[str, Any]) -> None:
    for command, key in [
        ("corrections", "corrections"),
        ("decisions", "decisions"),
        ("explain", "inputs"),
        ("explain", "guardrails"),
        ("outbox", "items"),
        ("approvals", "approvals"),
        ("approvals approve", "approved"),
        ("trigger list", "triggers"),
        ("trigger pause", "changed"),
        ("find", "customers"),
        ("query", "rows"),
        ("sql", "rows"),
        ("config check", "events"),
        ("config show", "events"),
        ("config show", "values"),
        ("config diff", "changes"),
        ("config publish", "rebuilt"),
        ("config log", "configurations"),
        ("schema list", "contracts"),
        ("schema list", "declared"),
        ("quarantine list", "entries"),
        ("status", "projections"),
        ("timeline", "moments"),
        ("customer", "stage"),
        ("map", "columns"),
        ("channels", "rows"),
        ("plans", "overdue"),
        ("config check", "doubts"),
        ("trigger check", "doubts"),
        ("trigger preview", "recipients"),
        ("why-not", "considered"),
        ("plans", "plans"),
        ("report", "pictures"),
        ("report", "sections"),
        ("channels retire", "alternatives"),
        ("stages compare", "figures"),
    ]:
        assert answers[command][key], command
    assert answers["import"]["reasons"] == {"bad-json": 1}
    assert answers["verify"]["clean"]
    assert answers["demo"]["verified"]


def test_a_correction_tells_what_it_was_and_is(answers: dict[str, Any]) -> None:
    fields = [c["fields"] for c in answers["corrections"]["corrections"] if c["why"] == "late"]
    assert [7200.0, 3600.0] in [each.get("first_response_s") for each in fields]
