"""Whatever is changed behind the engine's back, `verify` names it; `rebuild` mends what it can."""

import shutil

import msgspec
import pytest

from journey.audit.rebuild import rebuild
from journey.clickhouse.ddl import physical_name
from journey.engine.store import StateStore
from projections.configuration import DEFAULT, document
from projections.rulebook import Rulebook
from projections.tables import BY_NAME, TABLES
from replay.digest import rows_of
from replay.findings import Kind
from schemas.codec import Codec
from schemas.envelope import encode, leaf_hash
from schemas.errors import ContractError, IntegrityError
from tests.cli.runner import journey
from tests.controls import MASTER_KEY
from tests.replay import tampering as t

pytestmark = pytest.mark.xdist_group("tamper")  # one worker makes what all of them need
RULES = Rulebook(document(DEFAULT))
DECIDED = "outreach-decided.v2"


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tamper") / "workspace"
    t.build(folder)
    report = t.verified(folder)
    assert report.is_clean, report.findings
    empty = {"personas", "stated"}  # no rule asks for them, nobody stated a preference
    assert {table.name for table in TABLES} - empty == report.rows.keys()
    return folder


@pytest.fixture
def folder(untouched, tmp_path):
    return shutil.copytree(untouched, tmp_path / "workspace", symlinks=True)


def mended(folder):
    with t.opened(folder) as workspace:
        rebuild(workspace)
    return t.verified(folder)


# --- ClickHouse ---------------------------------------------------------------------------------

CHANGED = {
    "touchpoints": ("topic", "'another'"),
    "conversations": ("turns", "turns + 1"),
    "stages": ("cause", "'whim'"),
    "decisions": ("reason", "'no reason'"),
    "brand_events": ("subject", "'nobody'"),
}

ONE_ROW = "(SELECT * FROM {table} WHERE {where} LIMIT 1)"


def first_row(workspace, table):
    row = next(rows_of(workspace.analytics.rows(BY_NAME[table])))
    return dict(zip(BY_NAME[table].names, row, strict=True))


def tamper_rows(folder, table, statement):
    """Run a statement on the physical table; whom its first row concerns, if that is a customer."""
    with t.opened(folder) as workspace:
        row = first_row(workspace, table)
        names = [column for column in BY_NAME[table].key if column != BY_NAME[table].time]
        where = " AND ".join(f"{name} = {row[name]!r}" for name in names)
        physical = physical_name(BY_NAME[table], workspace.engine.generation)
        workspace.analytics.execute(statement.format(table=physical, where=where))
        return row.get("customer_id", "")


@pytest.mark.parametrize("table", CHANGED)
def test_a_row_altered(folder, table):
    column, value = CHANGED[table]
    statement = f"ALTER TABLE {{table}} UPDATE {column} = {value} WHERE {{where}}"
    customer = tamper_rows(folder, table, f"{statement} SETTINGS mutations_sync = 1")
    report = t.verified(folder)
    assert len(report.findings) == 1
    t.named(report, Kind.ROW, customer=customer, where=table, field=column)
    assert mended(folder).is_clean


@pytest.mark.parametrize("table", CHANGED)
def test_a_row_removed(folder, table):
    statement = "ALTER TABLE {table} DELETE WHERE {where} SETTINGS mutations_sync = 1"
    customer = tamper_rows(folder, table, statement)
    report = t.verified(folder)
    assert len(report.findings) == 1
    found = t.named(report, Kind.ROW, customer=customer, where=table, field="")
    assert (found.expected, found.found) == ("a row", "")
    assert mended(folder).is_clean


@pytest.mark.parametrize("table", ["stages", "brand_events"])
def test_all_rows_removed(folder, table):
    """Then nothing is published of whole partitions, which are not passed over for that."""
    with t.opened(folder) as workspace:
        rows = workspace.analytics.rows(BY_NAME[table]).num_rows
    assert rows > 1
    tamper_rows(folder, table, "TRUNCATE TABLE {table}")
    told = [(f.kind, f.where, f.expected, f.found) for f in t.verified(folder).findings]
    assert told == [(Kind.ROW, table, "a row", "")] * rows


@pytest.mark.parametrize("name", ["ab" * 16, "zz", "", "00", "ünïcödé"])
@pytest.mark.parametrize("table", ["touchpoints", "stages", "brand_events"])
def test_a_row_added(folder, table, name):
    whose = BY_NAME[table].key[0]
    copy = f"SELECT * REPLACE('{name}' AS {whose}) FROM {ONE_ROW}"
    tamper_rows(folder, table, f"INSERT INTO {{table}} {copy}")
    report = t.verified(folder)
    assert len(report.findings) == 1
    customer = name if whose == "customer_id" else ""
    found = t.named(report, Kind.ROW, customer=customer, where=table, field="")
    assert (found.expected, found.found) == ("", "a row")
    assert found.key.startswith(name) or customer
    if name == "zz":
        assert mended(folder).is_clean


