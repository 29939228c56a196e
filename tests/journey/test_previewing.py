"""Previews and questions why not, over a small history that was imported."""

import json
from typing import Any

import pytest

from journey.bootstrap import Workspace
from journey.config.file import parse
from journey.importing import import_file
from journey.previewing import preview, why_not
from journey.settings import from_environment
from journey.workspace import make
from schemas.errors import NotFound
from schemas.events import OutreachDecided
from schemas.times import DAY, parse_rfc3339
from tests.cli.runner import journey

FOREVER = parse_rfc3339("2100-01-01T00:00:00Z")


def decided(workspace: Workspace, trigger: str) -> list[OutreachDecided]:
    found = [event.fact for _, event in workspace.log.read(0, 1_000_000)]
    return [f for f in found if isinstance(f, OutreachDecided) and f.trigger == trigger]


# --- a small history, as an import ------------------------------------------------------------

TOML = """
[outreach]
quiet_from = 00:00:00
quiet_until = 00:00:00

[templates.t]
purpose = "service"
text = { en = "Hello" }

[triggers.t]
start.events = ["order-placed"]
start.channels = ["web"]
start.after = "1 d"
start.unless = ["order-delivered"]
when = { fact = "trait", name = "tier", is = "gold" }
steps = [{ template = "t", channels = ["email"] }]

[traits.tier]
type = "string"
"""
# Who, day and hour of March 2024, type, order.
STORY: list[tuple[str, str, str, dict[str, Any]]] = [
    ("ann", "01T08", "traits-stated", {"traits": {"tier": "gold"}}),
    ("ann", "02T08", "order-placed", {"order_id": "a1"}),
    ("ann", "05T08", "order-placed", {"order_id": "a2"}),
    ("ann", "05T20", "order-delivered", {"order_id": "a2"}),
    ("bo", "02T08", "order-placed", {"order_id": "b1"}),
    ("cy", "02T08", "page-viewed", {}),
    ("dee", "01T08", "traits-stated", {"traits": {"tier": "gold"}}),
    ("dee", "02T08", "order-placed", {"order_id": "d1"}),
    ("dee", "02T09", "unsubscribed", {}),
]


def line(n: int, who: str, when: str, type_: str, properties: dict[str, Any]) -> str:
    told: dict[str, Any] = {
        "id": f"m-{n}",
        "source": "shop",
        "type": type_,
        "time": f"2024-03-{when}:00:00Z",
        "channel": "store" if who == "dee" and type_ == "order-placed" else "web",
        "direction": "inbound",
        "identities": {"email": f"{who}@example.com"},
        "properties": properties,
    }
    return json.dumps(told)


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    make(folder / "w", with_key=True)
    (folder / "w" / "journey.toml").write_text(TOML, encoding="utf-8")
    lines = [line(n, *told) for n, told in enumerate(STORY)]
    (folder / "e.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with Workspace(folder / "w", from_environment()) as workspace:
        import_file(workspace, "jsonl", str(folder / "e.jsonl"), lambda _: None)
        yield workspace


SMALL = parse(TOML).rules


def test_imported_history_counts_as_live(history):
    assert decided(history, "t") == []
    found = preview(history, SMALL, "t", 0, FOREVER)
    assert (found.customers, found.began, found.reached, found.decided) == (4, 1, 1, 1)
    assert found.days == {"2024-03-03": 1}
    assert found.recipients[0].channel == "email"


def test_it_is_in_force_from_then_on_and_until_then(history):
    day = parse_rfc3339("2024-03-03T08:00:00Z")
    for since, until, number in (
        (day - DAY, FOREVER, 1),
        (day - DAY + 1, FOREVER, 0),
        (0, day, 0),
        (0, day + 1, 1),
    ):
        assert preview(history, SMALL, "t", since, until).decided == number


@pytest.mark.parametrize(
    ("who", "considered", "answer"),
    [
        ("ann@example.com", "order-delivered came while it waited", "was never decided in life"),
        ("ann@example.com", "began (imported: as history it begins nothing)", "decided"),
        ("bo@example.com", "its condition did not hold (imported", "its condition did not hold"),
        ("cy@example.com", "", "there is no order-placed in this history"),
        ("dee@example.com", "does not fit: channels is not web", "does not fit"),
    ],
)
def test_why_not_names_what_stood_in_the_way(history, who, considered, answer):
    found = why_not(history, SMALL, who, "t")
    assert found.decided == []
    assert not considered or any(considered in line.came_to for line in found.considered)
    assert answer in found.answer


def test_who_or_what_is_unknown_is_told(history):
    with pytest.raises(NotFound, match=r"no trigger 'u': journey\.toml has t"):
        preview(history, SMALL, "u", 0, FOREVER)
    with pytest.raises(NotFound, match="No customer"):
        why_not(history, SMALL, "nobody@example.com", "t")


def test_the_commands_print_it(history):
    folder = str(history.folder.path)
    history.close()
    ran = journey("trigger", "preview", "t", "--workspace", folder, "--json")
    assert ran.json["decided"] == 1, ran.err
    since = ("--since", "2024-03-04T00:00:00Z")
    ran = journey("trigger", "preview", "t", *since, "--workspace", folder)
    assert "Nobody would have been reached." in ran.text
    ran = journey("why-not", "bo@example.com", "t", "--workspace", folder)
    assert "its condition did not hold" in ran.text
