"""What an `EventLog` on a disk promises: reopening, kills, a wrong clock, and nothing in clear."""

import signal
import sqlite3
import sys
from base64 import b64encode
from typing import Any

import pytest

from journey.log.recorder import LogRecorder
from schemas.errors import ClockWentBack, ConfigurationError
from schemas.times import HOUR, MINUTE
from tests.cli.runner import run
from tests.contracts.event_log import (
    APPENDED,
    DIFFERS,
    DUPLICATE,
    EventLogContract,
    check_order,
    outcomes,
    touchpoints,
)
from tests.controls import (
    ANN,
    ANNS_PHONE,
    BEN,
    CEM,
    DOCUMENT,
    NOON,
    VISITOR,
    Opening,
    act,
    draft,
    drafts,
    message,
)

# Appends the batches of a script's arguments, in which it is killed.
KILLED = """
import sys
from pathlib import Path
from journey import faults
from tests.controls import Opening, drafts
folder, point, passes, *sizes = sys.argv[1:]
log = Opening(Path(folder)).log()
faults.arm(point, int(passes))
done = 0
for size in map(int, sizes):
    log.append(drafts(done + size)[done:])
    done += size
"""

CONVERSATION = "conversation-1234567"
SECRETS = [
    "the parcel was a present for my Übermensch",  # text of the customer's
    "somebody else speaks here",
    "tweet-88887777",  # message ids
    CONVERSATION,
    "order-98765",
    "a secret voucher",  # an undeclared property
    *ANN["email"],
    "+49 171 5550100",
    "+491715550100",
    "ben_the_example",
    "cem-4711",
    "visitor-0001",
]


def hidden_in(blob: bytes, secret: str) -> list[str]:
    """Under which encodings a secret can be read in the bytes, capitals aside."""
    lowered = blob.lower()
    found = [
        encoding
        for encoding in ("utf-8", "utf-16-le", "utf-16-be")
        if secret.encode(encoding).lower() in lowered
    ]
    # Base64 of a text inside a longer one: three alignments, without the ragged ends.
    for shift in range(3):
        inner = b64encode(b"\0" * shift + secret.encode())[4 : -4 if shift else None].rstrip(b"=")
        if inner[:-1] in blob:
            found.append(f"base64+{shift}")
    if secret.encode().hex().encode() in lowered:
        found.append("hex")
    return found


