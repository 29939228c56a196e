"""Attacks on the log's SQLite files: failing disks, other programs, threads, changed bytes."""

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager

import pytest
from eventsourcing.persistence import (
    ConnectionPoolClosedError,
    ConnectionUnavailableError,
    PersistenceError,
)

from journey.log.recorder import LogDatastore, read_only
from journey.log.sqlite_log import SqliteEventLog
from journey.ports import Draft
from schemas.envelope import decode, encode
from schemas.errors import ContractError, WorkspaceError
from schemas.events import ConversationResolved
from tests.contracts.event_log import APPENDED, DUPLICATE, check_order, outcomes, touchpoints
from tests.controls import (
    ANN,
    BEN,
    CEM,
    VISITOR,
    Opening,
    act,
    draft,
    drafts,
    message,
    order,
)


@pytest.fixture
def opening(tmp_path):
    made = Opening(tmp_path)
    yield made
    made.close()


@pytest.fixture
def log(opening):
    return opening.log()


@contextmanager
def sql(opening: Opening, name: str = "log.sqlite"):
    """A second connection to a file, as somebody else would have it."""
    assert opening.folder is not None
    with closing(sqlite3.connect(opening.folder / name, isolation_level=None)) as db:
        yield db


def undisturbed(*batches: list[Draft]) -> list[tuple[bytes, bytes]]:
    """Ids and customers of the same drafts in a log to which nothing happens."""
    other = Opening(None)
    try:
        log = other.log()
        for batch in batches:
            log.append(batch)
        return [(e.event_id, e.customer_id) for e in touchpoints(log)]
    finally:
        other.close()


def placed(log: SqliteEventLog) -> list[tuple[bytes, bytes]]:
    return [(event.event_id, event.customer_id) for event in touchpoints(log)]


# --- failing transactions -----------------------------------------------------------------------

FIRST = [draft("v", identities=VISITOR), draft("a"), draft("c", identities=CEM)]
SECOND = [
    draft("both", identities=ANN | VISITOR, conversation="c-1"),  # merges
    draft("b", identities=BEN),
    draft("in", identities={}, conversation="c-1"),
]
TABLES = ("stored_events", "identities", "conversations", "merges", "kinds")


@pytest.mark.parametrize("table", TABLES)
def test_a_failing_insert_leaves_nothing_behind(opening, log, table):
    log.append(FIRST)
    before = log.last_position()
    batch = [*SECOND, draft("new kind", identities={"loyalty": ["77"]})]
    with sql(opening) as db:
        db.execute(
            f"CREATE TRIGGER broken BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'disk'); END"
        )
        for _ in range(2):
            with pytest.raises((PersistenceError, sqlite3.Error), match="disk"):
                log.append(batch)
        assert log.last_position() == before
        assert log.find(BEN["handle:twitter"][0]) == []
        db.execute("DROP TRIGGER broken")
    assert outcomes(log.append(batch)) == [APPENDED] * 4
    check_order(log)
    assert placed(log) == undisturbed(FIRST, batch)
    assert placed(opening.log()) == placed(log)


@pytest.fixture
def failing(log, monkeypatch):
    """Lets the log's commits fail: before they are done, or after."""

    @contextmanager
    def fail(*, after_commit: bool):
        real = log._recorder._insert_events
        write = log._placer.write

        def broken(cursor):
            write(cursor)
            if after_commit:
                cursor.sqlite_cursor.connection.commit()
            raise OSError("the machine failed")

        with monkeypatch.context() as patch:
            patch.setattr(log._placer, "write", broken)
            with pytest.raises(OSError, match="the machine failed"):
                yield
        assert log._recorder._insert_events == real

    return fail


@pytest.mark.parametrize("after_commit", [False, True])
def test_a_failing_append_is_lost_or_stored_but_never_doubled(opening, log, failing, after_commit):
    log.append(FIRST)
    with failing(after_commit=after_commit):
        log.append(SECOND)
    assert log.last_position() == opening.log().last_position()
    expected = DUPLICATE if after_commit else APPENDED
    assert outcomes(log.append(SECOND)) == [expected] * 3
    check_order(log)
    assert placed(log) == undisturbed(FIRST, SECOND)


@pytest.mark.parametrize("after_commit", [False, True])
def test_a_failing_record_is_lost_or_stored_but_never_doubled(log, failing, after_commit):
    log.append(FIRST)
    ann = log.find(ANN["email"][0])[0]
    with failing(after_commit=after_commit):
        log.record([act(ann)], tracking=("engine", 1))
    assert log.record([act(ann), act(ann, step=1)], tracking=("engine", 1)) == 2 - after_commit
    check_order(log)


