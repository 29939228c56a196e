"""A workspace in which people are written to, just now: two offers wait, a message is ready."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.cli.runner import answer, init
from tests.journey.shop import RULES

PEOPLE = ("ann", "ben", "cem")


def line(minute: int, who: str, type_: str, **properties: Any) -> bytes:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30 - minute)
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
