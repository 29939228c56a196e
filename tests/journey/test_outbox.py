"""The outbox and its door: what would be sent, to whom, and what waits for somebody's word."""

import pytest

from journey.audit.workspace import verify_workspace
from journey.outreach.approving import approve, waiting
from journey.outreach.box import outbox
from journey.outreach.pausing import pause
from projections.outreach.audience import DRY_RUN, EXPIRED, READY, WAITING
from schemas.errors import NotFound, UsageError
from schemas.events import (
    ConsentWithdrawn,
    MessageReceived,
    OrderCancelled,
    OrderPlaced,
    OutreachDecided,
    PaymentFailed,
    PreferenceStated,
    SpamComplained,
    TraitsStated,
)
from schemas.times import DAY, HOUR, MINUTE
from tests.journey.shop import NOON, RULES, shop

PEOPLE = ("ann", "ben", "cem", "dan")


@pytest.fixture
def told(tmp_path):
    with shop(tmp_path / "w") as open_shop:
        yield open_shop


def offered(told, people=PEOPLE, at=NOON):
    for who in people:
        told.agree(who)
    for n, who in enumerate(people):
        told.tell(who, OrderPlaced(order_id=f"o-{who}"), at + n)


def test_a_message_is_written_in_the_persons_words(told):
    told.tell("ann", TraitsStated(traits={"first_name": '"Ann <3"'}), NOON - HOUR)
    told.tell("ann", PaymentFailed(order_id="o-1"), NOON)
    told.tell("ben", PaymentFailed(order_id="o-2"), NOON + 1)
    ben, ann = outbox(told.workspace)
    assert (ann.status, ann.trigger, ann.channel, ann.language) == (READY, "sorry", "email", "en")
    assert (ann.subject, ann.text) == ("Order o-1", "Dear Ann &lt;3, o-1 failed.")
    assert ben.text == "Dear customer, o-2 failed."
    told.tell("ann", TraitsStated(traits={"first_name": '"Anna"'}), NOON + HOUR)
    assert outbox(told.workspace, customer="ann@x.example")[0].text == "Dear Anna, o-1 failed."


def test_the_language_is_the_one_stated_else_the_one_written(told):
    words = "Guten Tag, ich habe eine Frage zu meiner Bestellung, wann kommt sie denn an?"
    wrote = MessageReceived(channel="email", direction="inbound", text=words, language="de")
    told.tell("ann", wrote, NOON - HOUR)
    told.tell("ann", PaymentFailed(order_id="o-1"), NOON)
    assert outbox(told.workspace, trigger="sorry")[0].text == "Hallo Sie"
    told.tell("ann", PreferenceStated(language="en-GB"), NOON + HOUR)
    assert outbox(told.workspace, trigger="sorry")[0].language == "en"


def test_after_erasure_it_says_so_and_nothing_personal_was_ever_in_the_decision(told):
    told.tell("ann", TraitsStated(traits={"first_name": '"Annegret"'}), NOON - HOUR)
    told.tell("ann", PaymentFailed(order_id="order-4711"), NOON)
    (item,) = outbox(told.workspace)
    (event,) = told.workspace.log.by_prefix(item.decision_id)
    assert isinstance(event.fact, OutreachDecided)
    stored = told.workspace.log.bytes_of([event.event_id])[event.event_id]
    assert b"Annegret" not in stored
    assert b"order-4711" not in stored
    told.workspace._people.destroy([told.customer("ann")])
    (gone,) = outbox(told.workspace)
    assert (gone.is_erased, gone.subject, gone.text) == (True, "", "")
    assert gone.decision_id == item.decision_id


def test_a_trait_in_clear_is_written_as_people_write_it(tmp_path):
    rules = RULES.replace('"Come back"', '"For {{ traits.tier }}"')
    rules += '[traits.tier]\ntype = "string"\n'
    with shop(tmp_path / "w", rules) as told:
        told.tell("ann", TraitsStated(traits={"tier": '"gold"'}), NOON - 2 * HOUR)
        offered(told, ["ann"])
        (item,) = outbox(told.workspace)
        assert item.text.partition("\n")[0] == "For gold"


