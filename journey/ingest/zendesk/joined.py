"""Rows joined with those that they refer to: each becomes a record that tells all by itself.

Rule 1: every row of the folder is a record; one that only describes others, with which it is told,
    says so.
Rule 2: memory is flat: what rows refer to waits on a ``Shelf``, and tables are read twice.
Rule 3: what a row means is not looked at here, see ``meaning``. So quarantine can keep the record
    and try it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import msgspec

from journey.ingest.records import BrokenRecord, RawRecord, Record
from journey.ingest.shelf import Shelf
from journey.ingest.source import Source
from journey.ingest.zendesk.tables import FolderSource, Row, Table, rows

CALLED = "zendesk"
END_USER = "end-user"
OF_TICKETS = ("requester_id", "via_channel", "brand_id")
OF_USERS = ("role",)
FOLLOWED = ("status", "assignee_id")
"""Fields whose change means something else for what they were before."""
REMEMBERED = 1_000  # tickets whose changes are held ready
_encode = msgspec.json.encode

Told = dict[str, str]


class Joined(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One record, as quarantine keeps it.

    Args:
        source: what the source is called.
        table: the row's table.
        row: what it tells.
        ticket: what events of its ticket share; empty if the folder has no such ticket.
        chat: the row of its chat; empty if there is none.
        users: id -> what is known of the users it names.
        before: what the field was before.
        tags: of the ticket.
        described: why the row is no event of its own; empty if it is one.
    """

    source: str
    table: Table
    row: Told
    ticket: Told = {}
    chat: Told = {}
    users: dict[str, Told] = {}
    before: str = ""
    tags: list[str] = []
    described: str = ""


def read_tables(source: Source, called: str = CALLED) -> Iterator[Record]:
    """The rows of a folder, table by table, each table in the order of its files.

    Args:
        source: see ``open_folder``.
        called: what the source of the events is called.
    """
    if not isinstance(source, FolderSource):
        raise TypeError("no folder of tables")
    shelf = Shelf()
    try:
        yield from _Folder(source, shelf, called).records()
    finally:
        shelf.close()


