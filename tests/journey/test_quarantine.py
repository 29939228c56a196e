"""What was refused comes back whole, is counted once, and lies on disk in no readable form."""

import os
import sqlite3
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey.ingest.importers import importer
from journey.ingest.quarantine import PIECE_BYTES, Quarantine, Status, _resized
from journey.ingest.source import Source
from schemas.errors import IntegrityError, NotFound, WorkspaceNewer
from schemas.times import SECOND, Instant

KEY = bytes(range(32))
START = 1_700_000_000 * SECOND
SECRET = b"ann@example.com wrote this"


class Ticking:
    """A clock that goes on by a second whenever it is read."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> Instant:
        self.at += SECOND
        return self.at


@pytest.fixture
def path(tmp_path):
    return tmp_path / "quarantine.db"


@pytest.fixture
def quarantine(path) -> Iterator[Quarantine]:
    opened = Quarantine(path, KEY, Ticking())
    yield opened
    opened.close()


def put(quarantine: Quarantine, *data: bytes, importer="jsonl", file="a.jsonl", line=3) -> int:
    return quarantine.put(importer, file, line, "bad-json", "Not JSON: mend it.", iter(data))


SIZES = [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("step", [1000, PIECE_BYTES, 1 << 30])
def test_bytes_come_back_as_they_were(quarantine, size, step):
    data = os.urandom(size)
    number = put(quarantine, *(data[at : at + step] for at in range(0, size, step)))
    assert quarantine.bytes_of(number) == data
    assert quarantine.get(number).length == size


@given(st.lists(st.binary(max_size=9), max_size=9))
def test_resizing_loses_nothing(chunks):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("journey.ingest.quarantine.PIECE_BYTES", 4)
        pieces = list(_resized(chunks))
    assert b"".join(piece for piece, _ in pieces) == b"".join(chunks)
    assert [is_last for _, is_last in pieces] == [False] * (len(pieces) - 1) + [True]
    assert all(len(piece) == 4 for piece, is_last in pieces if not is_last)


def test_an_entry_says_where_and_why(quarantine):
    number = put(quarantine, SECRET)
    entry = quarantine.get(number)
    assert (entry.importer, entry.file, entry.line) == ("jsonl", "a.jsonl", 3)
    assert (entry.code, entry.reason) == ("bad-json", "Not JSON: mend it.")
    assert (entry.first_at, entry.last_at) == (START + SECOND, START + SECOND)
    assert (entry.count, entry.length, entry.status) == (1, len(SECRET), Status.OPEN)


def test_the_same_bytes_are_one_entry_however_they_are_cut(quarantine):
    first = put(quarantine, SECRET)
    again = quarantine.put("jsonl", "b", 9, "new-code", "Why.", [SECRET[:5], b"", SECRET[5:]])
    assert again == first
    entry = quarantine.get(first)
    assert (entry.count, entry.file, entry.code) == (2, "a.jsonl", "new-code")
    assert entry.last_at == entry.first_at + SECOND
    assert put(quarantine, SECRET, importer="twitter-care") != first
    assert quarantine.bytes_of(first) == SECRET


def test_a_broken_end_without_bytes_is_known_by_its_place(quarantine):
    first = put(quarantine)
    assert put(quarantine) == first
    assert put(quarantine, file="b.jsonl") != first
    assert quarantine.bytes_of(first) == b""


def test_entries_are_listed_by_status_and_page(quarantine):
    numbers = [put(quarantine, bytes([n])) for n in range(5)]
    quarantine.mark_redriven(numbers[1])
    assert [e.id for e in quarantine.entries()] == numbers
    assert [e.id for e in quarantine.entries(Status.REDRIVEN)] == numbers[1:2]
    assert [e.id for e in quarantine.entries(Status.OPEN, after=numbers[0], limit=2)] == (
        numbers[2:4]
    )
    put(quarantine, bytes([1]))  # refused once more
    assert quarantine.get(numbers[1]).status is Status.OPEN


def test_what_is_not_there_says_so(quarantine):
    for ask in (quarantine.get, quarantine.bytes_of, quarantine.mark_redriven):
        with pytest.raises(NotFound, match="no entry 5"):
            ask(5)


def test_nothing_lies_on_disk_in_clear(quarantine, path, tmp_path):
    with quarantine.transaction():
        for n in range(200):
            put(quarantine, SECRET * 100, b"%d" % n)
        stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
        assert SECRET not in stored
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert len(stored) > 200 * 100 * len(SECRET)
    assert SECRET not in stored


def test_the_file_opens_again_with_its_key_only(quarantine, path):
    number = put(quarantine, SECRET)
    quarantine.close()
    again = Quarantine(path, KEY, Ticking())
    assert again.bytes_of(number) == SECRET
    assert put(again, SECRET) == number
    again.close()
    other = Quarantine(path, bytes(32), Ticking())
    with pytest.raises(IntegrityError, match="key is another"):
        other.bytes_of(number)
    other.close()
    with pytest.raises(ValueError, match="give 32"):
        Quarantine(path, b"short", Ticking())


def test_a_newer_file_is_not_touched(quarantine, path):
    quarantine.close()
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(WorkspaceNewer):
        Quarantine(path, KEY, Ticking())


def test_what_an_importer_needs_is_kept_sealed(quarantine, path):
    quarantine.keep("csv@1", SECRET)
    quarantine.keep("csv@1", SECRET)
    quarantine.keep("csv@2", b"")
    quarantine.close()
    assert SECRET not in path.read_bytes()
    again = Quarantine(path, KEY, Ticking())
    assert (again.kept("csv@1"), again.kept("csv@2")) == (SECRET, b"")
    with pytest.raises(IntegrityError, match="csv@3 is damaged or missing"):
        again.kept("csv@3")
    again.close()
    database = sqlite3.connect(path)
    database.execute("UPDATE importer SET name = 'csv@9' WHERE name = 'csv@1'")
    database.commit()
    database.close()
    again = Quarantine(path, KEY, Ticking())
    with pytest.raises(IntegrityError, match="csv@9 is damaged or missing"):
        again.kept("csv@9")
    again.close()


def test_a_file_of_the_format_before_is_brought_up_to_date(quarantine, path):
    put(quarantine, SECRET)
    quarantine.close()
    database = sqlite3.connect(path)
    database.executescript("DROP TABLE importer; PRAGMA user_version = 1")
    database.close()
    again = Quarantine(path, KEY, Ticking())
    again.keep("csv@1", b"mapping")
    assert again.kept("csv@1") == b"mapping"
    assert len(again.entries()) == 1
    again.close()


TAMPERING = [
    "UPDATE piece SET sealed = zeroblob(length(sealed)) WHERE number = 1",
    "UPDATE piece SET number = 9 WHERE number = 2",
    "DELETE FROM piece WHERE number = 1",
    "DELETE FROM piece WHERE number = 2",
    "DELETE FROM piece WHERE number = 2; UPDATE entry SET length = length - 5",
    "DELETE FROM piece",
    "DELETE FROM piece; UPDATE entry SET length = 0",
    "UPDATE entry SET length = length - 1",
    "UPDATE entry SET length = length + 1",
    "UPDATE entry SET salt = zeroblob(16)",
    "UPDATE entry SET importer = importer || 'x'",
    "UPDATE piece SET number = 7 - number WHERE number < 2; UPDATE piece SET number = number - 6 "
    "WHERE number > 2",
    "UPDATE piece SET entry = 3 - entry + 10; UPDATE piece SET entry = entry - 10",
]


@pytest.mark.parametrize("statements", TAMPERING)
def test_bytes_come_back_whole_or_not_at_all(quarantine, path, statements):
    for filling in (b"x", b"y"):
        put(quarantine, filling * (2 * PIECE_BYTES + 5))
    quarantine.close()
    database = sqlite3.connect(path)
    database.executescript(statements)
    database.close()
    tampered = Quarantine(path, KEY, Ticking())
    with pytest.raises(IntegrityError):
        tampered.bytes_of(1)
    tampered.close()


def test_a_transaction_keeps_all_or_nothing(quarantine):
    def failing():
        yield SECRET
        raise OSError("the source went away")

    put(quarantine, b"before")
    with pytest.raises(OSError, match="went away"), quarantine.transaction():
        put(quarantine, b"lost")
        quarantine.put("jsonl", "a", 1, "code", "Reason.", failing())
    assert [e.length for e in quarantine.entries()] == [6]
    with quarantine.transaction():
        with pytest.raises(OSError, match="went away"):
            quarantine.put("jsonl", "a", 1, "code", "Reason.", failing())
        put(quarantine, b"kept")
    assert [e.length for e in quarantine.entries()] == [6, 4]


def test_fifty_megabytes_pass_from_file_to_quarantine_and_back(quarantine):
    block = b"x" * (1 << 18)

    def chunks():
        yield b'{"text": "'
        yield from [block] * 200
        yield b'"}\n{}\n'

    tracemalloc.start()
    numbers = []
    for item in importer("jsonl").read(Source(chunks()), START):
        for r in item.rejected:
            numbers.append(quarantine.put("jsonl", "a", item.line, r.code, r.reason, r.data))
    length = sum(len(piece) for piece in quarantine.pieces_of(numbers[0]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert length == quarantine.get(numbers[0]).length == 200 * len(block) + 12
    assert [quarantine.get(n).code for n in numbers] == ["record-too-long", "missing-field"]
    assert peak < 8 << 20
    data = quarantine.bytes_of(numbers[0])
    (again,) = importer("jsonl").parse(data, 1, START).rejected
    assert again.code == "record-too-long"
    assert put(quarantine, data) == numbers[0]