def test_a_fact_that_makes_a_link_a_script_holds_the_message_with_a_reason(tmp_path):
    rules = RULES.replace(
        "Dear {{ person.first_name | customer }}, {{ order_id }} failed.",
        "<a href='{{ person.site | https://x.example }}'>{{ order_id }}</a>",
    )
    with shop(tmp_path / "w", rules) as told:
        told.tell("ann", TraitsStated(traits={"site": '"javascript:alert(1)"'}), NOON - HOUR)
        told.tell("ann", PaymentFailed(order_id="o-1"), NOON)
        (item,) = outbox(told.workspace)
        assert (item.text, item.unsafe) == ("", ["person.site"])
        assert item.note == "a link is not safe: person.site"
        told.tell("ann", TraitsStated(traits={"site": '"https://ann.example"'}), NOON + HOUR)
        (item,) = outbox(told.workspace)
        assert (item.text, item.note) == ("<a href='https://ann.example'>o-1</a>", "")


def test_actions_are_in_it_too(told):
    told.tell("ann", OrderCancelled(order_id="o-1"), NOON)
    (item,) = outbox(told.workspace)
    assert (item.action, item.status, item.text) == ("open_action", READY, "Call them")


def test_it_is_asked_by_trigger_customer_and_status_newest_first(told):
    offered(told)
    told.tell("ann", PaymentFailed(order_id="o-9"), NOON + HOUR)
    assert [i.trigger for i in outbox(told.workspace)] == ["sorry", *["offer"] * 4]
    statuses = [i.status for i in outbox(told.workspace, trigger="offer")]
    assert statuses == [WAITING, WAITING, READY, READY]
    found = outbox(told.workspace, customer="dan@x.example")
    assert [(i.status, i.trigger) for i in found] == [(WAITING, "offer")]
    assert [i.status for i in outbox(told.workspace, status=READY)] == [READY] * 3
    assert len(outbox(told.workspace, most=2)) == 2
    with pytest.raises(UsageError, match="ready, waiting_for_approval, expired, dry_run"):
        outbox(told.workspace, status="sent")


def test_what_waits_is_listed_and_let_out_by_somebody_with_a_name(told):
    offered(told)
    (one,) = waiting(told.workspace)
    assert (one.trigger, one.waiting, one.limit) == ("offer", 2, 2)
    assert (one.since, one.expires_at) == (
        "2026-03-02T12:00:00.000002Z",
        "2026-03-02T18:00:00.000002Z",
    )
    assert set(one.recipients) == {told.customer(who).hex() for who in ("cem", "dan")}
    with pytest.raises(UsageError, match="Only 2 of 'offer' wait that may"):
        approve(told.workspace, "offer", "kim", 3)
    with pytest.raises(NotFound, match="Nothing of 'sorry' waits"):
        approve(told.workspace, "sorry", "kim")
    with pytest.raises(UsageError, match="--by NAME"):
        approve(told.workspace, "offer", " ")
    done = approve(told.workspace, "offer", "kim", 1)
    assert (done.approved, done.waiting) == (1, 1)
    found = outbox(told.workspace, trigger="offer")
    assert [(i.status, i.approved_by) for i in found] == [
        (WAITING, ""),
        (READY, "kim"),
        (READY, ""),
        (READY, ""),
    ]
    assert approve(told.workspace, "offer", "kim").waiting == 0
    assert waiting(told.workspace) == []


def test_an_approval_counts_what_may_still_go_out_and_tells_the_rest_beside(told):
    people = (*PEOPLE, "eva", "fay", "gus", "hal")  # ann and ben go out, six wait
    offered(told, people)
    withdrawn = ConsentWithdrawn(purpose="marketing", on_channel="email")
    told.tell("cem", withdrawn, NOON + MINUTE)
    told.tell("eva", SpamComplained(channel="email"), NOON + MINUTE)
    told.workspace._people.destroy([told.customer("fay")])
    (one,) = waiting(told.workspace)
    assert (one.waiting, one.not_going) == (3, {"consent": 1, "erased": 1, "suppressed": 1})
    assert set(one.recipients) == {told.customer(who).hex() for who in ("dan", "gus", "hal")}
    with pytest.raises(UsageError, match="Only 3 of 'offer' wait that may still go out"):
        approve(told.workspace, "offer", "kim", 4)
    done = approve(told.workspace, "offer", "kim", 2)
    assert (done.approved, done.waiting) == (2, 1)
    assert done.not_going == {"consent": 1, "erased": 1, "suppressed": 1}
    found = {i.customer_id: i for i in outbox(told.workspace, "offer")}
    stand = {who: found[told.customer(who).hex()] for who in people}
    going = [who for who, item in stand.items() if item.status == READY and not item.note]
    assert going == ["ann", "ben", "dan", "gus"]
    told.tell("hal", withdrawn, NOON + 2 * MINUTE)
    (one,) = waiting(told.workspace)
    assert (one.waiting, one.not_going, one.recipients) == (0, {"consent": 1}, [])
    with pytest.raises(NotFound, match="that may still go out; 1 may not: see"):
        approve(told.workspace, "offer", "kim")
    assert verify_workspace(told.workspace).is_clean