def test_a_row_taken_away_for_ever(folder):
    copy = f"SELECT * REPLACE(1 AS _deleted, 18446744073709551615 AS _revision) FROM {ONE_ROW}"
    tamper_rows(folder, "stages", f"INSERT INTO {{table}} {copy}")
    assert not t.verified(folder).is_clean
    assert mended(folder).is_clean


# --- states -------------------------------------------------------------------------------------


def some_state(folder):
    """A customer with a stage, and what is saved of them."""
    store = StateStore(str(folder / "state.db"))
    saved = [*store.saved(b"", None)]
    store.close()
    return saved[len(saved) // 2]


def put_state(folder, saved, state):
    body = msgspec.msgpack.encode(state)
    statement = "UPDATE states SET state = ? WHERE customer_id = ?"
    t.change(folder / "state.db", statement, body, saved.customer_id)


def test_a_state_changed(folder):
    saved = some_state(folder)
    state = RULES.decoder.decode(saved.state)
    state.stages.stage = "loyalty" if state.stages.stage != "loyalty" else "usage"
    put_state(folder, saved, state)
    report = t.verified(folder)
    customer = saved.customer_id.hex()
    t.named(report, Kind.STATE, customer=customer, where="stages", field="stage")
    assert mended(folder).is_clean


@pytest.mark.parametrize("until", [-(2**62), 2**61])
def test_a_customers_own_clock_changed(folder, until):
    saved = some_state(folder)
    state = RULES.decoder.decode(saved.state)
    state.book.until = until
    put_state(folder, saved, state)
    customer = saved.customer_id.hex()
    t.named(t.verified(folder), Kind.STATE, customer=customer, where="book", field="until")
    assert mended(folder).is_clean


@pytest.mark.parametrize("name", ["meaning_wakes", "decisions_wake"])
def test_a_timer_moved(folder, name):
    saved = some_state(folder)
    statement = f"UPDATE states SET {name} = {name} - 1 WHERE customer_id = ?"
    t.change(folder / "state.db", statement, saved.customer_id)
    t.named(t.verified(folder), Kind.STATE, customer=saved.customer_id.hex(), field=name)
    assert mended(folder).is_clean


@pytest.mark.parametrize("body", [b"", b"\xc1", b"\x93\x01\x02\x03", "text"])
def test_a_state_that_is_none(folder, body):
    saved = some_state(folder)
    statement = "UPDATE states SET state = ? WHERE customer_id = ?"
    t.change(folder / "state.db", statement, body, saved.customer_id)
    t.named(t.verified(folder), Kind.STATE, customer=saved.customer_id.hex(), where="states")
    assert mended(folder).is_clean


def test_a_state_removed(folder):
    saved = some_state(folder)
    t.change(folder / "state.db", "DELETE FROM states WHERE customer_id = ?", saved.customer_id)
    t.named(t.verified(folder), Kind.STATE, customer=saved.customer_id.hex(), where="states")
    assert mended(folder).is_clean


@pytest.mark.parametrize("customer", [b"x" * 16, b"", b"\xff" * 40])
def test_a_state_added(folder, customer):
    saved = some_state(folder)
    statement = "INSERT INTO states VALUES (?,?,?,?)"
    t.change(folder / "state.db", statement, customer, *saved[1:])
    t.named(t.verified(folder), Kind.STATE, customer=customer.hex(), where="states")
    assert mended(folder).is_clean


# --- the index of a customer's events -----------------------------------------------------------


def some_position(folder, *, of_family):
    """A place in the index, of somebody who was merged with others or not."""
    roots = {row[0] for row in t.ask(folder / "log.db", "SELECT into_id FROM merges")}
    gone = t.in_family(folder) - roots
    for customer, position in t.ask(folder / "state.db", "SELECT * FROM history ORDER BY 2"):
        if customer not in gone and (customer in roots) == of_family:
            return customer, position
    raise AssertionError("nobody")


@pytest.mark.parametrize("of_family", [False, True])
def test_a_place_in_history_removed(folder, of_family):
    customer, position = some_position(folder, of_family=of_family)
    statement = "DELETE FROM history WHERE customer_id = ? AND position = ?"
    t.change(folder / "state.db", statement, customer, position)
    t.named(t.verified(folder), Kind.HISTORY, customer=customer.hex())
    assert mended(folder).is_clean


@pytest.mark.parametrize("of_family", [False, True])
def test_a_place_in_history_changed(folder, of_family):
    customer, position = some_position(folder, of_family=of_family)
    statement = "UPDATE history SET position = 1 WHERE customer_id = ? AND position = ?"
    t.change(folder / "state.db", statement, customer, position)
    t.named(t.verified(folder), Kind.HISTORY, customer=customer.hex())
    assert mended(folder).is_clean


@pytest.mark.parametrize("column", ["into_id", "parent_id"])
def test_a_merge_changed(folder, column):
    ((gone,),) = t.ask(folder / "log.db", "SELECT customer_id FROM merges ORDER BY 1 LIMIT 1")
    statement = f"UPDATE merges SET {column} = ? WHERE customer_id = ?"
    t.change(folder / "log.db", statement, b"z" * 16, gone)
    t.named(t.verified(folder), Kind.HISTORY, customer=gone.hex(), where="merges")


def test_a_merge_removed(folder):
    ((gone,),) = t.ask(folder / "log.db", "SELECT customer_id FROM merges ORDER BY 1 LIMIT 1")
    t.change(folder / "log.db", "DELETE FROM merges WHERE customer_id = ?", gone)
    t.named(t.verified(folder), Kind.HISTORY, customer=gone.hex(), where="merges", found="")


def test_a_merge_of_somebody_who_was_parted(folder):
    parted = t.stored(folder, "restored.v1")[0].envelope.customer_id
    ((root,),) = t.ask(folder / "log.db", "SELECT into_id FROM merges LIMIT 1")
    t.change(folder / "log.db", "INSERT INTO merges VALUES (?,?,?)", parted, root, root)
    t.named(t.verified(folder), Kind.HISTORY, customer=parted.hex(), where="merges", expected="")


def test_a_history_of_nobody(folder):
    t.change(folder / "state.db", "INSERT INTO history VALUES (?,?)", b"y" * 16, 70)
    t.named(t.verified(folder), Kind.HISTORY, customer=(b"y" * 16).hex())
    assert mended(folder).is_clean


# --- the log: what was said cannot be made again ------------------------------------------------


def place(event):
    return f"{event.envelope.partition}/{event.envelope.offset}"


@pytest.fixture
def events(folder):
    """Touchpoints of people without merges, from the middle of the log."""
    family = t.in_family(folder)
    found = [e for e in t.stored(folder) if e.envelope.customer_id not in family]
    return found[len(found) // 3 :]


def stays(folder, kind, where):
    """A finding that is there, and is there again after a rebuild."""
    t.named(t.verified(folder), kind, where=where)
    t.named(mended(folder), kind, where=where)


@pytest.mark.parametrize("at", [0, 3, 9, 30, -40, -20, -1])
def test_one_byte_of_an_event(folder, events, at):
    event = events[0]
    body = bytearray(event.body)
    body[at] ^= 1
    statement = "UPDATE stored_events SET state = ? WHERE position = ?"
    t.change(folder / "log.db", statement, bytes(body), event.position)
    t.named(t.verified(folder), Kind.BYTES, where=place(event))
    try:
        after = mended(folder)
    except (ContractError, IntegrityError):
        return  # nothing can be made of it, and a rebuild says so
    t.named(after, Kind.BYTES, where=place(event))


@pytest.mark.parametrize("body", [b"", b"junk", "text"])
@pytest.mark.parametrize("of_family", [False, True])
def test_bytes_that_are_no_event(folder, events, body, of_family):
    event = events[0]
    if of_family:
        family = t.in_family(folder)
        event = next(e for e in t.stored(folder) if e.envelope.customer_id in family)
    statement = "UPDATE stored_events SET state = ? WHERE position = ?"
    t.change(folder / "log.db", statement, body, event.position)
    t.named(t.verified(folder), Kind.BYTES, where=place(event))


@pytest.mark.parametrize("column", ["leaf", "event_id"])
def test_what_stands_beside_an_event(folder, events, column):
    statement = f"UPDATE stored_events SET {column} = ? WHERE position = ?"
    t.change(folder / "log.db", statement, b"z" * 16, events[0].position)
    stays(folder, Kind.BYTES, place(events[0]))


def test_an_events_type(folder, events):
    statement = "UPDATE stored_events SET topic = 'custom.v1' WHERE position = ?"
    t.change(folder / "log.db", statement, events[0].position)
    stays(folder, Kind.BYTES, place(events[0]))


def test_an_event_deleted(folder, events):
    statement = "DELETE FROM stored_events WHERE position = ?"
    t.change(folder / "log.db", statement, events[0].position)
    stays(folder, Kind.OFFSET, f"position {events[0].position}")


def test_the_last_event_deleted(folder):
    last = t.last_position(folder)
    t.change(folder / "log.db", "DELETE FROM stored_events WHERE position = ?", last)
    with pytest.raises(IntegrityError, match=f"ends at {last - 1}, but {last} events were folded"):
        t.verified(folder)


def test_an_event_out_of_every_partition(folder, events):
    statement = "UPDATE stored_events SET originator_id = 'p-999' WHERE position = ?"
    t.change(folder / "log.db", statement, events[0].position)
    stays(folder, Kind.OFFSET, "log")


@pytest.mark.parametrize("columns", ["state", "state, leaf", "originator_id, originator_version"])
def test_two_events_swapped(folder, events, columns):
    one, two = events[0], events[7]
    query = f"SELECT {columns} FROM stored_events WHERE position = ?"
    ((first,), (second,)) = (t.ask(folder / "log.db", query, e.position) for e in (one, two))
    update = ", ".join(f"{name} = ?" for name in columns.split(", "))
    statement = f"UPDATE stored_events SET {update} WHERE position = ?"
    aside = ["p-998", 1] if "version" in columns else [b""] * len(first)
    t.change(folder / "log.db", statement, *aside, one.position)
    t.change(folder / "log.db", statement, *first, two.position)
    t.change(folder / "log.db", statement, *second, one.position)
    report = t.verified(folder)
    t.named(report, Kind.BYTES, where=place(one))
    t.named(report, Kind.BYTES, where=place(two))


def test_two_positions_swapped(folder, events):
    one = events[0]
    two = next(e for e in events if e.envelope.customer_id != one.envelope.customer_id)
    statement = "UPDATE stored_events SET position = ? WHERE position = ?"
    for new, old in ((10**9, one.position), (one.position, two.position), (two.position, 10**9)):
        t.change(folder / "log.db", statement, new, old)
    report = t.verified(folder)
    for event in (one, two):
        t.named(report, Kind.HISTORY, customer=event.envelope.customer_id.hex())


# --- decisions ----------------------------------------------------------------------------------


@pytest.fixture
def decision(folder):
    found = t.stored(folder, DECIDED)[2]
    return found, Codec().decode(DECIDED, found.envelope.payload)


@pytest.mark.parametrize(
    ("field", "value"),
    [("reason", "Because."), ("verdict", "suppressed"), ("configuration", 9), ("inputs", [])],
)
def test_a_decision_changed(folder, decision, field, value):
    event, fact = decision
    t.rewrite(folder, event, msgspec.structs.replace(fact, **{field: value}))
    key = event.envelope.event_id.hex()
    for report in (t.verified(folder), mended(folder)):
        found = t.named(report, Kind.DECISION, key=key, where="unanswered", field=field)
        assert found.customer == event.envelope.customer_id.hex()


def test_a_decision_removed(folder, decision):
    event, _ = decision
    t.change(folder / "log.db", "DELETE FROM stored_events WHERE position = ?", event.position)
    for report in (t.verified(folder), mended(folder)):
        t.named(report, Kind.DECISION, key=event.envelope.event_id.hex(), expected="a decision")


def test_a_decision_added(folder, decision):
    event, fact = decision
    other = msgspec.structs.replace(fact, cause=b"c" * 16)
    made = t.rewrite(folder, event, other, position=t.last_position(folder) + 1)
    for report in (t.verified(folder), mended(folder)):
        t.named(report, Kind.DECISION, key=made.hex(), found="a decision")


def test_an_event_changed_with_a_leaf_that_fits(folder, events):
    """What the leaf cannot show, rows and states do: until a rebuild believes the log."""
    event = events[0]
    earlier = event.envelope.occurred_at - 3_600_000_000
    envelope = msgspec.structs.replace(event.envelope, occurred_at=earlier)
    body = encode(envelope)
    leaf = leaf_hash(envelope.partition, envelope.offset, envelope.type, body)
    statement = "UPDATE stored_events SET state = ?, leaf = ? WHERE position = ?"
    t.change(folder / "log.db", statement, body, leaf, event.position)
    customer = envelope.customer_id.hex()
    t.named(t.verified(folder), Kind.ROW, customer=customer, where="touchpoints")


# --- the command --------------------------------------------------------------------------------


def test_the_command_says_so_and_exits_with_1(folder, events):
    event = events[0]
    statement = "UPDATE stored_events SET leaf = x'00' WHERE position = ?"
    t.change(folder / "log.db", statement, event.position)
    done = journey("verify", "--workspace", folder, env={"JOURNEY_MASTER_KEY": MASTER_KEY.hex()})
    assert done.code == 1, done.err
    customer = event.envelope.customer_id.hex()
    assert f"bytes: {place(event)} of customer {customer}, field leaf" in done.text
