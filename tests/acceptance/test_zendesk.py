"""Zendesk's tables through the command line: every row of every table is accounted for.

What becomes of each row is worked out here by code that knows nothing of ours: from the tables
with the ``csv`` module alone, for the made-up folder and for the real one if it is there.
"""

import csv
import gzip
import shutil
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.cli.runner import ROOT, answer, assert_one_sentence, init, journey

MADE_UP = ROOT / "tests" / "fixtures" / "zendesk"
SETTLED = {"solved", "closed", "deleted"}
KNOWN = {"new", "open", "pending", "hold", "on-hold", *SETTLED}
PER_TYPE = (
    "SELECT type, name, channel, actor_kind, direction, count() AS n FROM touchpoints GROUP BY ALL"
)


class Reckoned(NamedTuple):
    """What must become of a folder."""

    events: Counter[str]  # type, or the name of a custom event
    reasons: Counter[str]
    described: Counter[str]
    rows: int


class Tables:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.users = {row["id"]: row for row in self.rows("user")}
        self.tickets = {row["id"]: row for row in self.rows("ticket")}
        self.chats: dict[str, dict[str, str]] = {}
        for known in (True, False):
            for row in self.rows("ticket_chat"):
                if (row["ticket_id"] in self.tickets) is known:
                    self.chats.setdefault(row["chat_id"], row)

    def rows(self, table: str) -> list[dict[str, str]]:
        with (self.folder / f"{table}_data.csv").open(newline="") as file:
            return list(csv.DictReader(file))

    def is_agent(self, user: str) -> bool:
        return user in self.users and self.users[user]["role"] != "end-user"

    def is_somebody(self, user: str, ticket: str, chat: str = "") -> bool:
        requester = self.tickets.get(ticket, {}).get("requester_id")
        return user in self.users or user in (requester, self.chats.get(chat, {}).get("user_id"))

    def reckon(self) -> Reckoned:
        told: dict[tuple[str, ...], str] = {}  # what makes an event one -> its type
        reasons: Counter[str] = Counter()
        described: Counter[str] = Counter()
        rows = 0

        def take(table: str, key: tuple[str, ...], what: str) -> None:
            nonlocal rows
            rows += 1
            told[table, *key] = what

        def refuse(code: str) -> None:
            nonlocal rows
            rows += 1
            reasons[code] += 1

        for row in self.rows("user"):
            if self.is_agent(row["id"]):
                described["agent"] += 1
            else:
                take("user", (row["id"], row["updated_at"]), "traits-stated")
        for row in self.rows("ticket"):
            take("ticket", (row["id"],), "conversation-opened")
        for row in self.rows("ticket_comment"):
            if not self.is_somebody(row["user_id"], row["ticket_id"]):
                refuse("unknown-user")
            elif row["ticket_id"] not in self.tickets:
                refuse("unknown-ticket")
            elif row["public"] == "FALSE":
                take("comment", (row["id"],), "note-added")
            else:
                way = "sent" if self.is_agent(row["user_id"]) else "received"
                take("comment", (row["id"],), f"message-{way}")
        before = self._before()
        for row in self.rows("ticket_field_history"):
            key = (row["ticket_id"], row["field_name"], row["updated"])
            was = before.get((*key, row["value"]), "")
            is_assignee = row["field_name"] == "assignee_id" and row["value"]
            if is_assignee and row["value"] not in self.users:
                refuse("unknown-user")
            elif row["ticket_id"] not in self.tickets:
                refuse("unknown-ticket")
            else:
                take("change", key, _change(row["field_name"], row["value"], was))
        talked = set()
        for row in self.rows("ticket_chat_event"):
            chat, actor = row["chat_id"], row["actor_id"].removeprefix("agent:")
            talked.add(chat)
            by_brand = row["actor_id"].startswith("agent:") or actor.startswith("__")
            if chat not in self.chats:
                refuse("unknown-chat")
            elif not actor:
                refuse("missing-field")
            elif not (by_brand or self.is_somebody(actor, self.chats[chat]["ticket_id"], chat)):
                refuse("unknown-user")
            else:
                by_brand = by_brand or self.is_agent(actor)
                said = (chat, row["created_at"], row["chat_index"], row["type"])
                take("chat", said, _said(row, by_brand=by_brand))
        for row in self.rows("ticket_chat"):
            counting = self.chats[row["chat_id"]]
            if (row["ticket_id"], row["user_id"]) != (counting["ticket_id"], counting["user_id"]):
                refuse("chat-twice")
            elif row["chat_id"] in talked:
                described["chat-of-its-events"] += 1
            else:
                refuse("chat-without-events")
        for row in self.rows("ticket_tag"):
            if row["ticket_id"] in self.tickets:
                described["tag-of-a-ticket"] += 1
            else:
                refuse("unknown-ticket")
        described["sla-policy"] += len(self.rows("sla_policy_metric_history"))
        return Reckoned(Counter(told.values()), reasons, +described, rows)

    def _before(self) -> dict[tuple[str, ...], str]:
        changes: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for row in self.rows("ticket_field_history"):
            change = row["updated"], row["value"]
            if change not in changes[row["ticket_id"], row["field_name"]]:
                changes[row["ticket_id"], row["field_name"]].append(change)
        found: dict[tuple[str, ...], str] = {}
        for which, each in changes.items():
            was = ""
            for updated, value in sorted(each, key=lambda change: change[0]):
                found[(*which, updated, value)] = was
                was = value
        return found