def test_what_nobody_approved_in_time_expires_and_stays_so(told):
    offered(told)
    told.wait(NOON + 6 * HOUR + MINUTE)
    assert waiting(told.workspace) == []
    with pytest.raises(NotFound):
        approve(told.workspace, "offer", "kim")
    found = outbox(told.workspace, status=EXPIRED)
    assert [i.expires_at for i in found] == [
        "2026-03-02T18:00:00.000003Z",
        "2026-03-02T18:00:00.000002Z",
    ]


def test_a_share_of_all_customers_is_what_the_log_knew_then(tmp_path):
    rules = RULES.replace("audience_max = 2", "audience_max = 90").replace("1.0", "0.5")
    with shop(tmp_path / "w", rules) as told:
        offered(told)  # four customers an hour ago: two may get one
        assert [i.status for i in outbox(told.workspace)] == [WAITING, WAITING, READY, READY]
        for n in range(20):
            told.agree(f"new{n}", NOON + HOUR)
        assert [i.status for i in outbox(told.workspace)] == [WAITING, WAITING, READY, READY]
        told.wait(NOON + DAY)
        told.tell("ann", OrderPlaced(order_id="o-1"), NOON + DAY)
        assert outbox(told.workspace)[0].status == READY


def test_a_dry_run_is_marked_and_an_approval_is_proved_with_the_rest(tmp_path):
    rules = RULES.replace("[triggers.sorry]", "[triggers.sorry]\ndry_run = true")
    with shop(tmp_path / "w", rules) as told:
        told.tell("ann", PaymentFailed(order_id="o-1"), NOON)
        assert [i.status for i in outbox(told.workspace)] == [DRY_RUN]
        offered(told, at=NOON + HOUR)
        approve(told.workspace, "offer", "kim")
        report = verify_workspace(told.workspace)
        assert report.is_clean, report
    with shop(tmp_path / "w", at=NOON + 2 * HOUR) as told:
        assert [i.approved_by for i in outbox(told.workspace, trigger="offer")] == [
            *["kim"] * 2,
            *[""] * 2,
        ]


def test_what_was_said_since_is_told_beside_what_was_decided(tmp_path):
    rules = RULES.replace(
        'start = { events = ["order-placed"] }',
        'start = { events = ["order-placed"] }\nexits = ["order-cancelled"]',
    )
    with shop(tmp_path / "w", rules) as told:
        offered(told)
        assert {item.note for item in outbox(told.workspace, "offer")} == {""}
        gone = ConsentWithdrawn(purpose="marketing", on_channel="email")
        told.tell("ann", gone, NOON + MINUTE)
        told.tell("ben", SpamComplained(channel="email"), NOON + MINUTE)
        told.tell("cem", OrderCancelled(order_id="o-cem"), NOON + MINUTE)
        told.tell("cem", OrderCancelled(order_id="o-other"), NOON + MINUTE + 1)
        dan, cem, ben, ann = outbox(told.workspace, "offer")
        assert ann.note.startswith("email: withdrawn at ")
        assert ben.note == "email: the customer called a message there spam"
        assert (cem.note, dan.note) == ("order-cancelled came", "")
        pause(told.workspace, ["offer"], paused=True)
        assert outbox(told.workspace, "offer")[0].note == "the trigger is paused"
        with pytest.raises(UsageError, match="is paused"):
            approve(told.workspace, "offer", "kim")


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ('"gold"', "gold"),
        ('"[1]"', "[1]"),
        ('"null"', "null"),
        ('"{{ order_id }}"', "{{ order_id }}"),
    ],
)
def test_a_trait_is_read_as_people_write_it_once(tmp_path, stored, told):
    rules = RULES.replace("{{ order_id }} failed.", "{{ traits.tier }}, {{ person.tier | no }}.")
    with shop(tmp_path / "w", rules + '[traits.tier]\ntype = "string"\n') as open_shop:
        open_shop.tell("ann", TraitsStated(traits={"tier": stored}), NOON - HOUR)
        open_shop.tell("ann", PaymentFailed(order_id="o-1"), NOON)
        (item,) = outbox(open_shop.workspace)
        assert item.text == f"Dear customer, {told}, {told}."
