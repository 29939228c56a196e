"""Packs a small workspace as this code makes it: `python -m tests.golden.make_workspace`.

Made once for each format and never again: what lies in `workspaces` is how the format was, and
every later version has to read it. Keys and nonces are drawn, so another would have other bytes.
"""

from __future__ import annotations

import io
import json
import sqlite3
import sys
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import patch

from journey.bootstrap import Workspace
from journey.clock import SystemClock
from journey.importing import import_file, import_live
from journey.log.sqlite_log import SqliteEventLog
from journey.settings import Settings
from journey.workspace import FORMAT, make
from schemas.times import parse_rfc3339
from tests.controls import MASTER_KEY

FOLDER = Path(__file__).resolve().parent / "workspaces"
FILES = ("workspace.json", "log.db", "keys.db", "state.db", "quarantine.db")
SETTINGS = Settings(master_key=MASTER_KEY)
LEVEL = 9  # of compression
WHEN = parse_rfc3339("2024-02-01T00:00:00Z")  # no machine's clock may be behind a log's last time


def line(number: int, type_: str, at: str, identities: dict[str, Any], **more: Any) -> str:
    told = {
        "id": f"g-{number}",
        "source": "golden",
        "type": type_,
        "time": f"2024-01-{at}Z",
        "identities": identities,
    }
    return json.dumps(told | more)


ANN, ANNS_PHONE = {"email": "ann@example.com"}, {"phone": "+49 171 5550100"}
VISITOR, OTHER = {"anonymous": "visitor-1"}, {"anonymous": "visitor-2"}
BO = {"handle:twitter": "@bo"}
ASKS: dict[str, Any] = {
    "channel": "chat",
    "conversation": "c-1",
    "properties": {"text": "Where is it?", "plan": "gold"},
}
HELPS: dict[str, Any] = {
    "channel": "chat",
    "conversation": "c-1",
    "actor": {"kind": "human", "id": "agent-7"},
    "properties": {"text": "On its way."},
}
# A visitor becomes another visitor, who becomes Ann, whom a source says to be the one who called.
LIVED = (
    line(1, "page-viewed", "01T09:00:00", VISITOR, properties={"name": "pricing"}),
    line(2, "message-received", "01T09:05:00", VISITOR, **ASKS),
    line(3, "message-sent", "01T09:20:00", {}, **HELPS),
    line(4, "page-viewed", "01T10:00:00", OTHER, properties={"name": "about"}),
    line(5, "page-viewed", "01T11:00:00", {"anonymous": ["visitor-2", "visitor-1"]}),
    line(6, "order-placed", "02T09:00:00", ANN, properties={"order_id": "A-1001", "amount": 19.9}),
    line(7, "page-viewed", "02T10:00:00", ANN | OTHER, properties={"name": "thanks"}),
    line(8, "message-received", "03T09:00:00", ANNS_PHONE, channel="phone"),
    line(9, "identity-linked", "03T10:00:00", ANN | ANNS_PHONE),
    line(10, "message-received", "04T09:00:00", BO, channel="social", properties={"text": "Hm?"}),
    line(11, "survey-answered", "05T09:00:00", ANN, properties={"survey": "csat", "score": 2}),
    line(12, "identity-unlinked", "06T09:00:00", BO, properties={"removed": {"phone": "+1 2"}}),
    line(13, "identity-unlinked", "06T10:00:00", ANN, properties={"removed": ANNS_PHONE}),
)
# Then history is told: one line is late for what was published, three are refused.
TOLD_LATER = (
    line(20, "message-received", "01T08:00:00", ANN, channel="email", properties={"text": "Hi"}),
    line(21, "order-delivered", "04T12:00:00", ANN, properties={"order_id": "A-1001"}),
    line(22, "page-viewed", "04T12:00:00", {}),
    line(6, "order-placed", "02T09:00:00", ANN, properties={"order_id": "A-1002", "amount": 19.9}),
    '{"id": "g-23", ',
)


def build(folder: Path, scratch: Path) -> None:
    """A workspace that has lived through all that."""
    make(folder, with_key=False)
    live, later = scratch / "live.jsonl", scratch / "later.jsonl"
    live.write_text("\n".join(LIVED))
    later.write_text("\n".join(TOLD_LATER))
    import_live(folder, SETTINGS, "jsonl", str(live))
    with Workspace(folder, SETTINGS) as workspace:
        import_file(workspace, "jsonl", str(later))
        describe(workspace.log, scratch)


def describe(log: SqliteEventLog, scratch: Path) -> None:
    """What every later version has to find in the log."""
    found = {value: [c.hex() for c in log.find(value)] for value in NAMES}
    leaves = [leaf.hex() for n in range(log.partitions) for *_, leaf in log.stored(n)]
    told = {"events": log.last_position(), "found": found, "leaves": leaves}
    (scratch / "expected.json").write_text(json.dumps(told, indent=1))


NAMES = ("ann@example.com", "+49 171 5550100", "visitor-1", "visitor-2", "@bo", "A-1001", "A-1002")


def pack(folder: Path, scratch: Path, target: Path) -> None:
    """Put the files into one archive, without the tables: they can be had again."""
    target.parent.mkdir(exist_ok=True)
    with tarfile.open(target, "x:gz", compresslevel=LEVEL) as archive:
        for name in FILES:
            if name.endswith(".db"):
                with closing(sqlite3.connect(folder / name)) as db:
                    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    db.execute("PRAGMA journal_mode=DELETE")
            _add(archive, name, (folder / name).read_bytes())
        _add(archive, "expected.json", (scratch / "expected.json").read_bytes())


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def main() -> int:
    """Write what is missing."""
    target = FOLDER / f"format-{FORMAT}.tar.gz"
    if target.exists():
        print(f"{target.name} is there, and stays", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        with patch.object(SystemClock, "now", lambda _: WHEN):
            build(scratch / "workspace", scratch)
        pack(scratch / "workspace", scratch, target)
    print(f"added {target.name}, {target.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