def _change(field: str, value: str, was: str) -> str:
    if field == "status":
        if value in ("solved", "closed") and was not in SETTLED:
            return "conversation-resolved"
        if value in KNOWN - SETTLED and was in SETTLED:
            return "conversation-reopened"
        return f"ticket-{value}" if value in KNOWN else "ticket-status-changed"
    if field == "assignee_id" and value:
        return "conversation-handed-off" if was else "conversation-assigned"
    if field == "satisfaction_score" and value in ("good", "bad"):
        return "survey-answered"
    names = {"assignee_id": "ticket-unassigned", "group_id": "ticket-group-changed"}
    names["priority"] = "ticket-priority-changed"
    return names.get(field, "ticket-field-changed")


def _said(row: dict[str, str], *, by_brand: bool) -> str:
    if row["type"] == "ChatMessage":
        return "message-sent" if by_brand else "message-received"
    if row["type"] == "ChatDepartmentTransfer":
        return "conversation-handed-off"
    is_bot = "zd:answerBot" in row["original_message"]
    if row["type"] == "ChatJoin" and by_brand and not (is_bot or row["actor_id"][:2] == "__"):
        return "conversation-assigned"
    return row["type"]


class Imported(NamedTuple):
    folder: Path
    workspace: Path
    first: Any
    second: Any


@pytest.fixture(scope="module", params=["made-up", "real"])
def imported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    folder = MADE_UP
    if request.param == "real":
        folder = request.getfixturevalue("shared_data") / "zendesk"
        if not folder.is_dir():
            pytest.skip(f"missing: {folder}")
    workspace = init(tmp_path_factory.mktemp("desk") / "w")
    load = ("import", "zendesk", folder, "--workspace", workspace)
    return Imported(folder, workspace, answer(*load), answer(*load))


def test_every_row_is_an_event_or_counted_with_a_reason(imported: Imported) -> None:
    tables = Tables(imported.folder)
    reckoned, first = tables.reckon(), imported.first
    assert (first["reasons"], first["described"]) == (reckoned.reasons, reckoned.described)
    assert (first["read"], first["quarantined"]) == (reckoned.rows, reckoned.reasons.total())
    assert first["appended"] == reckoned.events.total()
    names = [file.name.removesuffix("_data.csv") for file in imported.folder.glob("*_data.csv")]
    rows = sum(len(tables.rows(name)) for name in names)
    assert len(names) == 8
    assert first["read"] + sum(first["described"].values()) == rows
    found = answer("sql", PER_TYPE, "--workspace", imported.workspace)["rows"]
    each: Counter[str] = Counter()
    for row in found:
        each[row["name"] or row["type"]] += row["n"]
    assert each == reckoned.events


def test_a_second_import_adds_nothing(imported: Imported) -> None:
    second = imported.second
    assert (second["appended"], second["differing"]) == (0, 0)
    assert second["duplicates"] == imported.first["appended"] + imported.first["duplicates"]
    assert second["reasons"] == imported.first["reasons"]
    assert answer("verify", "--workspace", imported.workspace)["clean"]