class _Folder:
    def __init__(self, source: FolderSource, shelf: Shelf, called: str) -> None:
        self._source, self._shelf, self._called = source, shelf, called
        self._befores: dict[tuple[str, str], dict[tuple[str, str], str]] = {}

    def records(self) -> Iterator[Record]:
        self._remember()
        for table in Table:
            for row in rows(self._source, table):
                yield row if isinstance(row, BrokenRecord) else self._record(row)
        for path in self._source.others:
            reason = (
                f"No table of this name is read: it is none of {', '.join(Table)}. Rename the "
                "file, or take it out of the folder."
            )
            yield BrokenRecord(0, "unknown-table", reason, (), path.name)

    def _remember(self) -> None:
        for row in self._good(Table.USER):
            self._keep("user", row.told.get("id"), row.told, OF_USERS)
        for row in self._good(Table.TICKET):
            self._keep("ticket", row.told.get("id"), row.told, OF_TICKETS)
        for row in self._good(Table.TAG):
            if row.told.get("tag") and row.told.get("ticket_id"):
                self._shelf.add_part("tags", row.told["ticket_id"], row.told["tag"].encode())
        for row in self._good(Table.CHAT):
            self._keep_chat(row.told)
        for row in self._good(Table.HISTORY):
            field = row.told.get("field_name", "")
            if field in FOLLOWED:
                self._shelf.add_part(field, row.told.get("ticket_id", ""), _encode(_own(row.told)))

    def _good(self, table: Table) -> Iterator[Row]:
        """The rows of a table; what is broken in it is told when it is read for good."""
        for row in rows(self._source, table):
            if isinstance(row, Row):
                yield row
            else:
                for _ in row.data:
                    pass

    def _keep(self, kind: str, name: str | None, told: Told, columns: Iterable[str]) -> None:
        if name:
            kept = {column: told[column] for column in columns if column in told}
            self._shelf.put(kind, name, _encode(kept))

    def _keep_chat(self, told: Told) -> None:
        """Of several rows of one chat the first counts whose ticket the folder has, else the first.

        Exports repeat a chat under tickets that are no more.
        """
        name, ticket = told.get("chat_id", ""), told.get("ticket_id", "")
        if not name or self._shelf.put("chat", name, _encode(told)):
            return
        first = self._chat(name).get("ticket_id", "")
        if self._shelf.get("ticket", first) is None and self._shelf.get("ticket", ticket):
            self._shelf.replace("chat", name, _encode(told))

    def _record(self, row: Row) -> Record:
        described = self._described(row)
        if described:
            told = Joined(self._called, row.table, {}, described=described)
            return RawRecord(row.line, _encode(told), row.file)
        ticket_id = row.told.get("id" if row.table is Table.TICKET else "ticket_id", "")
        chat = self._chat(row.told.get("chat_id", ""))
        ticket_id = ticket_id or chat.get("ticket_id", "")
        ticket = self._told("ticket", ticket_id)
        users = {}
        for name in (row.told.get("user_id"), _actor(row), row.told.get("value")):
            if name and (kept := self._shelf.get("user", name)) is not None:
                users[name] = msgspec.json.decode(kept, type=Told)
        before, tags = "", []
        if row.table is Table.HISTORY and row.told.get("field_name") in FOLLOWED:
            before = self._before(row.told)
        elif row.table is Table.TICKET:
            found = self._shelf.parts("tags", ticket_id)
            tags = list(dict.fromkeys(tag.decode() for tag in found))
        elif row.table is Table.CHAT_EVENT:
            self._shelf.take("chat", row.told.get("chat_id", ""))
        joined = Joined(self._called, row.table, row.told, ticket, chat, users, before, tags)
        return RawRecord(row.line, _encode(joined), row.file)

    def _described(self, row: Row) -> str:
        """Why a row is no event of its own, if it is none."""
        told = row.told
        match row.table:
            case Table.USER if told.get("id") and told.get("role", END_USER) != END_USER:
                return "agent"
            case Table.TAG if told.get("tag") and self._has_ticket(told):
                return "tag-of-a-ticket"
            case Table.CHAT if self._counts(told) and self._shelf.is_taken("chat", told["chat_id"]):
                return "chat-of-its-events"
            case Table.SLA:
                return "sla-policy"
        return ""

    def _has_ticket(self, told: Told) -> bool:
        return self._shelf.get("ticket", told.get("ticket_id", "")) is not None

    def _counts(self, told: Told) -> bool:
        """Whether a chat's row is the one that counts, or tells of the same ticket and user."""
        kept = self._chat(told.get("chat_id", ""))
        return bool(kept) and all(
            kept.get(name) == told.get(name) for name in ("ticket_id", "user_id")
        )

    def _chat(self, name: str) -> Told:
        return self._told("chat", name)

    def _told(self, kind: str, name: str) -> Told:
        kept = self._shelf.get(kind, name) if name else None
        if kept is None:
            return {}
        found: Told = msgspec.json.decode(kept, type=Told)
        return found | ({"id": name} if kind == "ticket" else {})

    def _before(self, told: Told) -> str:
        """What the field was before this row's change; empty if nobody tells."""
        which = told["field_name"], told.get("ticket_id", "")
        if which not in self._befores:
            if len(self._befores) >= REMEMBERED:
                self._befores.clear()
            kept = (msgspec.json.decode(part) for part in self._shelf.parts(*which))
            changes = sorted(dict.fromkeys(map(tuple, kept)), key=lambda change: change[0])
            self._befores[which] = {own: was for (_, was), own in pairwise(changes)}
        return self._befores[which].get(_own(told), "")


def _own(told: Told) -> tuple[str, str]:
    """When a field changed, and to what."""
    return told.get("updated", ""), told.get("value", "")


def _actor(row: Row) -> str:
    return row.told.get("actor_id", "").removeprefix("agent:")