class DurableLogContract(EventLogContract):
    """The promises of a log whose files outlive the process."""

    @pytest.fixture
    def files(self, opening: Opening) -> Any:
        """All files that the log and its keys are made of."""
        assert opening.folder is not None
        return lambda: sorted(p for p in opening.folder.iterdir() if p.is_file())

    # --- reopening ------------------------------------------------------------------------

    def test_a_repeat_after_reopening_is_a_duplicate(self, opening):
        told = drafts(8)
        opening.log().append(told)
        log = opening.log()
        assert outcomes(log.append(told)) == [DUPLICATE] * 8
        changed = draft("m-0", message("told differently"))
        (receipt,) = log.append([changed])
        assert (receipt.outcome, receipt.fields) == (DIFFERS, ["text"])
        log.append(drafts(3, "more"))
        assert len(touchpoints(log)) == 11
        check_order(log)

    def test_people_and_conversations_are_known_after_reopening(self, opening):
        opening.log().append([draft("m-1", conversation="c-1"), draft("v", identities=VISITOR)])
        opening.log().append([draft("both", identities=ANN | VISITOR)])
        log = opening.log()
        log.append([draft("m-2", identities={}, conversation="c-1")])
        log.append([draft("m-3", identities=VISITOR)])
        ann = log.find(ANN["email"][0])
        assert log.find(VISITOR["anonymous"][0]) == ann
        assert [e.customer_id for e in touchpoints(log)][2:] == ann * 3

    def test_an_act_is_once_after_reopening(self, opening):
        log = opening.log()
        log.append(drafts(2))
        ann = log.find(ANN["email"][0])[0]
        assert log.record([act(ann)], tracking=("engine", 5)) == 1
        log = opening.log()
        assert log.record([act(ann), act(ann, step=1)], tracking=("engine", 5)) == 1
        check_order(log)

    def test_configuration_is_not_published_again_on_reopening(self, opening):
        opening.log().append(drafts(1))
        log = opening.log()
        log.append(drafts(1, "more"))
        assert log.last_position() == 64 + 2
        log = opening.log(document='{"rules":"new"}')
        log.append(drafts(1, "and more"))  # another one would have been the first: nobody asks
        assert log.last_position() == 64 + 3
        assert (log.configuration_number, log.in_force) == (1, DOCUMENT)
        check_order(log)

    def test_what_was_published_is_in_force_after_reopening(self, opening):
        log = opening.log()
        log.append(drafts(1))
        log.publish('{"rules":"new"}')
        log = opening.log()
        assert (log.configuration_number, log.in_force) == (2, '{"rules":"new"}')
        log.append(drafts(1, "more"))
        assert log.last_position() == 2 * 64 + 2
        check_order(log)

    def test_a_configuration_is_whole_or_absent(self, opening, monkeypatch):
        log = opening.log()
        log.append(drafts(1))

        def dies(recorder, cursor, rows, note):
            insert(recorder, cursor, rows[:40], note)
            raise KeyboardInterrupt

        insert = LogRecorder.insert
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(LogRecorder, "insert", dies)
            log.publish('{"rules":"new"}')
        for each in (log, opening.log()):
            assert (each.configuration_number, each.in_force) == (1, DOCUMENT)
            assert each.last_position() == 64 + 1
        assert log.publish('{"rules":"new"}') == 2
        check_order(log)

    def test_a_simulation_stays_one(self, opening):
        opening.log().mark_simulated()
        assert opening.log().is_simulated

    def test_another_master_key_is_refused(self, opening):
        opening.log().append(drafts(1))
        opening.close()
        other = Opening(opening.folder, master=bytes(32))
        with pytest.raises(ConfigurationError, match="JOURNEY_MASTER_KEY"):
            other.log().open(touchpoints(other.log())[0])
        other.close()

    # --- kills ------------------------------------------------------------------------------

    @pytest.mark.parametrize("point", ["before-append", "after-append"])
    @pytest.mark.parametrize("passes", [0, 1])
    def test_a_kill_then_a_longer_batch(self, opening, point, passes):
        script = [sys.executable, "-c", KILLED, str(opening.folder), point, str(passes), "3", "4"]
        killed = run(*script)
        assert killed.code == -signal.SIGKILL, killed.err
        log = opening.log()
        stored = {("before-append", 0): 0, ("after-append", 0): 3, ("before-append", 1): 3}.get(
            (point, passes), 7
        )
        assert len(touchpoints(log)) == stored
        assert outcomes(log.append(drafts(12))) == [DUPLICATE] * stored + [APPENDED] * (12 - stored)
        assert len(touchpoints(log)) == 12
        assert not any(log.open(event).is_erased for event in touchpoints(log))
        check_order(log)
        assert [e.customer_id for e in touchpoints(log)] == self.undisturbed(drafts(12))

    def undisturbed(self, told) -> list[bytes]:
        """The customers of the same drafts in a log without kills."""
        other = Opening(None)
        try:
            log = other.log()
            log.append(told)
            return [event.customer_id for event in touchpoints(log)]
        finally:
            other.close()

    # --- the clock --------------------------------------------------------------------------

    def test_a_clock_an_hour_behind_is_refused(self, opening):
        opening.log().append(drafts(1))
        opening.clock.turn(-HOUR)
        with pytest.raises(ClockWentBack) as refused:
            opening.log()
        assert str(refused.value) == (
            "The clock says 2024-05-01T11:00:00Z, but the log's last event was recorded at "
            "2024-05-01T12:00:00Z: set the machine's clock right, then try again."
        )
        opening.clock.turn(HOUR)
        opening.log().append(drafts(2))

    def test_a_clock_a_minute_behind_is_absorbed(self, opening):
        opening.log().append(drafts(1))
        opening.clock.turn(-MINUTE)
        log = opening.log()
        log.append(drafts(2))
        assert [event.recorded_at for event in touchpoints(log)] == [NOON, NOON]
        check_order(log)

    def test_a_promised_time_survives(self, opening):
        log = opening.log()
        log.append(drafts(1))
        opening.clock.turn(4 * MINUTE)
        promised = log.now()
        opening.clock.turn(-3 * MINUTE)
        log = opening.log()
        assert log.now() == promised
        log.append(drafts(2))
        log.record([act(log.find(ANN["email"][0])[0])])
        log.publish("{}")
        after = [e.recorded_at for _, e in log.read(65, 1000)]
        assert set(after) == {promised, promised + 1}, "a configuration is later than all before"

    def test_a_promise_counts_for_a_wrong_clock_as_well(self, opening):
        opening.clock.turn(2 * HOUR)
        opening.log().now()
        opening.clock.turn(-HOUR)
        with pytest.raises(ClockWentBack):
            opening.log()

    # --- nothing in clear -------------------------------------------------------------------

    def test_no_file_holds_a_secret(self, opening, files):
        log = opening.log()
        text, aside = SECRETS[0], SECRETS[1]
        told = drafts(24, "tweet-88887777", conversation=CONVERSATION)
        told += [
            draft("tweet-88887777-a", message(text), conversation=CONVERSATION),
            draft("tweet-88887777-b", message(aside), author=BEN, conversation=CONVERSATION),
            draft("tweet-88887777-c", identities=CEM | ANNS_PHONE | {"order": ["order-98765"]}),
            draft("tweet-88887777-d", identities=VISITOR | ANN),
            draft("tweet-88887777-e", identities={}, owner=BEN),
            draft("tweet-88887777-f", message(text), identities={}),  # refused
        ]
        log.append(told)
        log.append(told)
        log.record([act(log.find(ANN["email"][0])[0])])
        assert any(log.open(e).recorded.fact.text == text for e in touchpoints(log)[24:])
        for is_settled in (False, True):
            if is_settled:  # what stands in the write-ahead log now goes into the file
                for path in files():
                    if path.suffix == ".sqlite":
                        with sqlite3.connect(path) as db:
                            db.execute("PRAGMA wal_checkpoint(PASSIVE)")
                        db.close()
            names = [path.name for path in files()]
            assert {"log.sqlite", "log.sqlite-wal", "keys.sqlite"} <= set(names)
            for path in files():
                blob = path.read_bytes()
                leaks = {secret: found for secret in SECRETS if (found := hidden_in(blob, secret))}
                assert not leaks, f"{path.name} holds {leaks}"

    def test_the_scan_would_find_a_secret(self):
        for secret in SECRETS:
            for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
                assert hidden_in(b"\xff..." + secret.upper().encode(encoding) + b"...", secret)
            for before in (b"", b"x", b"xy", b"xyz"):
                assert hidden_in(b"\xff" + b64encode(before + secret.encode() + b"..."), secret)

    def test_a_destroyed_key_is_in_no_file(self, opening, files):
        log = opening.log()
        log.append(drafts(4))
        (ann,), (ben,) = log.find(ANN["email"][0]), log.find(BEN["handle:twitter"][0])
        wrapped = self.wrapped(opening, ann)
        assert any(wrapped in path.read_bytes() for path in files())
        opening.people.destroy([ann])
        assert not any(wrapped in path.read_bytes() for path in files())
        assert any(self.wrapped(opening, ben) in path.read_bytes() for path in files())
        assert [log.open(e).is_erased for e in touchpoints(log)] == [True, False, True, False]
        again = opening.log()
        assert [again.open(e).is_erased for e in touchpoints(again)] == [True, False, True, False]

    def wrapped(self, opening: Opening, person: bytes) -> bytes:
        assert opening.folder is not None
        db = sqlite3.connect(opening.folder / "keys.sqlite")
        (wrapped,) = db.execute("SELECT wrapped FROM keys WHERE subject=?", (person,)).fetchone()
        db.close()
        return bytes(wrapped)
