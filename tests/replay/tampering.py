"""A small workspace with everything in it, and the ways in which somebody may lay hands on it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from journey.audit.verify import Report
from journey.audit.workspace import verify_workspace
from journey.bootstrap import Workspace
from journey.importing import import_file, import_live
from journey.sample import generate
from journey.settings import Settings
from journey.workspace import make
from projections.projection import act_id
from replay.findings import Finding, Kind
from schemas.codec import Codec
from schemas.envelope import Envelope, decode, encode, leaf_hash
from schemas.events import OutreachDecided
from schemas.fact import Fact
from schemas.times import instant
from tests.controls import MASTER_KEY

SETTINGS = Settings(master_key=MASTER_KEY)
START = datetime(2024, 1, 1, tzinfo=UTC)
START_AT = instant(START)


def lines() -> list[dict[str, Any]]:
    """A sample, and visitors who turn out to be one known person; one was not, after all."""
    told = list(generate(customers=12, days=40, seed=3, start=START))
    names = (
        {"anonymous": "v-1"},
        {"anonymous": "v-2"},
        {"email": "zoe@example.com"},
        {"anonymous": "v-1", "email": "zoe@example.com"},
        {"anonymous": ["v-2", "v-1"]},
        {"anonymous": "v-2"},
    )
    for n, identities in enumerate(names):
        told.append(
            {
                "id": f"zoe-{n}",
                "source": "shop",
                "type": "message-received",
                "time": f"2024-01-0{n + 2}T10:00:00Z",
                "identities": identities,
                "channel": "chat",
                "direction": "inbound",
                "actor": {"kind": "customer"},
                "properties": {"text": "Is anybody there?"},
            }
        )
    told += [
        {
            "id": f"post-{n}",
            "source": "social",
            "type": type_,
            "time": f"2024-01-0{n + 1}T10:00:00Z",
            "channel": "social",
            "brand": f"brand-{n % 2}",
            "properties": properties,
        }
        for n, (type_, properties) in enumerate(
            [
                ("post-published", {"followers": 1_200}),
                ("mention-observed", {"sentiment": -0.5, "text": "Slow."}),
                ("mention-observed", {"subject": "competitor"}),
                ("action-opened", {"action": "a-1"}),
            ]
        )
    ]
    told.append(
        {
            "id": "zoe-parted",
            "source": "shop",
            "type": "identity-unlinked",
            "time": "2024-01-09T10:00:00Z",
            "identities": {"email": "zoe@example.com"},
            "properties": {"removed": {"anonymous": "v-1"}},
        }
    )
    return told


def build(folder: Path) -> None:
    """A workspace that lived through it all, and got some history afterwards."""
    file, more = folder.parent / "live.jsonl", folder.parent / "more.jsonl"
    told = lines()
    file.write_text("\n".join(json.dumps(line) for line in told))
    old = [line | {"id": f"old-{n}"} for n, line in enumerate(told[5:60:3])]
    more.write_text("\n".join(json.dumps(line) for line in old))
    make(folder, with_key=False)
    import_live(folder, SETTINGS, "jsonl", str(file))
    with opened(folder) as workspace:
        import_file(workspace, "jsonl", str(more))


@contextmanager
def opened(folder: Path) -> Iterator[Workspace]:
    with Workspace(folder, SETTINGS) as workspace:
        yield workspace


def verified(folder: Path) -> Report:
    with opened(folder) as workspace:
        return verify_workspace(workspace)


def change(database: Path, statement: str, *values: object) -> None:
    """Change rows of a closed workspace's database; exactly one, so that no test misses."""
    with closing(sqlite3.connect(database)) as db, db:
        assert db.execute(statement, values).rowcount == 1, statement


def ask(database: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as db:
        return db.execute(query, values).fetchall()


class Stored(msgspec.Struct):
    """One event as it lies in the log."""

    position: int
    envelope: Envelope
    body: bytes
    leaf: bytes


def stored(folder: Path, *types: str) -> list[Stored]:
    """All events of these types, or all but the engine's own, in the order of the log."""
    query = "SELECT position, state, leaf FROM stored_events ORDER BY position"
    rows = [Stored(p, decode(body), body, leaf) for p, body, leaf in ask(folder / "log.db", query)]
    if types:
        return [row for row in rows if row.envelope.type in types]
    return [row for row in rows if not row.envelope.flags & 4]


def in_family(folder: Path) -> set[bytes]:
    """Everybody who took part in a merge, parted since or not."""
    rows = ask(folder / "log.db", "SELECT customer_id, into_id FROM merges")
    assert rows, "the sample has merges"
    parted = {e.envelope.customer_id for e in stored(folder, "restored.v1")}
    assert parted, "the sample has somebody who was parted again"
    return {customer for row in rows for customer in row} | parted


def rewrite(folder: Path, event: Stored, fact: Fact, *, position: int = 0) -> bytes:
    """Put another fact in an event's place, or behind all, with a leaf that fits."""
    body, leaf, envelope = forged(folder, event, fact, is_new=bool(position))
    if not position:
        statement = "UPDATE stored_events SET state = ?, leaf = ? WHERE position = ?"
        change(folder / "log.db", statement, body, leaf, event.position)
        return envelope.event_id
    statement = "INSERT INTO stored_events VALUES (?,?,?,?,?,?,?)"
    place = (f"p-{envelope.partition:03d}", envelope.offset, envelope.type)
    change(folder / "log.db", statement, position, *place, body, envelope.event_id, leaf)
    return envelope.event_id


def forged(
    folder: Path, event: Stored, fact: Fact, *, is_new: bool
) -> tuple[bytes, bytes, Envelope]:
    payload, _ = Codec().encode(fact)
    envelope = msgspec.structs.replace(event.envelope, payload=payload)
    if is_new:
        assert isinstance(fact, OutreachDecided)
        same = [e for e in stored_all(folder) if e.partition == envelope.partition]
        offset = max(e.offset for e in same) + 1
        envelope = msgspec.structs.replace(envelope, offset=offset, event_id=act_id(fact))
    body = encode(envelope)
    leaf = leaf_hash(envelope.partition, envelope.offset, envelope.type, body)
    return body, leaf, envelope


def stored_all(folder: Path) -> list[Envelope]:
    return [decode(row[0]) for row in ask(folder / "log.db", "SELECT state FROM stored_events")]


def last_position(folder: Path) -> int:
    return int(ask(folder / "log.db", "SELECT MAX(position) FROM stored_events")[0][0])


def named(report: Report, kind: Kind, **fields: str) -> Finding:
    """The finding of that kind with these values; there has to be one."""
    for finding in report.findings:
        if finding.kind is kind and all(getattr(finding, k) == v for k, v in fields.items()):
            return finding
    raise AssertionError(f"no {kind} with {fields} in {[str(f) for f in report.findings]}")
