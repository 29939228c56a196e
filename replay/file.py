"""Proving an exported log on its own: no keys, no database, nothing of ``journey``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import fastavro
import msgspec

from projections.rulebook import History, Rulebook
from projections.tables import BY_NAME, Row
from replay.compare import compare_decisions
from replay.customer import Watermarks, replay_customer
from replay.digest import digest
from replay.findings import Finding, Kind
from schemas.codec import Codec
from schemas.envelope import Envelope, encode, leaf_hash, partition_of
from schemas.errors import NotFound, UsageError
from schemas.events import ConfigurationPublished, MergedOut, OutreachDecided
from schemas.recorded import Recorded, recorded
from schemas.times import instant

METADATA = "journey.proof"


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What an export says of itself.

    Args:
        configuration: the newest, under which meaning is folded.
        meaning: the watermark of what happened.
        decisions: the watermark of what was recorded.
        versions: of the projections that published the rows.
        leaves: of each partition, SHA-256 over its leaf hashes in order.
        digests: of each partition, the digest of each table's rows.
    """

    partitions: int
    configuration: str
    meaning: int
    decisions: int
    versions: dict[str, int]
    leaves: list[str]
    digests: list[dict[str, str]]


class FileReport(msgspec.Struct):
    """What was looked at and found."""

    events: int = 0
    customers: int = 0
    findings: list[Finding] = []

    @property
    def is_clean(self) -> bool:
        """Whether the file proves itself."""
        return not self.findings


def verify_file(path: Path, after_each: Callable[[int], None] = lambda _: None) -> FileReport:
    """Recompute an export's leaves, rows and decisions and compare.

    One partition is in memory at a time, and with it everybody who took part in a merge.

    Raises:
        NotFound: there is no such file.
        UsageError: it is not an export, or of other rule versions.
    """
    proof = _proof(path)
    rules, history = Rulebook(proof.configuration), History()
    if proof.versions != rules.versions:
        raise UsageError(
            f"{path} was made under rule versions {proof.versions}, this is {rules.versions}: "
            "verify it with the version of journey-engine that wrote it."
        )
    report = FileReport()
    into = _merges(path, history)
    families: dict[bytes, list[Recorded]] = {}
    whole: dict[int, dict[str, list[Row]]] = {}
    watermarks = Watermarks(proof.meaning, proof.decisions)
    for partition, events, leaves in _partitions(path, proof.partitions, report):
        if leaves != proof.leaves[partition]:
            report.findings.append(
                Finding(
                    kind=Kind.BYTES,
                    where=f"partition {partition}",
                    field="leaves",
                    expected=proof.leaves[partition],
                    found=leaves,
                )
            )
        customers: dict[bytes, list[Recorded]] = {}
        for event in events:
            if event.customer_id in into:
                families.setdefault(into[event.customer_id], []).append(event)
            elif event.customer_id:
                customers.setdefault(event.customer_id, []).append(event)
        rows = whole.setdefault(partition, {})
        _replay(rules, history, customers, watermarks, rows, report)
        if not any(partition_of(root, proof.partitions) == partition for root in into.values()):
            _digests(proof, partition, whole.pop(partition), report)
        after_each(len(events))
    for root, events in families.items():
        rows = whole.setdefault(partition_of(root, proof.partitions), {})
        _replay(rules, history, {root: events}, watermarks, rows, report)
    for partition, rows in whole.items():
        _digests(proof, partition, rows, report)
    return report


def _proof(path: Path) -> Proof:
    try:
        with path.open("rb") as file:
            found = fastavro.reader(file).metadata.get(METADATA)
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}: check the path.") from None
    except (ValueError, EOFError, StopIteration) as error:
        raise UsageError(f"{path} is no Avro container ({error}): name an export.") from None
    if found is None:
        raise UsageError(f"{path} is no export of a journey log: make one with 'journey export'.")
    text = found.decode() if isinstance(found, bytes) else found
    return msgspec.json.decode(text, type=Proof)


def _envelopes(path: Path) -> Iterator[Envelope]:
    with path.open("rb") as file:
        for record in fastavro.reader(file):
            assert isinstance(record, dict)
            for name in ("recorded_at", "occurred_at"):
                record[name] = instant(record[name])
            yield Envelope(**record)


def _merges(path: Path, history: History) -> dict[bytes, bytes]:
    """Whoever took part in a merge -> who they are today; configurations on the way."""
    codec, into = Codec(), dict[bytes, bytes]()
    for envelope in _envelopes(path):
        if envelope.type in (MergedOut.TYPE, ConfigurationPublished.TYPE):
            event = recorded(envelope, codec)
            if isinstance(event.fact, MergedOut):
                into[event.customer_id] = event.fact.into
            else:
                history.publish(event)

    def today(customer: bytes) -> bytes:
        while customer in into:
            customer = into[customer]
        return customer

    final = {customer: today(customer) for customer in into}
    return final | {root: root for root in final.values()}


def _partitions(
    path: Path, partitions: int, report: FileReport
) -> Iterator[tuple[int, list[Recorded], str]]:
    codec, at = Codec(), 0
    events: list[Recorded] = []
    leaves = hashlib.sha256()
    for envelope in _envelopes(path):
        while envelope.partition != at and at < partitions:
            yield at, events, leaves.hexdigest()
            at, events, leaves = at + 1, [], hashlib.sha256()
        if envelope.offset != len(events):
            report.findings.append(
                Finding(
                    kind=Kind.OFFSET,
                    where=f"{envelope.partition}/{envelope.offset}",
                    expected=f"offset {len(events)}",
                    found=f"offset {envelope.offset}",
                )
            )
        leaves.update(
            leaf_hash(envelope.partition, envelope.offset, envelope.type, encode(envelope))
        )
        events.append(recorded(envelope, codec))
        report.events += 1
    while at < partitions:
        yield at, events, leaves.hexdigest()
        at, events, leaves = at + 1, [], hashlib.sha256()


def _replay(
    rules: Rulebook,
    history: History,
    customers: dict[bytes, list[Recorded]],
    watermarks: Watermarks,
    rows: dict[str, list[Row]],
    report: FileReport,
) -> None:
    for customer, events in customers.items():
        again = replay_customer(rules, history, customer, events, watermarks)
        for table, found in again.rows.items():
            rows.setdefault(table, []).extend(found.values())
        decided = [event for event in events if isinstance(event.fact, OutreachDecided)]
        report.findings += compare_decisions(customer, again.acts, decided)
        report.customers += 1


def _digests(
    proof: Proof, partition: int, rows: dict[str, list[Row]], report: FileReport
) -> None:
    for name, expected in proof.digests[partition].items():
        found = digest(BY_NAME[name], rows.get(name, []))
        if found != expected:
            report.findings.append(
                Finding(
                    kind=Kind.DIGEST,
                    where=f"{name}, partition {partition}",
                    expected=expected,
                    found=found,
                )
            )



