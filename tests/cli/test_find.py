"""``journey find``: by whatever a person may be known by; an order number is such a thing."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.runner import answer, init, journey

ANN, BEN = {"email": "ann@example.com"}, {"handle:twitter": "@ben"}


def line(number: int, type_: str, identities: dict[str, str], **properties: Any) -> bytes:
    told = {
        "id": f"m-{number}",
        "source": "shop",
        "type": type_,
        "time": f"2024-03-0{number}T08:00:00Z",
        "identities": identities,
        "properties": properties,
    }
    return json.dumps(told).encode() + b"\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = init(tmp_path_factory.mktemp("find") / "w")
    told = (
        line(1, "order-placed", ANN, order_id="o-123", amount="19.90", currency="EUR"),
        line(2, "refund-requested", BEN, order_id="o-456"),
        line(3, "message-received", BEN | {"order": "o-789"}, text="Where is it?"),
        line(4, "order-delivered", BEN, order_id="o-123"),  # a neighbour took it in
        line(5, "custom", BEN, name="parcel shown", order_id="o-999"),  # declares no order
    )
    answer("import", "jsonl", "-", "--workspace", folder, stdin=b"".join(told))
    return folder


@pytest.mark.parametrize(
    ("order", "same_as"),
    [
        ("o-123", "ann@example.com"),
        ("o-456", "@ben"),
        ("o-789", "ben"),
        ("o-999", "nobody"),
        ("O-123", "nobody"),
    ],
)
def test_an_order_number_finds_who_told_it_first(folder: Path, order: str, same_as: str) -> None:
    found = answer("find", order, "--workspace", folder)["customers"]
    assert found == answer("find", same_as, "--workspace", folder)["customers"]
    assert len(found) == (same_as != "nobody")


def test_a_timeline_can_be_asked_for_by_order(folder: Path) -> None:
    moments = answer("timeline", "o-123", "--workspace", folder)["moments"]
    assert [m["fact"]["message_id"] for m in moments] == ["m-1"]


@pytest.mark.parametrize("who", ["ann@example.com", "o-123", "ANN@example.com"])
def test_questions_about_a_customer_take_an_identity(folder: Path, who: str) -> None:
    [ann] = answer("find", "ann@example.com", "--workspace", folder)["customers"]
    asked = ("clv", "by=customer", f"customer={who}")
    assert [r["customer"] for r in answer("query", *asked, "--workspace", folder)["rows"]] == [ann]
    nobody = ("customer-scores", f"customer={who}", "metric=")
    assert answer("query", *nobody, "--workspace", folder)["rows"] == []


def test_a_customer_whom_nobody_knows_is_told_as_a_timeline_does(folder: Path) -> None:
    ran = journey("query", "pains", "customer=nobody@example.com", "--workspace", folder)
    assert (ran.code, ran.out) == (3, b"")
    assert "No customer is known as 'nobody@example.com'" in ran.err


def test_a_filter_that_names_nothing_is_wrong_use(folder: Path) -> None:
    ran = journey("query", "volume", "channel=wbe", "--workspace", folder)
    assert (ran.code, ran.out) == (2, b"")
    assert "no channel 'wbe' occurs here" in ran.err


def test_what_is_declared_may_be_named_before_it_occurs(folder: Path) -> None:
    asked = ("events-by-property", "type=lesson-taken", "property=level")
    ran = journey("query", *asked, "--workspace", folder)
    assert (ran.code, ran.out) == (2, b"")
    assert "no type 'lesson-taken' occurs here" in ran.err
    told = "[events.lesson-taken]\n[events.lesson-taken.properties]\nlevel = { type = 'string' }\n"
    file = folder / "journey.toml"
    before = file.read_text("utf-8") if file.exists() else ""
    file.write_text(before + told, "utf-8")
    try:
        assert answer("query", *asked, "--workspace", folder)["rows"] == []
        path = ("flow", "from=lesson-taken")
        assert answer("query", *path, "--workspace", folder)["rows"] == []
    finally:
        file.write_text(before, "utf-8")


def test_it_is_safe_to_import_again(folder: Path) -> None:
    again = line(1, "order-placed", ANN, order_id="o-123", amount="19.90", currency="EUR")
    told = answer("import", "jsonl", "-", "--workspace", folder, stdin=again)
    assert (told["duplicates"], told["quarantined"]) == (1, 0)
