"""Who and where: to which customer a touchpoint belongs, decided once, in the append.

Rules, in this order:
1. A conversation that is known belongs to the customer who opened it.
2. Else an owner named by the source, else the highest-ranked identity, decides; if nobody is known
   by it, a new customer begins, named after this event and tied to no identity.
3. The event's identities are the customer's own unless a conversation or an owner says otherwise
   and none of them is known as the customer's: then somebody else speaks in the conversation.
   An owner who is named among the identities, and whom no other known customer is, is the customer.
4. Identities that are new are linked. Of several known customers the highest-ranked wins, unless
   rule 1 or 2 named another of them; another becomes part of it only if nothing but anonymous ids
   is known of it, or a source states the link.
5. An order number and its like finds the first customer who gave it, and never links. It may be an
   identity of kind ``order``, or what the event declares as its ``order_id``.
6. What a source states to be somebody else's is taken off, see ``parting``. It is no ban: whoever
   names both again later links them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from msgspec import UNSET

from journey.log.identity import ANONYMOUS, NOBODY, Name, NameBook, Names
from journey.log.keys import WORKSPACE, WorkspaceKeys
from journey.log.parting import Parted, part, without
from journey.ports import Draft
from schemas.events import SHIPPED, IdentityLinked, IdentityUnlinked
from schemas.fact import BrandFact

CACHED_MAX = 300_000  # about 60 MiB
_ASK_AT_ONCE = 500
# The types that declare an order.
_OF_ORDERS = frozenset(fact for fact in SHIPPED if "order_id" in fact.__struct_fields__)


class Placement(NamedTuple):
    """Where one touchpoint goes."""

    customer_id: bytes
    subject: bytes  # whose key seals it
    conversation: bytes  # keyed hash, or none
    merged: tuple[bytes, ...]  # customers that become part of this one
    parted: tuple[Parted, ...] = ()  # customers that are of their own again, before it


OF_NOBODY = Placement(b"", WORKSPACE, b"", ())  # events of a brand: see `Batch`


def new_id(event_id: bytes, purpose: bytes = b"") -> bytes:
    """The id of a customer (or another speaker) who begins with this event."""
    return sha256(purpose + event_id).digest()[:16]


class Named(NamedTuple):
    """Whom one draft names."""

    own: Names
    owner: list[Name]
    author: list[Name]
    conversation: bytes  # keyed hash, or none


class Placer:
    """The identity and conversation indexes, read ahead for a batch and written with it."""

    def __init__(self, keys: WorkspaceKeys) -> None:
        self._keys = keys
        self._people: dict[bytes, bytes | None] = {}
        self._conversations: dict[bytes, bytes | None] = {}
        self._merged: dict[bytes, bytes] = {}
        self._parts: dict[bytes, list[bytes]] = {}  # `_merged` the other way round
        self._ranks: dict[bytes, int] = {}  # at least this; the database may know more
        self._kinds: set[str] = set()
        self._names = NameBook(keys)
        self.forget()

    def forget(self) -> None:
        """Drop what was read and what is pending, as after a failed transaction."""
        self._people.clear()
        self._conversations.clear()
        self._merged.clear()
        self._parts.clear()
        self._ranks.clear()
        self._kinds.clear()
        self._new_people: list[tuple[bytes, bytes, int]] = []
        self._new_conversations: list[tuple[bytes, bytes]] = []
        self._new_merges: list[tuple[bytes, bytes]] = []
        self._new_kinds: list[tuple[str]] = []

    def read_ahead(self, cursor: Any, drafts: Sequence[Draft]) -> list[Named]:
        """Fetch all that the indexes know of these drafts' people and conversations.

        Returns:
            Whom each draft names, for ``place``.
        """
        if len(self._people) + len(self._conversations) > CACHED_MAX:
            self.forget()
        people: set[bytes] = set()
        conversations: set[bytes] = set()
        found: list[Named] = []
        for draft in drafts:
            own = self._names.of(draft.identities)
            if type(draft.fact) in _OF_ORDERS:
                own = self._with_order(own, draft)
            owner = self._names.of(draft.owner) if draft.owner else NOBODY
            author = self._names.of(draft.author) if draft.author else NOBODY
            for names in (own.links, own.finds, owner.links, author.links):
                for name in names:
                    people.add(name.hash)
            conversation = self._conversation_hash(draft) if draft.conversation else b""
            if conversation:
                conversations.add(conversation)
            found.append(Named(own, owner.links, author.links, conversation))
        _fetch(cursor, "identities", people, self._people)
        _fetch(cursor, "conversations", conversations, self._conversations)
        return found

    def place(self, cursor: Any, draft: Draft, named: Named, event_id: bytes) -> Placement | None:
        """Where the draft goes; None if it names nobody."""
        if isinstance(draft.fact, BrandFact):
            return OF_NOBODY
        own, owner, conversation = named.own.links, named.owner, named.conversation
        if len(own) == 1 and not (owner or conversation or named.author):
            known_as = self._resolved(self._people.get(own[0].hash))  # the rules, for one name
            alone = known_as or new_id(event_id)
            if known_as is None:
                self._claim(own, alone)
            if named.own.finds:
                self._claim(named.own.finds, alone)
            return Placement(alone, alone, b"", ())
        opener = self._resolved(self._conversations.get(conversation)) if conversation else None
        known = self._known(own)
        target = opener or (self._best(owner) if owner else known[0] if known else None)
        if target is None and not owner and not own:
            return None
        stated = isinstance(draft.fact, IdentityLinked)
        is_own = (
            (opener is None and not owner)
            or target in known
            or (
                any(o.hash == i.hash for o in owner for i in own)
                and (target is None or self._may_join(cursor, known, target, stated))
            )
        )
        merged: list[bytes] = []
        if own and is_own:
            target = self._link(cursor, known, target, stated, merged) or new_id(event_id)
            self._claim(own, target)
        elif target is None:
            target = new_id(event_id)
        if named.own.finds and (is_own or not own):
            self._claim(named.own.finds, target)
        if owner and opener is None:
            self._claim(owner, target)
        if conversation and opener is None:
            self._conversations[conversation] = target
            self._new_conversations.append((conversation, target))
        subject = target
        speakers = named.author or ([] if is_own else own)
        if speakers:
            subject = self._best(speakers) or new_id(event_id, b"speaker")
            self._claim(speakers, subject)
        return Placement(target, subject, conversation, tuple(merged))

    def place_parting(
        self, cursor: Any, draft: Draft, named: Named, event_id: bytes
    ) -> Placement | None:
        """The same of a draft that takes identities apart, once they are apart.

        Everything that was told before has been written in the cursor's transaction.
        """
        fact = draft.fact
        told = fact.removed if isinstance(fact, IdentityUnlinked) else UNSET
        removed = NOBODY if told is UNSET else self._names.of(told)
        parted = part(cursor, without(named.own, removed), removed)
        self.forget()
        (named,) = self.read_ahead(cursor, [draft])
        named = named._replace(own=without(named.own, removed))
        placement = self.place(cursor, draft, named, event_id)
        return placement and placement._replace(parted=tuple(parted))

    def merge(self, customer: bytes, into: bytes) -> None:
        """From now on the one customer is part of the other."""
        parts = [*self._parts.pop(customer, ()), customer]
        self._merged.update(dict.fromkeys(parts, into))
        self._parts.setdefault(into, []).extend(parts)
        self._new_merges.append((customer, into))
        self._ranks[into] = max(self._ranks.get(p, ANONYMOUS) for p in (customer, into))

    def write(self, cursor: Any) -> None:
        """Store what is pending, in the caller's transaction."""
        if self._new_people:
            cursor.executemany(
                "INSERT OR IGNORE INTO identities VALUES (?,?,?)", sorted(self._new_people)
            )
        if self._new_conversations:
            cursor.executemany(
                "INSERT OR IGNORE INTO conversations VALUES (?,?)", sorted(self._new_conversations)
            )
        for customer, into in self._new_merges:
            cursor.execute("INSERT INTO merges VALUES (?,?,?)", (customer, into, into))
            cursor.execute("UPDATE merges SET into_id=? WHERE into_id=?", (into, customer))
        if self._new_kinds:
            cursor.executemany("INSERT OR IGNORE INTO kinds VALUES (?)", self._new_kinds)
        self._new_people, self._new_conversations = [], []
        self._new_merges, self._new_kinds = [], []

    def _with_order(self, own: Names, draft: Draft) -> Names:
        order = getattr(draft.fact, "order_id", UNSET)
        return own if order is UNSET else self._names.with_order(own, order)

    def _conversation_hash(self, draft: Draft) -> bytes:
        """The keyed hash that stands for a source's conversation."""
        return self._keys.hash(b"conversation", draft.source.encode(), draft.conversation.encode())

    def _resolved(self, customer: bytes | None) -> bytes | None:
        return None if customer is None else self._merged.get(customer, customer)

    def _known(self, names: Sequence[Name]) -> list[bytes]:
        """The customers known by these names, the highest rank first, each once."""
        found: list[bytes] = []
        for name in names:
            customer = self._resolved(self._people.get(name.hash))
            if customer is not None and customer not in found:
                found.append(customer)
        return found

    def _best(self, names: Sequence[Name]) -> bytes | None:
        known = self._known(names)
        return known[0] if known else None

    def _link(
        self,
        cursor: Any,
        known: list[bytes],
        target: bytes | None,
        stated: bool,
        merged: list[bytes],
    ) -> bytes | None:
        """Merge what may be merged; who the customer is then, if anybody is known."""
        together = list(dict.fromkeys([*known, *([target] if target else [])]))
        if len(together) < 2:
            return together[0] if together else None
        firm = [c for c in together if not self._is_anonymous(cursor, c)]
        is_fixed = target in firm and not stated  # by conversation or owner
        winner = target if target and is_fixed else (firm or together)[0]
        for other in together:
            if other != winner and (stated or other not in firm):
                self.merge(other, winner)
                merged.append(other)
        return winner

    def _may_join(self, cursor: Any, known: list[bytes], target: bytes, stated: bool) -> bool:
        """Whether those known by the event's identities may be one with its customer."""
        return (
            stated
            or not known
            or self._is_anonymous(cursor, target)
            or all(self._is_anonymous(cursor, c) for c in known)
        )

    def _claim(self, names: Iterable[Name], customer: bytes) -> None:
        """Link those names that nobody has."""
        for name in names:
            if self._people.get(name.hash) is None:
                self._people[name.hash] = customer
                self._new_people.append((name.hash, customer, name.rank))
                self._ranks[customer] = max(name.rank, self._ranks.get(customer, ANONYMOUS))
                if name.kind not in self._kinds:
                    self._kinds.add(name.kind)
                    self._new_kinds.append((name.kind,))

    def _is_anonymous(self, cursor: Any, customer: bytes) -> bool:
        """Whether nothing but anonymous ids is known of a customer and all its parts."""
        if self._ranks.get(customer, ANONYMOUS) > ANONYMOUS:
            return False
        people = [customer, *self._parts.get(customer, ())]
        for start in range(0, len(people), _ASK_AT_ONCE):
            part = people[start : start + _ASK_AT_ONCE]
            marks = ",".join("?" * len(part))
            cursor.execute(
                f"SELECT MAX(rank) FROM identities WHERE customer_id IN ({marks}) "  # noqa: S608
                f"OR customer_id IN (SELECT customer_id FROM merges WHERE into_id IN ({marks}))",
                part + part,
            )
            found = cursor.fetchone()[0] or ANONYMOUS
            if found > ANONYMOUS:
                self._ranks[customer] = found
                return False
        return True


def _fetch(cursor: Any, table: str, hashes: set[bytes], into: dict[bytes, bytes | None]) -> None:
    asked = [h for h in hashes if h not in into]  # `hashes - into.keys()` walks the whole cache
    for start in range(0, len(asked), _ASK_AT_ONCE):
        part = asked[start : start + _ASK_AT_ONCE]
        into.update(dict.fromkeys(part))
        marks = ",".join("?" * len(part))
        cursor.execute(
            f"SELECT t.hash, COALESCE(m.into_id, t.customer_id) FROM {table} t "  # noqa: S608
            f"LEFT JOIN merges m ON m.customer_id = t.customer_id WHERE t.hash IN ({marks})",
            part,
        )
        into.update((row[0], row[1]) for row in cursor.fetchall())
