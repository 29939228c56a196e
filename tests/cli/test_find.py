"""``journey find``: by whatever a person may be known by; an order number is such a thing."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.runner import answer, init

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


def test_it_is_safe_to_import_again(folder: Path) -> None:
    again = line(1, "order-placed", ANN, order_id="o-123", amount="19.90", currency="EUR")
    told = answer("import", "jsonl", "-", "--workspace", folder, stdin=again)
    assert (told["duplicates"], told["quarantined"]) == (1, 0)