def test_every_refused_row_is_kept_with_its_file_and_line(imported: Imported) -> None:
    entries = answer("quarantine", "list", "--workspace", imported.workspace)["entries"]
    assert sum(entry["count"] for entry in entries) == 2 * imported.first["quarantined"]
    for entry in entries:
        lines = (imported.folder / entry["file"]).read_text().splitlines()
        ran = journey("quarantine", "show", str(entry["id"]), "--workspace", imported.workspace)
        (values,) = csv.reader([lines[entry["line"] - 1]])
        assert {v for v in values if v} == set(ran.json["row"].values())


@pytest.fixture
def desk(tmp_path: Path) -> tuple[Path, Path]:
    """A copy of the made-up folder, and a workspace that has it."""
    folder, workspace = tmp_path / "desk", init(tmp_path / "w")
    shutil.copytree(MADE_UP, folder)
    answer("import", "zendesk", folder, "--workspace", workspace)
    return folder, workspace


def _told(workspace: Path, who: str) -> list[tuple[str, str, str]]:
    moments = answer("timeline", who, "--workspace", workspace)["moments"]
    return [(m["type"], m["channel"], m["fact"].get("text") or "") for m in moments]


def test_people_words_and_channels_are_as_the_tables_have_them(desk: tuple[Path, Path]) -> None:
    _, workspace = desk
    ann = _told(workspace, "ann@example.com")
    assert ann == _told(workspace, "501") == _told(workspace, "shop-17")
    assert [each for each in ann if each[2]] == [
        ("message-received", "email", "My lamp flickers.\nWhat can I do?"),
        ("message-sent", "email", "Have you tried another bulb?"),
        ("note-added", "email", "Sounds like the old series."),
        ("message-received", "email", "I am her neighbour: mine flickers too"),
        ("message-sent", "phone", "We talked by phone."),
    ]
    cem = [each for each in _told(workspace, "cem@example.com") if each[2]]
    assert [text for *_, text in cem] == [
        "Hello?",
        "What is it about?",
        "Please wait.",
        "How can I help?",
    ]
    assert {channel for _, channel, _ in cem} == {"chat"}
    moments = answer("timeline", "501", "--workspace", workspace)["moments"]
    opened = next(m["fact"] for m in moments if m["type"] == "conversation-opened")
    assert (opened["tags"], opened["subject"]) == (["lamp", "flicker"], "Lamp flickers")
    assert opened["brand"] == "6001"
    assert "My lamp flickers" in opened["extra"]["columns"]  # the description is not lost
    for customer, n in (("504", 1), ("599", 2)):  # the table of users has neither
        assert len(_told(workspace, customer)) == n


def test_a_later_export_of_the_same_tickets_is_no_news(desk: tuple[Path, Path]) -> None:
    folder, workspace = desk
    for file in folder.iterdir():
        text = file.read_text().replace("2024-03-10 02:00", "2024-03-11 02:00")
        file.write_text(text.replace(",open,Shade,2024-03-02 12:00:00", ",solved,Shade,2024-03-11"))
    counts = answer("import", "zendesk", folder, "--workspace", workspace)
    assert (counts["appended"], counts["differing"]) == (0, 0)


def test_a_row_waits_for_its_ticket(desk: tuple[Path, Path]) -> None:
    folder, workspace = desk
    tickets = folder / "ticket_data.csv"
    header, *_ = tickets.read_text().splitlines()
    row = "88,2024-03-11 02:00:00.000,,,2024-03-05 07:00:00,,,,502,open,Late,2024-03-05,email"
    tickets.write_text(f"{header}\n{row}\n")
    for file in folder.iterdir():
        if file != tickets:
            file.unlink()
    assert answer("import", "zendesk", folder, "--workspace", workspace)["appended"] == 1
    again = answer("quarantine", "redrive", "--workspace", workspace)
    assert again["appended"] == 2  # a comment and a change; a tag has no time of its own
    late = [e for e in _told(workspace, "bo@example.com") if e[0] == "message-sent"]
    assert late == [("message-sent", "", "On a ticket of another day")]


