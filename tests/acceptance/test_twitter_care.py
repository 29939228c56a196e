"""The walking skeleton on customer care on Twitter: a made-up file, and the real one if there.

Every expectation is computed from the file by ``independent.py``; for the made-up file a few are
written down as well, for the real one they are those of ``expected/twitter_care.json``.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.acceptance.independent import EXPECTATION, Conversation, conversations, figures
from tests.cli.runner import answer, init, journey, run

MADE_UP = Path(__file__).parent.parent / "fixtures" / "twitter_care.json"

EXPLAIN_ALL = """
import sys
from pathlib import Path
import msgspec
from journey import answers
from journey.bootstrap import Workspace
from journey.outreach.explaining import explain
from journey.settings import from_environment
with Workspace(Path(sys.argv[1]), from_environment()) as workspace:
    rows = answers.query(workspace, "decision-list", {"limit": 10_000})
    told = [explain(workspace, row["decision_id"]) for row in rows]
sys.stdout.buffer.write(msgspec.json.encode(told))
"""


class Care(NamedTuple):
    """A file, what it holds, and the workspace into which it was imported as history, twice."""

    name: str
    file: Path
    conversations: list[Conversation]
    workspace: Path
    first: Any
    second: Any

    @property
    def messages(self) -> int:
        return sum(len(c.messages) for c in self.conversations)


@pytest.fixture(scope="session", params=["made-up", "real"])
def care(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Care:
    file = MADE_UP
    if request.param == "real":
        file = request.getfixturevalue("shared_data") / "twitter_care" / "conversations.json"
        if not file.is_file():
            pytest.skip(f"missing: {file}")
    workspace = init(tmp_path_factory.mktemp("care") / "history")
    load = ("import", "twitter-care", file, "--workspace", workspace)
    return Care(request.param, file, conversations(file), workspace, answer(*load), answer(*load))


@pytest.fixture(scope="session")
def live(care: Care, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same file, fed at the times in it."""
    workspace = init(tmp_path_factory.mktemp("care") / "live")
    told = answer("import", "twitter-care", care.file, "--live", "--workspace", workspace)
    assert (told["read"], told["appended"]) == (care.messages, care.messages)
    return workspace


@pytest.fixture(scope="session")
def explained(live: Path) -> list[dict[str, Any]]:
    """Every decision, explained."""
    ran = run(sys.executable, "-c", EXPLAIN_ALL, str(live))
    assert ran.code == 0, ran.err
    return list(ran.json)


@cache  # a process costs a second or two
def asked(workspace: Path, *question: str) -> Any:
    """The rows of a named query."""
    return answer("query", *question, "--workspace", workspace)["rows"]


def test_the_made_up_file_is_what_it_is_meant_to_be() -> None:
    made_up = conversations(MADE_UP)
    assert (len(made_up), sum(len(c.messages) for c in made_up)) == (6, 20)
    assert len({c.opener for c in made_up}) == 4
    waits = sorted((c.session, m.at.isoformat()) for c in made_up for m in c.unanswered())
    assert waits == [
        ("care-2", "2020-03-01T09:00:00+00:00"),
        ("care-3", "2020-03-02T10:00:00+00:00"),
        ("care-4", "2020-03-05T10:01:00+00:00"),  # not 09:00: that one was answered in an hour
        ("care-5", "2020-03-03T23:30:00+00:00"),
    ]
    tweets = Counter(m.tweet for c in made_up for m in c.messages)
    assert max(tweets.values()) == 2  # one stands in two conversations


def test_an_import_counts_what_it_did_and_may_be_repeated(care: Care) -> None:
    nothing = {"quarantined": 0, "differing": 0, "reasons": {}, "described": {}, "skipped": 0}
    n = care.messages
    assert care.first == {"read": n, "appended": n, "duplicates": 0} | nothing
    assert care.second == {"read": n, "appended": 0, "duplicates": n} | nothing
    if care.name == "real":
        assert n == 1211


def test_first_response_is_one_row(care: Care) -> None:
    told = asked(care.workspace, "first-response")
    assert len(told) == 1
    expected = figures([c.first_response_s for c in care.conversations])
    assert {n: told[0][n] for n in expected} == pytest.approx(expected)
    if care.name == "real":
        assert (told[0]["n"], told[0]["median_s"], told[0]["within_1h"]) == (525, 7419, 230)


def test_first_response_by_brand_is_a_row_a_brand(care: Care) -> None:
    told = asked(care.workspace, "first-response", "by=brand")
    by_brand: dict[str, list[float]] = defaultdict(list)
    for each in care.conversations:
        by_brand[each.company].append(each.first_response_s)
    assert [row["brand"] for row in told] == sorted(by_brand)
    for row in told:
        expected = figures(by_brand[row["brand"]])
        assert {n: row[n] for n in expected} == pytest.approx(expected)