@pytest.mark.parametrize("after_commit", [False, True])
def test_a_failing_publication_is_lost_or_stored_but_never_doubled(log, failing, after_commit):
    log.append(FIRST)
    with failing(after_commit=after_commit):
        log.publish('{"rules":"new"}')
    assert log.publish('{"rules":"new"}') == 2
    assert log.last_position() == 2 * 64 + 3
    assert log.append(SECOND)[0].outcome is APPENDED
    check_order(log)


def test_a_failing_key_store_stops_nothing_for_good(opening, log):
    log.append(FIRST)
    with sql(opening, "keys.sqlite") as db:
        db.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON keys BEGIN SELECT RAISE(ABORT, 'disk'); END"
        )
        with pytest.raises(sqlite3.Error, match="disk"):
            log.append(SECOND)
        db.execute("DROP TRIGGER broken")
    assert outcomes(log.append(SECOND)) == [APPENDED] * 3
    assert placed(log) == undisturbed(FIRST, SECOND)
    assert not any(opening.log().open(event).is_erased for event in touchpoints(log))


def test_a_draft_that_cannot_be_stored_takes_its_batch_with_it_and_no_more(log):
    log.append(FIRST)
    broken = draft("too large", order(promised_at=2**70), identities={"email": ["x@example.com"]})
    for _ in range(2):
        with pytest.raises(ContractError, match="OrderPlaced"):
            log.append([*SECOND, broken])
    assert log.find("x@example.com") == []
    log.append(SECOND)
    assert placed(log) == undisturbed(FIRST, SECOND)
    check_order(log)


def test_a_commit_that_fails_poisons_no_connection(tmp_path):
    store = LogDatastore(str(tmp_path / "any.sqlite"))
    with store.transaction(commit=True) as cursor:
        cursor.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        cursor.execute(
            "CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)"
        )
    with store.get_connection(commit=True) as connection:
        connection.cursor().execute("PRAGMA foreign_keys=ON")
    with pytest.raises(PersistenceError), store.transaction(commit=True) as cursor:
        cursor.execute("INSERT INTO child VALUES (1)")  # refused by the commit, not before
    with store.transaction(commit=True) as cursor:
        cursor.execute("SELECT COUNT(*) FROM child")
        assert cursor.fetchone()[0] == 0
    store.close()


# --- other programs, other threads --------------------------------------------------------------


def test_a_second_writer_is_noticed(opening, log):
    other = opening.log()
    log.append(FIRST)
    with pytest.raises(WorkspaceError, match="one program write at a time"):
        other.append(FIRST)
    assert outcomes(other.append(FIRST)) == [DUPLICATE] * 3  # it has looked again
    other.append([draft("elsewhere", identities={"email": ["new@example.com"]})])
    with pytest.raises(WorkspaceError, match="one program write at a time"):
        # Nothing collides, but here the new person is not known.
        log.append([draft("again", identities={"email": ["new@example.com"]})])
    log.append([draft("again", identities={"email": ["new@example.com"]})])
    assert len(log.find("new@example.com")) == 1
    check_order(log)
    last, before = touchpoints(log)[-1], touchpoints(log)[-2]
    assert last.customer_id == before.customer_id


@pytest.mark.parametrize("is_file", [True, False])
def test_threads_write_and_read_at_the_same_time(tmp_path, is_file):
    opening = Opening(tmp_path if is_file else None)
    log = opening.log()
    log.append(FIRST)
    ann = log.find(ANN["email"][0])[0]
    is_done = threading.Event()

    def write(thread: int) -> None:
        for n in range(15):
            log.append(drafts(4, f"{thread}-{n}"))
            log.append(drafts(4, f"shared-{n}"))  # every thread tells these
            log.record([act(ann, step=n)], tracking=("engine", n))
            log.now()

    def read() -> None:
        while not is_done.is_set():
            events = log.read(0, 10_000)
            assert [position for position, _ in events] == list(range(1, len(events) + 1))
            assert log.open(events[-1][1]).is_erased is False
            log.find(ANN["email"][0])

    with ThreadPoolExecutor(6) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        writers = [pool.submit(write, thread) for thread in range(4)]
        try:
            for writer in writers:
                writer.result()
        finally:
            is_done.set()
        for reader in readers:
            reader.result()
    check_order(log)
    assert len(touchpoints(log)) == 3 + 4 * 15 * 4 + 15 * 4
    assert len(log.find(ANN["email"][0])) == 1
    opening.close()


