"""A workspace in which people are written to, just now: two offers wait, a message is ready."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.cli.runner import answer, init
from tests.journey.shop import RULES

PEOPLE = ("ann", "ben", "cem")


def line(minute: int, who: str, type_: str, **properties: Any) -> bytes:
    # In one hour: customers are counted up to the full hour before.
    hour = (datetime.now(UTC) - timedelta(minutes=15)).replace(minute=0, second=0, microsecond=0)
    at = hour + timedelta(minutes=minute)
    told = {
        "id": f"{type_}-{who}",
        "source": "shop",
        "type": type_,
        "time": at.isoformat(),
        "channel": "web",
        "identities": {"email": f"{who}@x.example"},
        "properties": properties,
    }
    return json.dumps(told).encode() + b"\n"


def offers(folder: Path) -> Path:
    """Three who agreed to offers, one after the other, and one whose payment failed."""
    init(folder)
    (folder / "journey.toml").write_text(RULES, encoding="utf-8")
    agreed = {"purpose": "marketing", "on_channel": "email"}
    lines = [line(1, who, "consent-given", **agreed) for who in PEOPLE]
    for minute, who in enumerate(PEOPLE, 5):
        lines.append(line(minute, who, "order-placed", order_id=f"o-{who}"))
    lines += [line(9, "dan", "payment-failed", order_id="o-dan")]
    answer("import", "jsonl", "-", "--live", "--workspace", folder, stdin=b"".join(lines))
    return folder