AT = "2024-03-01 09:00:00"
BAD = [
    ("ticket", "75,2024,,,yesterday,,,,501,new,,,email", "bad-time", "created_at"),
    ("ticket", "75,2024,,,45351.5,,,,501,new,,,email", "bad-time", "created_at"),
    ("ticket", f"75,2024,,,2924{AT[4:]},,,,501,new,,,email", "far-future", "time"),
    ("ticket", f"75,2024,,,{AT},,,,,new,,,email", "missing-field", "requester_id"),
    ("ticket", f"7.5E+11,2024,,,{AT},,,,501,new,,,email", "spreadsheet-number", "id"),
    ("ticket", "75,2024", "bad-row", "2 values"),
    ("ticket_comment", f"9,,x,{AT},,maybe,71,,501,", "bad-flag", "public"),
    ("ticket_comment", f"8001,,y,{AT},,TRUE,71,,501,", "told-differently", "text"),
    ("ticket_comment", '9,,"never closed', "open-quote", "quote"),
    ("ticket_field_history", "status,71,,,,open", "missing-field", "updated"),
    ("user", ",,,,,,,,,,", "missing-field", "id"),
]


def test_a_bad_row_costs_only_itself(desk: tuple[Path, Path]) -> None:
    folder, workspace = desk
    before = answer("import", "zendesk", folder, "--workspace", workspace)
    expected = {}
    for table, row, code, word in BAD:
        path = folder / f"{table}_data.csv"
        path.write_text(path.read_text() + row + "\n")
        expected[path.name, len(path.read_text().splitlines())] = code, word
    after = answer("import", "zendesk", folder, "--workspace", workspace)
    codes = Counter(code for code, _ in expected.values())
    assert (after["reasons"], after["appended"]) == (Counter(before["reasons"]) + codes, 0)
    entries = answer("quarantine", "list", "--workspace", workspace)["entries"]
    found = {(e["file"], e["line"]): e for e in entries if e["count"] == 1}
    assert found.keys() == expected.keys()
    for place, (code, word) in expected.items():
        assert found[place]["code"] == code
        assert word in found[place]["reason"]


def test_a_table_without_a_header_is_kept_row_by_row(desk: tuple[Path, Path]) -> None:
    folder, workspace = desk
    (folder / "ticket_tag_data.csv").write_text("tag,tag\nlamp,71\n")
    counts = answer("import", "zendesk", folder, "--workspace", workspace)
    assert counts["reasons"]["bad-header"] == 2


def test_a_folder_may_be_packed_and_hold_what_is_not_read(tmp_path: Path) -> None:
    folder, at = tmp_path / "desk", ("--workspace", init(tmp_path / "w"))
    folder.mkdir()
    for file in MADE_UP.iterdir():
        name = file.name.replace("_data", "")
        (folder / f"{name}.gz").write_bytes(gzip.compress(file.read_bytes()))
    (folder / "ticket_comments.csv").write_text("id\n1\n")
    (folder / "notes.txt").write_text("none of ours")
    plain = answer("import", "zendesk", MADE_UP, "--workspace", init(tmp_path / "plain"))
    packed = answer("import", "zendesk", folder, *at)
    assert packed["appended"] == plain["appended"]
    assert packed["reasons"] == plain["reasons"] | {"unknown-table": 1}


def test_two_desks_are_kept_apart_by_their_names(desk: tuple[Path, Path]) -> None:
    folder, workspace = desk
    load = ("import", "zendesk", folder, "--workspace", workspace, "--source", "desk-b")
    counts = answer(*load)
    assert counts["duplicates"] == 2  # those that are twice in the folder
    assert counts["differing"] == 0
    assert answer(*load)["appended"] == 0
    assert counts["appended"] == 37


def test_what_is_no_folder_of_tables_is_a_wrong_use(tmp_path: Path) -> None:
    at = ("--workspace", init(tmp_path / "w"))
    empty = tmp_path / "empty"
    empty.mkdir()
    assert_one_sentence(journey("import", "zendesk", empty, *at), 2, "no table of tickets")
    assert_one_sentence(journey("import", "zendesk", tmp_path / "none", *at), 3, "no folder")
    assert_one_sentence(journey("import", "zendesk", "-", *at), 2, "folder")