def test_closing_waits_for_what_is_under_way(tmp_path):
    """Found by the library's own cases: closed in the middle of a read, the process died."""
    for n in range(5):
        folder = tmp_path / str(n)
        folder.mkdir()
        opening = Opening(folder)
        log = opening.log()
        log.append(FIRST)
        began = threading.Barrier(5)
        answered: list[int] = []

        def work(thread: int, log=log, began=began, answered=answered) -> None:
            began.wait()
            for n in range(100_000):  # it is closed long before
                if thread:
                    log.at([1])
                else:
                    log.append([draft(f"m-{n}")])
                    answered.append(n)

        with ThreadPoolExecutor(4) as pool:
            running = [pool.submit(work, thread) for thread in range(4)]
            began.wait()
            time.sleep(0.05)
            log.close()
            for one in running:
                with pytest.raises((ConnectionPoolClosedError, ConnectionUnavailableError)):
                    one.result()
        assert len(touchpoints(opening.log())) == len(FIRST) + len(answered)
        opening.close()


@pytest.mark.parametrize("name", ["a b", "50%20off", "what?", "a#b", "ünï"])
def test_any_folder_name_will_do(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    opening = Opening(folder)
    opening.log().append(FIRST)
    with closing(read_only(str(folder / "log.sqlite"))) as db:
        assert db.execute("SELECT COUNT(*) FROM stored_events").fetchone() == (67,)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            db.execute("DELETE FROM stored_events")
    opening.close()


# --- what SQLite is told ------------------------------------------------------------------------


def test_every_connection_is_durable(log):
    with ExitStack() as stack:
        for n in range(8):  # more than the pool keeps
            connection = stack.enter_context(log._datastore.get_connection(commit=n == 0))
            settings = {}
            for name in ("synchronous", "journal_mode"):
                cursor = connection.cursor()
                cursor.execute(f"PRAGMA {name}")
                settings[name] = cursor.fetchone()[0]
            assert settings == {"synchronous": 2, "journal_mode": "wal"}


def test_keys_are_durable_and_overwritten(opening):
    for name, value in (("synchronous", 2), ("journal_mode", "wal"), ("secure_delete", 1)):
        assert opening.people._db.execute(f"PRAGMA {name}").fetchone() == (value,)


def test_nothing_ever_changes_or_removes_a_stored_event(opening, log, monkeypatch):
    said: list[tuple[int, str | None]] = []

    def listen(action, table, *_):
        said.append((action, table))
        return sqlite3.SQLITE_OK

    create = type(log._datastore.pool)._create_connection

    def watched(pool):
        connection = create(pool)
        connection._sqlite_conn.set_authorizer(listen)
        return connection

    monkeypatch.setattr(type(log._datastore.pool), "_create_connection", watched)
    log = opening.log()
    log.append(FIRST)
    log.append([*SECOND, *FIRST])
    log.record([act(log.find(ANN["email"][0])[0])], tracking=("engine", 1))
    log.publish("{}")
    log.now()
    changing = {sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE, sqlite3.SQLITE_DROP_TABLE}
    assert (sqlite3.SQLITE_INSERT, "stored_events") in said
    assert (sqlite3.SQLITE_UPDATE, "merges") in said  # the listener hears such things
    assert not [s for s in said if s[0] in changing and s[1] == "stored_events"]


# --- changed bytes ------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [ANN, BEN])
def test_a_sealed_part_opens_only_in_its_own_event(opening, log, who):
    told = [draft("m-1", message("first words")), draft("m-2", message("other"), identities=who)]
    log.append(told)
    with sql(opening) as db:
        found = db.execute("SELECT position, state FROM stored_events WHERE position > 64")
        (one, first), (two, second) = found.fetchall()
        a, b = decode(first), decode(second)
        swapped = [(a, b.sealed, one), (b, a.sealed, two)]
        for envelope, sealed, position in swapped:
            values = {name: getattr(envelope, name) for name in envelope.__struct_fields__}
            state = encode(type(envelope)(**values | {"sealed": sealed}))
            db.execute("UPDATE stored_events SET state=? WHERE position=?", (state, position))
    for event in touchpoints(log):
        opened = log.open(event)
        assert opened.is_erased
        assert "words" not in repr(opened)
        assert "other" not in repr(opened)


def test_a_sealed_part_opens_only_as_its_own_type(opening, log):
    log.append([draft("m-1", ConversationResolved())])
    assert not log.open(touchpoints(log)[0]).is_erased
    with sql(opening) as db:
        ((position, state),) = db.execute(
            "SELECT position, state FROM stored_events WHERE position > 64"
        ).fetchall()
        envelope = decode(state)
        values = {name: getattr(envelope, name) for name in envelope.__struct_fields__}
        state = encode(type(envelope)(**values | {"type": "conversation-reopened.v1"}))
        db.execute("UPDATE stored_events SET state=? WHERE position=?", (state, position))
    assert log.open(touchpoints(log)[0]).is_erased
