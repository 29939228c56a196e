"""``journey export``: the whole log as one Avro container that proves itself.

Events stand partition by partition, each partition in its order. The header's metadata holds what
``python -m replay verify`` needs: the configuration, both watermarks, a hash over the leaves of
each partition, and a digest of each table's published rows in each partition.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import fastavro
import msgspec

from journey.audit.published import rows_by_partition
from journey.bootstrap import Workspace
from journey.files import whole_file
from projections.tables import TABLES, VERSIONS
from replay.digest import digest, rows_of
from replay.file import METADATA, Proof
from schemas.contracts import contract

BLOCK_EVENTS = 1_000
SYNC = hashlib.md5(b"journey export", usedforsecurity=False).digest()  # any 16 bytes will do


class Exported(msgspec.Struct, frozen=True):
    """What was written."""

    file: str
    events: int
    bytes: int


def export(
    workspace: Workspace, file: Path, after_each: Callable[[int], None] = lambda _: None
) -> Exported:
    """Write the log; the engine has caught up.

    A file appears under its name only when it is whole.

    Args:
        after_each: told how many events each finished partition had.

    Raises:
        UsageError: the file cannot be written.
        WorkspaceError: workers fold the log: nothing here tells how far its tables are.
    """
    workspace.needs_states()
    log = workspace.log
    progress = workspace.store.progress()
    events = 0
    with whole_file(file) as out:
        out.write(_header(_proof(workspace, progress)))
        for partition in range(log.partitions):
            n = 0
            block: list[bytes] = []
            for _, stored, _ in log.stored(partition):
                block.append(stored)
                n += 1
                if len(block) == BLOCK_EVENTS:
                    out.write(_block(block))
                    block = []
            if block:
                out.write(_block(block))
            events += n
            after_each(n)
    return Exported(str(file), events, file.stat().st_size)


def _proof(workspace: Workspace, progress: dict[str, object]) -> Proof:
    log = workspace.log
    leaves, digests = [], []
    for partition, rows in rows_by_partition(workspace.analytics, log.partitions):
        whole = hashlib.sha256()
        for _, _, leaf in log.stored(partition):
            whole.update(leaf)
        leaves.append(whole.hexdigest())
        digests.append({t.name: digest(t, rows_of(rows[t.name])) for t in TABLES})
    return Proof(
        partitions=log.partitions,
        configuration=workspace.configuration,
        meaning=int(str(progress.get("meaning", 0))),
        decisions=int(str(progress.get("decisions", 0))),
        versions=workspace.rules.versions,
        leaves=leaves,
        digests=digests,
        tables=VERSIONS,
    ).sealed()


def _header(proof: Proof) -> bytes:
    out = io.BytesIO()
    metadata = {METADATA: msgspec.json.encode(proof).decode()}
    fastavro.writer(out, contract("envelope.v1"), [], metadata=metadata, sync_marker=SYNC)
    return out.getvalue()


def _block(stored: list[bytes]) -> bytes:
    """An Avro block: count, size, the rows as they lie in the log, sync marker."""
    body = b"".join(stored)
    return _long(len(stored)) + _long(len(body)) + body + SYNC


def _long(value: int) -> bytes:
    """A non-negative Avro long: zigzag, then seven bits a byte."""
    left, out = value << 1, bytearray()
    while left > 0x7F:
        out.append(left & 0x7F | 0x80)
        left >>= 7
    out.append(left)
    return bytes(out)
