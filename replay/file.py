"""Proving an exported log on its own: no keys, no database, nothing of ``journey``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

import msgspec

from projections.rulebook import History, Rulebook
from projections.tables import BY_NAME, VERSIONS, Row
from replay.compare import compare_decisions
from replay.container import events, header
from replay.crossings import compare_crossings
from replay.customer import Watermarks, replay_kin
from replay.digest import digest
from replay.findings import Finding, Kind
from replay.partition import add_brand_rows, publish
from replay.starts import compare_starts
from schemas.codec import Codec
from schemas.envelope import Envelope, leaf_hash, partition_of
from schemas.errors import ContractError, IntegrityError, UsageError
from schemas.events import ConfigurationPublished, MergedOut, OutreachDecided, Restored
from schemas.recorded import Recorded, recorded

METADATA = "journey.proof"
_LEARNT_FIRST = frozenset({MergedOut.TYPE, Restored.TYPE, ConfigurationPublished.TYPE})


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What an export says of itself.

    Args:
        configuration: the newest, under which meaning is folded.
        meaning: the watermark of what happened.
        decisions: the watermark of what was recorded.
        versions: of the projections that published the rows.
        tables: the version of each table that digests are of.
        leaves: of each partition, SHA-256 over its leaf hashes in order.
        digests: of each partition, the digest of each table's rows.
        check: SHA-256 over all that, as ``sealed`` sets it: shows damage, stops nobody.
    """

    partitions: int
    configuration: str
    meaning: int
    decisions: int
    versions: dict[str, int]
    leaves: list[str]
    digests: list[dict[str, str]]
    tables: dict[str, int] = {}
    check: str = ""

    def sealed(self) -> Proof:
        """The same with its check."""
        bare = msgspec.json.encode(msgspec.structs.replace(self, check=""), order="deterministic")
        return msgspec.structs.replace(self, check=hashlib.sha256(bare).hexdigest())


class FileReport(msgspec.Struct):
    """What was looked at and found."""

    events: int = 0
    customers: int = 0
    findings: list[Finding] = []

    @property
    def is_clean(self) -> bool:
        """Whether the file proves itself."""
        return not self.findings


def verify_file(file: BinaryIO, after_each: Callable[[int], None] = lambda _: None) -> FileReport:
    """Recompute an export's leaves, rows and decisions and compare.

    One partition is in memory at a time, and with it everybody who took part in a merge.

    Args:
        file: open for reading, seekable.
        after_each: told how many events each partition had.

    Raises:
        UsageError: it is not an export, or of other rule versions.
    """
    report = FileReport()
    proof = _proof(file, report)
    if not report.is_clean:
        return report  # nothing can be held against a damaged proof
    try:
        rules, history = Rulebook(proof.configuration), History()
    except (msgspec.DecodeError, ValueError) as error:
        raise UsageError(
            f"The file's configuration is damaged ({error}): export it again."
        ) from None
    if proof.versions != rules.versions:
        raise UsageError(
            f"The file was made under rule versions {proof.versions}, this is {rules.versions}: "
            "verify it with the version of journey-engine that wrote it."
        )
    if proof.tables != VERSIONS:
        raise UsageError(
            f"The file was made with tables of versions {proof.tables}, this is {VERSIONS}: "
            "verify it with the version of journey-engine that wrote it."
        )
    kin, gone = _kin(file, history)
    with_merges = {partition_of(c, proof.partitions) for c in kin.keys() - gone}
    families: dict[bytes, list[Recorded]] = {}
    whole: dict[int, dict[str, list[Row]]] = {}
    watermarks = Watermarks(proof.meaning, proof.decisions)
    for partition, found, leaves in _partitions(file, proof.partitions, report):
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
        of_brands: list[Recorded] = []
        for event in found:
            if event.is_of_brand:
                of_brands.append(event)
            elif event.customer_id in kin:
                families.setdefault(kin[event.customer_id], []).append(event)
            elif event.customer_id:
                customers.setdefault(event.customer_id, []).append(event)
        add_brand_rows(of_brands, whole.setdefault(partition, {}))
        report.findings += compare_crossings(history, of_brands)
        for own in customers.values():
            _replay(rules, history, own, watermarks, whole, proof.partitions, report)
        if partition not in with_merges:
            _digests(proof, partition, whole.pop(partition), report)
        after_each(len(found))
    for members in families.values():
        _replay(rules, history, members, watermarks, whole, proof.partitions, report)
    for partition, rows in whole.items():
        _digests(proof, partition, rows, report)
    return report