def test_every_expected_figure_is_met(care: Care, shared_data: Path) -> None:
    if care.name != "real":
        pytest.skip("the expected figures are those of the real file")
    expected = json.loads((shared_data / "expected" / "twitter_care.json").read_bytes())
    overall = asked(care.workspace, "first-response")[0]
    brands = {row["brand"]: row for row in asked(care.workspace, "first-response", "by=brand")}
    times = expected["first_response_s"]
    assert brands.keys() == times["by_company"].keys()
    for row, wanted in [(overall, times["all"])] + [
        (brands[name], told) for name, told in times["by_company"].items()
    ]:
        assert row["n"] == wanted["n"]
        for name in ("min", "p25", "median", "p75", "p90", "p95", "max", "mean"):
            # The file has six decimals.
            assert row[f"{name}_s"] == pytest.approx(wanted[name], abs=1e-5), (row, name)
    assert overall["within_1h"] == expected["frt_within"]["3600"]

    held = asked(care.workspace, "conversations")[0]
    assert (held["n"], held["customers"]) == (expected["conversations"], expected["clients"])
    told = (held["messages_in"], held["messages_out"], held["messages_bot"])
    assert told == (expected["inbound"], expected["outbound"], 0)
    by_brand = asked(care.workspace, "conversations", "by=brand")
    assert {r["brand"]: r["n"] for r in by_brand} == expected["conversations_by_company"]
    assert len(by_brand) == expected["companies"]
    volume = asked(care.workspace, "volume", "by=direction")
    assert sum(row["n"] for row in volume) == expected["events"]


def test_status_tells_events_customers_and_projections(care: Care) -> None:
    told = answer("status", "--workspace", care.workspace)
    assert told["events"] == care.messages
    assert told["customers"] == len({c.opener for c in care.conversations})
    assert (told["simulated"], told["quarantined"], told["waiting_rows"]) == (False, 0, 0)
    names = [each["name"] for each in told["projections"]]
    folded = ["emotions", "personas", "scores", "stages", "conversations"]
    folded += ["resolutions", "tenures", "pains", "stated", "starts"]
    assert names == ["touchpoints", *folded, "unanswered", "outreach"]
    for each in told["projections"]:
        assert (each["position"], each["lag"]) == (told["records"], 0)
        assert each["version"] >= 1
    if care.name == "real":
        assert (told["events"], told["customers"]) == (1211, 520)


def test_history_decides_nothing(care: Care) -> None:
    assert answer("decisions", "--workspace", care.workspace) == {"decisions": []}


def test_live_decides_what_an_independent_script_computes(
    care: Care, explained: list[dict[str, Any]]
) -> None:
    expected = {
        (c.session, c.session + "/" + m.tweet, _text(m.at), _text(m.at + EXPECTATION), c.company)
        for c in care.conversations
        for m in c.unanswered()
    }
    found = {_cause(each) for each in explained}
    assert len(found) == len(explained)
    assert found == expected
    if care.name == "real":
        assert (len(found), len({session for session, *_ in found})) == (310, 300)


def _cause(each: dict[str, Any]) -> tuple[str, ...]:
    assert (each["trigger"], each["verdict"]) == ("unanswered", "decided")
    assert (each["action"], each["expectation_s"]) == ("alert_team", 3600)
    cause = next(given for given in each["inputs"] if given["event_id"] == each["cause"])
    told = cause["fact"]
    session, message = told["conversation_id"], told["message_id"]
    return session, message, cause["at"], each["decided_at"], each["brand"]


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def test_decisions_are_listed_and_each_can_be_explained(
    live: Path, explained: list[dict[str, Any]]
) -> None:
    at = ("--workspace", live)
    listed = answer("decisions", "limit=10000", *at)["decisions"]
    assert [row["decision_id"] for row in listed] == [e["decision_id"] for e in explained]
    latest = listed[0]["decision_id"]
    assert answer("explain", latest, *at) == explained[0]
    shortened = journey("explain", latest[:12], *at)
    assert shortened.code == 0
    assert explained[0]["reason"] in shortened.text
    assert explained[0]["inputs"][0]["fact"]["text"][:20] in shortened.text


def test_a_handle_leads_to_the_customer_and_all_that_was_said(care: Care) -> None:
    openers = Counter(c.opener for c in care.conversations)
    handle, n = openers.most_common(1)[0]
    assert n > 1
    at = ("--workspace", care.workspace)
    found = answer("find", handle, *at)["customers"]
    assert len(found) == 1
    said = sorted(_said(care, handle))
    by_handle = answer("timeline", handle, *at)["moments"]
    told = [(m["at"], m["direction"], m["fact"]["text"]) for m in by_handle]
    assert sorted(told) == said
    assert [m["at"] for m in by_handle] == sorted(m["at"] for m in by_handle)
    assert answer("timeline", found[0], "--limit", "1", *at)["moments"] == by_handle[-1:]


def _said(care: Care, handle: str) -> Iterator[tuple[str, str, str]]:
    for each in care.conversations:
        if each.opener == handle:
            for m in each.messages:
                yield _text(m.at), "inbound" if m.is_inbound else "outbound", m.text


def test_verification_finds_nothing(care: Care, live: Path) -> None:
    told = answer("verify", "--workspace", live)
    assert (told["clean"], told["findings"], told["unlisted"]) == (True, [], 0)
    assert told["rows"]["touchpoints"] == care.messages
    assert told["rows"]["conversations"] == len(care.conversations)


def test_an_export_proves_itself_without_engine_and_keys(care: Care, live: Path, tmp_path: Path):
    file = tmp_path / "log.avro"
    told = answer("export", file, "--workspace", live)
    assert (told["file"], told["bytes"]) == (str(file), file.stat().st_size)
    ran = run(sys.executable, "-m", "replay", "verify", str(file), "--json", cwd=tmp_path)
    assert ran.code == 0, ran.err
    assert (ran.json["clean"], ran.json["events"]) == (True, told["events"])
