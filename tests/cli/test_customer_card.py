"""``journey customer``: who a customer is, on one screen."""

import json
from pathlib import Path
from typing import Any

import pytest

from journey.bootstrap import Workspace
from journey.card import card
from journey.config.file import parse
from journey.settings import from_environment
from projections.configuration import document
from projections.rulebook import Rulebook
from tests.cli.runner import answer, init, journey

ANN = {"email": "ann@example.com", "phone": "+49 30 1234567"}

RULES = """
[personas.asker]
fact = "questions"
at_least = 1
prefers = "chat"
"""


def line(day: int, type_: str, channel: str = "web", **properties: Any) -> bytes:
    told = {
        "id": f"m-{day}-{type_}-{properties.get('conversation', '')}",
        "source": "shop",
        "type": type_,
        "time": f"2024-03-{day:02}T08:00:00Z",
        "channel": channel,
        "identities": ANN,
        "properties": {k: v for k, v in properties.items() if k not in TOP},
    }
    told |= {k: v for k, v in properties.items() if k in TOP}
    return json.dumps(told).encode() + b"\n"


TOP = ("conversation", "actor", "topic")
STORY = (
    line(1, "product-viewed", name="Lamp"),
    line(2, "order-placed", order_id="o-123", amount="19.90", currency="EUR"),
    line(3, "message-received", "email", conversation="c-1", text="Where is it?"),
    line(4, "survey-answered", "survey", survey="csat", score=2, scale_min=1, scale_max=5),
    line(5, "consent-given", purpose="marketing", on_channel="email"),
    line(6, "consent-withdrawn", purpose="marketing", on_channel="email"),
    line(7, "note-added", "email", conversation="c-1", text="Is moving to Bonn."),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = init(tmp_path / "w")
    answer("import", "jsonl", "-", "--workspace", folder, stdin=b"".join(STORY))
    return folder


def test_the_card_tells_who_the_customer_is(folder: Path) -> None:
    told = answer("customer", "ann@example.com", "--workspace", folder)
    assert told["identities"]["email"] == ["ann@example.com"]
    assert told["stage"]["stage"] == "lapsed"
    assert told["preferred"]["channel"] == "email"
    assert told["preferred"]["because"] == "default"
    assert [(o["order_id"], o["amount"], o["currency"]) for o in told["orders"]] == [
        ("o-123", 19.9, "EUR")
    ]
    assert [(s["metric"], s["share"]) for s in told["scores"]] == [("csat", 0.25)]
    assert [(c["purpose"], c["is_allowed"]) for c in told["consents"]] == [("marketing", False)]
    assert [note["text"] for note in told["notes"]] == ["Is moving to Bonn."]
    talks = told["conversations"]
    assert [(t["channels"], t["waits_since"]) for t in talks] == [
        (["email"], "2024-03-03T08:00:00Z")
    ]
    assert not told["is_erased"]
    assert told["touchpoints"] == 7


def test_open_pains_stand_on_it_and_those_that_ended_do_not(folder: Path) -> None:
    """The question of 3 March waits; the low score of 4 March was a moment."""
    told = answer("customer", "ann@example.com", "--workspace", folder)
    asked = ("query", "pains", "status=all", "--workspace", folder)
    known = {p["kind"]: p["ended_at"] for p in answer(*asked)["rows"]}
    assert known.keys() >= {"unanswered", "low_score"}
    assert [p["kind"] for p in told["pains"]] == [k for k, ended in known.items() if not ended]
    [pain] = told["pains"]
    assert (pain["kind"], pain["channel"], pain["began_at"]) == (
        "unanswered",
        "email",
        "2024-03-03T14:00:00Z",
    )
    shown = journey("customer", "ann@example.com", "--workspace", folder).text
    assert "unanswered" in shown
    assert "low_score" not in shown


def test_it_fits_on_a_screen_and_says_why(folder: Path) -> None:
    shown = journey("customer", "ann@example.com", "--workspace", folder).text
    assert "the usual channel where nothing else is known" in shown
    assert "Is moving to Bonn." in shown
    assert len(shown.splitlines()) < 60


def test_personas_stand_on_it_and_may_say_where_to_reach_the_customer(folder: Path) -> None:
    with Workspace(folder, from_environment()) as workspace:
        told = card(workspace, "ann@example.com", Rulebook(document(parse(RULES).rules)))
    assert [p["persona"] for p in told.personas] == ["asker"]
    assert told.preferred == {
        "channel": "chat",
        "because": "persona",
        "why": "as asker customers do",
    }


def test_after_erasure_it_says_so_and_names_nobody(folder: Path) -> None:
    with Workspace(folder, from_environment()) as workspace:
        who = workspace.log.find("ann@example.com")
        workspace._people.destroy(who)
        told = card(workspace, who[0].hex())
    assert told.is_erased
    assert told.identities == {}
    assert told.touchpoints == 7
    assert [order["order_id"] for order in told.orders] == [""]
    assert [note["text"] for note in told.notes] == ["(erased)"]
    shown = journey("customer", who[0].hex(), "--workspace", folder).text
    assert "erased" in shown
    assert "Bonn" not in shown
    assert "example.com" not in shown


def test_who_is_unknown_is_refused(folder: Path) -> None:
    refused = journey("customer", "bo@example.com", "--workspace", folder)
    assert (refused.code, "No customer is known" in refused.err) == (3, True)


def test_traits_in_clear_are_read_as_people_write_them(tmp_path: Path) -> None:
    folder = init(tmp_path / "w")
    (folder / "journey.toml").write_text('[traits.age_group]\ntype = "string"\n', encoding="utf-8")
    told = line(1, "traits-stated", traits={"age_group": "55-64", "shoes": "42"})
    answer("import", "jsonl", "-", "--workspace", folder, stdin=told)
    found = answer("customer", "ann@example.com", "--workspace", folder)
    assert found["traits"] == {"age_group": "55-64"}
    assert found["preferred"]["channel"] == "phone"  # as the usual order is for older people