def _proof(file: BinaryIO, report: FileReport) -> Proof:
    found = header(file).metadata.get(METADATA)
    if found is None:
        raise UsageError("The file is no export of a journey log: make one with 'journey export'.")
    try:
        proof = msgspec.json.decode(found, type=Proof)
    except (msgspec.DecodeError, ValueError) as error:
        raise UsageError(f"The file's proof is damaged ({error}): export it again.") from None
    if not len(proof.leaves) == len(proof.digests) == proof.partitions:
        raise UsageError("The file's proof is damaged (partitions are missing): export it again.")
    if (wanted := proof.sealed().check) != proof.check:
        report.findings.append(
            Finding(
                kind=Kind.DIGEST,
                where=METADATA,
                field="check",
                expected=wanted,
                found=proof.check,
            )
        )
    return proof


def _kin(file: BinaryIO, history: History) -> tuple[dict[bytes, bytes], set[bytes]]:
    """Whoever took part in a merge -> one of those who have or had to do with each other.

    And those of them who are part of another today. Configurations are learnt on the way.
    """
    codec, into, gone = Codec(), dict[bytes, bytes](), set[bytes]()

    def one_of(customer: bytes) -> bytes:
        while customer != (up := into.get(customer, customer)):
            into[customer] = customer = into.get(up, up)
        return customer

    try:
        for envelope, _ in events(file):
            if envelope.type in _LEARNT_FIRST:
                event = recorded(envelope, codec)
                if isinstance(event.fact, Restored):
                    gone.discard(event.customer_id)
                elif isinstance(event.fact, MergedOut):
                    gone.add(event.customer_id)
                    for customer in (event.customer_id, event.fact.into):
                        into.setdefault(customer, customer)
                    into[one_of(event.customer_id)] = one_of(event.fact.into)
                else:
                    publish(history, event)
    except (ContractError, IntegrityError):
        pass  # the second reading says where
    into.pop(b"", None)  # nobody
    return {customer: one_of(customer) for customer in list(into)}, gone


def _partitions(
    file: BinaryIO, partitions: int, report: FileReport
) -> Iterator[tuple[int, list[Recorded], str]]:
    at, offset, whole = 0, 0, hashlib.sha256()
    members: list[Recorded] = []
    for envelope, body in _until_damage(file, report):
        while envelope.partition != at and at < partitions:
            yield at, members, whole.hexdigest()
            at, offset, members, whole = at + 1, 0, [], hashlib.sha256()
        event, leaf, wrong = _checked(envelope, body, (at, offset))
        report.findings += wrong
        report.events += 1
        offset += 1
        whole.update(leaf)
        if event is not None:
            members.append(event)
    while at < partitions:
        yield at, members, whole.hexdigest()
        at, members, whole = at + 1, [], hashlib.sha256()


def _until_damage(file: BinaryIO, report: FileReport) -> Iterator[tuple[Envelope, bytes]]:
    try:
        yield from events(file)
    except IntegrityError as error:
        report.findings.append(
            Finding(kind=Kind.BYTES, where="file", expected="events", found=str(error))
        )


def _checked(
    envelope: Envelope, body: bytes, place: tuple[int, int]
) -> tuple[Recorded | None, bytes, list[Finding]]:
    """The event if it can be read, its leaf, and what is wrong with it."""
    wrong = []
    where = f"{envelope.partition}/{envelope.offset}"
    if (envelope.partition, envelope.offset) != place:
        expected, found = f"offset {place[1]}", f"offset {envelope.offset}"
        wrong.append(Finding(kind=Kind.OFFSET, where=where, expected=expected, found=found))
    try:
        leaf = leaf_hash(*place, envelope.type, body)
        return recorded(envelope, _CODEC), leaf, wrong
    except (ContractError, UnicodeError) as error:
        wrong.append(Finding(kind=Kind.BYTES, where=where, expected="an event", found=str(error)))
        return None, b"", wrong


_CODEC = Codec()


def _replay(
    rules: Rulebook,
    history: History,
    events: list[Recorded],
    watermarks: Watermarks,
    whole: dict[int, dict[str, list[Row]]],
    partitions: int,
    report: FileReport,
) -> None:
    """Customers who have or had to do with each other; most are alone."""
    again = replay_kin(rules, history, events, watermarks)
    for customer, replayed in again.customers.items():
        rows = whole.setdefault(partition_of(customer, partitions), {})
        for table, found in replayed.rows.items():
            rows.setdefault(table, []).extend(found.values())
        report.customers += 1
    decided = [event for event in events if isinstance(event.fact, OutreachDecided)]
    one = min(again.customers, default=events[0].customer_id)
    report.findings += compare_decisions(one, again.acts, decided)
    report.findings += compare_starts(one, history, events)


def _digests(proof: Proof, partition: int, rows: dict[str, list[Row]], report: FileReport) -> None:
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
