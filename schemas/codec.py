"""Between facts and bytes: a fact becomes a clear payload and the plaintext of its sealed part.

Both halves are Avro records, cut from the type's one released contract by the mark ``personal``.
Sealing itself needs keys and chance, so it happens in ``journey``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from schemas import contracts
from schemas.encoder import Encoder, encoder
from schemas.errors import CannotAccept, ContractError, UnknownType
from schemas.events import SHIPPED
from schemas.fact import DERIVED, PERSONAL, Fact
from schemas.upcast import STEPS, Upcast, upcast

# Facts that say the same are one: most page views and deliveries differ by nothing in clear.
REMEMBERED_BYTES_MAX = 128
REMEMBERED_MAX = 8_192  # facts, about 6 MiB
METHOD = "_method"  # `topic_method` says what derived the `topic`


class Halves(NamedTuple):
    """A contract cut in two: what may be read by all, and what is sealed."""

    clear: contracts.Schema
    personal: contracts.Schema | None  # None: the type has no personal field
    clear_names: tuple[str, ...]
    told_names: tuple[str, ...]  # neither derived nor computed: what the source said
    methods: dict[str, str]  # of those, what may be derived instead -> the field that says by what
    unset: dict[str, UnsetType]  # the personal fields as they are without the key
    write_clear: Encoder  # of a fact
    write_personal: Encoder | None
    nothing_personal: bytes  # the personal half of a fact without any


def halves(contract: contracts.Schema) -> Halves:
    """Cut a contract by the mark ``personal`` of its fields."""
    bare = contracts.without_logical_types(contract)
    clear = [f for f in bare["fields"] if not f.get(PERSONAL)]
    personal = [f for f in bare["fields"] if f.get(PERSONAL)]

    def half(suffix: str, fields: list[Any]) -> contracts.Schema:
        return contracts.prepared(bare | {"name": bare["name"] + suffix, "fields": fields})

    told = tuple(f["name"] for f in bare["fields"] if not f.get(DERIVED))
    names = {f["name"] for f in bare["fields"]}
    public, sealed = half("", clear), half("Sealed", personal) if personal else None
    write_personal = None
    if sealed:
        write_personal = encoder(sealed, remember=False, fetch=attrgetter, empty_is_default=True)
    return Halves(
        clear=public,
        personal=sealed,
        clear_names=tuple(f["name"] for f in clear),
        told_names=told,
        methods={n: method for n in told if (method := n + METHOD) in names},
        unset={f["name"]: UNSET for f in personal},
        write_clear=encoder(public, remember=True, fetch=attrgetter),
        write_personal=write_personal,
        nothing_personal=write_personal(None) if write_personal else b"",
    )


class Codec:
    """Encodes facts of the types it was given; decodes those and all their older versions.

    Args:
        types: the classes of today.
        contracts: finds the released contract of a type's name.
        steps: from older versions to newer ones.
    """

    def __init__(
        self,
        types: Sequence[type[Fact]] = SHIPPED,
        contracts: Callable[[str], contracts.Schema] = contracts.contract,
        steps: Mapping[str, Upcast] = STEPS,
    ) -> None:
        self.types: dict[str, type[Fact]] = {t.TYPE: t for t in types}
        self._contracts = contracts
        self._steps = steps
        self._halves: dict[str, Halves] = {}
        self._remembered: dict[tuple[str, bytes], Fact] = {}

    def halves(self, type_: str) -> Halves:
        """The two halves of the contract under which a type is stored."""
        found = self._halves.get(type_)
        if found is None:
            found = self._halves[type_] = halves(self._contracts(type_))
        return found

    def encode(self, fact: Fact) -> tuple[bytes, bytes]:
        """The payload and the plaintext to seal; the latter is empty if nothing is personal.

        Raises:
            ContractError: the fact does not fit its contract.
        """
        cut = self.halves(fact.TYPE)
        clear = cut.write_clear(fact)
        if cut.write_personal is None:
            return clear, b""
        personal = cut.write_personal(fact)  # what is UNSET counts as false
        return clear, personal if personal != cut.nothing_personal else b""

    def bare(self, fact: Fact) -> Fact:
        """The fact as whoever has no key reads it: what ``decode`` makes of its payload."""
        return replace(fact, **self.halves(fact.TYPE).unset)

    def decode(self, type_: str, payload: bytes, plaintext: bytes | None = None) -> Fact:
        """The fact that was stored; personal fields stay UNSET without the plaintext.

        Raises:
            ContractError: the bytes do not fit the contract.
            UnknownType: a newer version wrote a type that this one does not know.
        """
        if plaintext is not None or len(payload) > REMEMBERED_BYTES_MAX:
            return self._read(type_, payload, plaintext)
        key = type_, payload
        fact = self._remembered.get(key)
        if fact is None:
            fact = self._read(type_, payload, None)
            if len(self._remembered) >= REMEMBERED_MAX:
                self._remembered.clear()
            self._remembered[key] = fact
        return fact

    def _read(self, type_: str, payload: bytes, plaintext: bytes | None) -> Fact:
        cut = self.halves(type_)
        record = contracts.read(cut.clear, payload)
        if plaintext and cut.personal is not None:
            record.update(contracts.read(cut.personal, plaintext))
        if type_ in self._steps:
            type_, record = upcast(type_, record, self._steps)
        fact = self.types.get(type_)
        if fact is None:
            raise UnknownType(type_, sorted(self.types))
        try:
            return fact(**record)
        except (CannotAccept, TypeError) as error:  # a fact that is none, or fields it has not
            raise ContractError(
                f"{type_}: what is stored is no such event ({error}): verify the log."
            ) from error

    def difference(self, kept: Fact, told: Fact) -> list[str]:
        """The names of the fields in which a source tells one event differently, sorted.

        Fields computed at ingest are not compared, nor a topic and its like that a method derived
        because the source gave none. What is empty equals what is not there.
        """
        if kept.TYPE != told.TYPE:
            return ["type"]
        cut = self.halves(kept.TYPE)
        names, methods = cut.told_names, cut.methods
        return sorted(n for n in names if _told(kept, n, methods) != _told(told, n, methods))


def _told(fact: Fact, name: str, methods: Mapping[str, str]) -> Any:
    if name in methods and getattr(fact, methods[name]):
        return None  # nobody told it
    value = getattr(fact, name)
    return None if value is UNSET or value in ("", [], {}) else value
