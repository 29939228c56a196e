"""Segment's calls: who, what and when arrive in our fields, all else as it was written."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey.ingest import segment
from journey.ingest.forms import FORMS
from journey.ingest.importers import importer
from journey.ingest.segment_vocabulary import CALLS, EVENTS, VOCABULARIES, plain
from journey.ingest.source import Source
from journey.ports import Draft
from schemas import events
from schemas.errors import CannotAccept
from schemas.fact import Touchpoint
from schemas.times import SECOND, parse_rfc3339, rfc3339
from tests.leaves import lost
from tests.segment_page import PAGE, with_tables

NOW = parse_rfc3339("2024-06-01T00:00:00Z")
AT = "2024-05-01T12:00:00.250Z"
SECRET = "Ann-Marie"  # stands wherever a value could slip into a reason
TRACK = {
    "type": "track",
    "messageId": "m-1",
    "userId": "u-1",
    "timestamp": AT,
    "event": "Lamp Lit",
}


def payload(**changed: Any) -> bytes:
    """A good payload with changes; None takes a member away."""
    return json.dumps({k: v for k, v in (TRACK | changed).items() if v is not None}).encode()


def draft(**changed: Any) -> Any:
    """A draft; the type of its fact follows from the payload's."""
    (made,), refusals = segment.parse(payload(**changed), 7, NOW)
    assert refusals == []
    return made


def fact(**changed: Any) -> Any:
    return draft(**changed).fact


def tracked(event: str, **properties: Any) -> Any:
    return fact(event=event, properties=properties)


def kind(made: Any) -> str:
    return type(made).__name__


def refusal(data: bytes) -> CannotAccept:
    with pytest.raises(CannotAccept) as caught:
        segment.parse(data, 7, NOW)
    assert SECRET not in str(caught.value)
    assert str(caught.value).endswith(".")
    return caught.value


# --- what a call is ---------------------------------------------------------------------------


def test_a_tracked_event_that_nobody_knows_is_custom_and_keeps_what_it_says():
    data = (
        b'{"type": "track", "messageId": "m-1", "userId": "u-1", "anonymousId": "a-1", '
        b'"event": "Lamp Lit", "timestamp": "2024-05-01T14:00:00+02:00", "version": 2, '
        b'"properties": {"price": 12.50, "name": "L", "tags": [1], "type": "t", "none": null}, '
        b'"context": {"ip": "192.0.2.1", "a":  1e3}, "writeKey": "secret"}'
    )
    (made,), _ = segment.parse(data, 7, NOW)
    assert made == Draft(
        source="segment",
        message_id="track:m-1",
        occurred_at=parse_rfc3339("2024-05-01T12:00:00Z"),
        identities={"user_id": ["u-1"], "anonymous": ["a-1"]},
        sequence=7 * segment.BATCH_ITEMS,
        per_delivery=frozenset({"sentAt", "/sentAt", "receivedAt", "/receivedAt"}),
        fact=events.Custom(
            name="Lamp Lit",
            direction="inbound",
            actor_kind="customer",
            message_id="track:m-1",
            identities={"user_id": ["u-1"], "anonymous": ["a-1"]},
            extra={
                "price": "12.50",
                "/properties/name": '"L"',
                "/properties/tags": "[1]",  # ours are texts, and stand in clear
                "type": '"t"',
                "none": "null",
                "/type": '"track"',
                "messageId": '"m-1"',
                "timestamp": '"2024-05-01T14:00:00+02:00"',
                "version": "2",
                "context": '{"ip":"192.0.2.1","a":1e3}',
            },
        ),
    )


def test_identify_states_traits():
    made = draft(type="identify", event=None, traits={"email": "ann@example.com", "age": 30})
    assert kind(made.fact) == "TraitsStated"
    assert made.fact.traits == {"email": '"ann@example.com"', "age": "30"}
    assert made.identities == {"user_id": ["u-1"], "email": ["ann@example.com"]}


def test_page_and_screen_are_views():
    page = {"title": "Home", "url": "https://a.example/", "referrer": ""}
    context = {"page": {"url": "https://b.example/", "referrer": "https://c.example/"}}
    seen = fact(type="page", event=None, name="Home", properties=page, context=context)
    assert kind(seen) == "PageViewed"
    assert (seen.channel, seen.name, seen.url) == ("web", "Home", "https://a.example/")
    assert seen.referrer == "https://c.example/"
    assert seen.extra["/properties/referrer"] == '""'
    seen = fact(type="screen", event=None, properties={"name": "Cart"})
    assert kind(seen) == "PageViewed"
    assert (seen.channel, seen.name) == ("app", "Cart")


def test_group_is_custom_and_its_traits_are_nobodys_own():
    made = draft(type="group", event=None, groupId="g-1", traits={"email": "info@example.com"})
    assert kind(made.fact) == "Custom"
    assert made.fact.name == "group"
    assert made.fact.extra["groupId"] == '"g-1"'
    assert made.fact.extra["traits"] == '{"email":"info@example.com"}'
    assert made.identities == {"user_id": ["u-1"]}


def test_alias_links_what_the_customer_was_called():
    made = draft(type="alias", event=None, previousId="p-1", anonymousId="a-1")
    assert kind(made.fact) == "IdentityLinked"
    assert made.identities == {"user_id": ["u-1", "p-1"], "anonymous": ["a-1", "p-1"]}
    assert "previousId" not in made.fact.extra


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"event": "Lamp Lit"}, "custom"),
        ({"groupId": "g", "traits": {}}, "custom"),
        ({"previousId": "p"}, "identity-linked"),
        ({"traits": {"a": 1}}, "traits-stated"),
        ({"action": "page"}, "page-viewed"),
    ],
)
def test_a_payload_without_type_is_known_by_its_members(told, expected):
    made = fact(**({"type": None, "event": None} | told))
    assert made.TYPE.rpartition(".")[0] == expected


# --- vocabularies -----------------------------------------------------------------------------


def test_the_tables_name_types_and_properties_that_exist():
    for meaning in [*CALLS.values(), *EVENTS.values()]:
        form = FORMS[meaning.type]
        names = {"quantity" if n == "removed" else n for n in meaning.declared}
        known = set(form.fact.__struct_fields__)
        for name in names | set(meaning.always):
            assert name in known or f"{name}_micros" in known, (meaning.type, name)
        assert not meaning.needs or meaning.needs in meaning.declared
    assert len(EVENTS) == sum(map(len, VOCABULARIES.values())), "two names read alike"


@pytest.mark.parametrize("event", [e for v in VOCABULARIES.values() for e in v])
def test_every_reserved_name_is_what_the_table_says(event):
    made = tracked(event, rating=4)
    assert made.TYPE.rpartition(".")[0] == EVENTS[plain(event)].type
    assert made.extra["event"] == json.dumps(event)


def test_an_order_has_its_amount_and_what_was_written():
    made = tracked("Order Completed", order_id="o-1", total=27.5, currency="eur", revenue="25.00")
    assert (made.order_id, made.amount_micros, made.currency) == ("o-1", 27_500_000, "EUR")
    kept = {"/properties/currency": '"eur"', "revenue": '"25.00"', "total": "27.5"}
    assert kept.items() <= made.extra.items()
    assert tracked("order_completed", revenue="25.00").amount_micros == 25_000_000
    assert tracked("Order Completed", total=59.970000000000006).amount_micros == 59_970_000


@pytest.mark.parametrize("odd", ["", "12,50", -1, True, None, [], {}, "1e99", "9" * 40])
def test_what_does_not_fit_is_kept_and_refuses_nothing(odd):
    made = tracked("Order Completed", total=odd, currency="Euro", order_id=["x"])
    assert (made.amount_micros, made.currency) == (0, "")
    assert json.loads(made.extra["total"]) == odd
    assert made.extra["/properties/order_id"] == '["x"]'


def test_a_cart_changes_both_ways():
    added = tracked("Product Added", product_id=7, price=1.5, quantity=3, category="c")
    assert (added.product_id, added.price_micros, added.quantity) == ("7", 1_500_000, 3)
    assert tracked("Product Removed", quantity=2).quantity == -2
    assert tracked("Product Removed").quantity == -1
    assert tracked("Product Removed", quantity=-5).quantity == -1


def test_a_chat_is_seen_from_the_customer():
    said = {"conversation_id": "c-1", "message_body": "Where?", "agent_id": "agent-7"}
    sent = draft(event="Live Chat Message Sent", properties=said)
    assert (sent.fact.TYPE, sent.fact.text) == ("message-received.v2", "Where?")
    assert (sent.conversation, sent.fact.is_question) == ("c-1", True)
    received = draft(event="Live Chat Message Received", properties=said)
    assert received.fact.TYPE == "message-sent.v2"
    assert (received.fact.actor_kind, received.fact.actor) == ("human", "agent-7")
    assert received.identities == {"user_id": ["u-1"]}
    assert tracked("Message Received", conversationId="c").actor_kind == "bot"
    assert tracked("Live Chat Conversation Started", **said).subject == "Where?"


def test_mail_and_push_are_outreach():
    made = tracked("Email Link Clicked", campaign_id="5", campaign_name="May", link_id="l-1")
    assert (made.channel, made.campaign, made.name) == ("email", "May", "l-1")
    pushed = tracked("Push Notification Tapped", campaign={"name": "June"})
    assert (pushed.channel, pushed.campaign) == ("push", "June")


def test_a_review_needs_its_stars():
    made = tracked("Product Reviewed", rating="4.5", review_body="Fine", product_id="p")
    assert (made.TYPE, made.stars, made.text) == ("review-posted.v2", 4.5, "Fine")
    odd: Any
    for odd in (None, "good", 9, "nan", True, [], 10**400):
        made = tracked("Product Reviewed", rating=odd, review_body="Fine")
        assert (made.TYPE, made.name) == ("custom.v2", "Product Reviewed")
        assert made.extra["review_body"] == '"Fine"'


@pytest.mark.parametrize("told", ["browser", "mobile", "server", 7])
def test_the_channel_is_the_payloads_where_the_event_has_none(told):
    expected = {"browser": "web", "mobile": "app"}.get(told, "")
    assert fact(channel=told).channel == expected
    assert fact(context={"channel": told}).channel == expected


# --- who --------------------------------------------------------------------------------------


def test_people_are_named_in_many_places():
    external = [
        {"id": "x-1", "type": "crm_id", "collection": "users", "encoding": "none"},
        {"id": "x-2", "type": "My CRM", "collection": "users"},
        {"id": "acme", "type": "account", "collection": "accounts"},
        {"id": "", "type": "empty"},
        {"id": "x-3", "type": "1"},
        "x",
    ]
    traits = {"email": "ann@example.com", "phone": "+49 171 5550100"}
    made = draft(user_id=7, context={"traits": traits, "externalIds": external})
    assert made.identities == {
        "user_id": ["u-1", "7"],
        "email": ["ann@example.com"],
        "phone": ["+49 171 5550100"],
        "crm_id": ["x-1"],
        "my_crm": ["x-2"],
    }
    assert made.fact.extra["user_id"] == "7"


def test_who_names_nobody_is_a_visitor_of_this_message_alone():
    odd: Any
    for odd in (None, "", " ", {}):
        assert draft(userId=odd).identities == {"anonymous:message": ["track:m-1"]}


# --- when -------------------------------------------------------------------------------------

STAMPS = {
    "originalTimestamp": "2024-05-01T12:00:00Z",
    "sentAt": "2024-05-01T12:00:10Z",
    "receivedAt": "2024-05-01T12:01:00Z",
}


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ({"timestamp": AT, **STAMPS}, AT),
        (STAMPS, "2024-05-01T12:00:50Z"),
        ({**STAMPS, "sentAt": None}, STAMPS["originalTimestamp"]),
        ({"sentAt": STAMPS["sentAt"], "receivedAt": STAMPS["receivedAt"]}, STAMPS["receivedAt"]),
        ({"sentAt": STAMPS["sentAt"]}, STAMPS["sentAt"]),
    ],
)
def test_the_time_is_told_or_computed_and_all_stamps_are_kept(told, at):
    made = draft(**({"timestamp": None} | told))
    assert made.occurred_at == parse_rfc3339(at)
    # A time that was corrected for the device's clock is another at each delivery.
    assert made.time_given == ("originalTimestamp" not in told)
    for name, stamp in told.items():
        if stamp:
            assert made.fact.extra[name] == json.dumps(stamp)
    received = told.get("receivedAt")
    assert made.fact.received_at == (parse_rfc3339(received) if received else 0)


def test_without_any_time_it_happened_when_it_is_read():
    made = draft(timestamp=None)
    assert (made.occurred_at, made.time_given) == (NOW, False)


@given(*(st.integers(0, 10**9) for _ in range(3)))
def test_the_computed_time_is_that_of_the_specification(original, sent, received):
    base = parse_rfc3339("2020-01-01T00:00:00Z")
    stamps = {
        "originalTimestamp": rfc3339(base + original),
        "sentAt": rfc3339(base + sent),
        "receivedAt": rfc3339(base + received),
    }
    assert draft(timestamp=None, **stamps).occurred_at == base + received - sent + original


# --- once -------------------------------------------------------------------------------------


def test_without_message_id_the_content_is_the_id():
    known = draft(messageId=None).message_id
    assert known.startswith("track:sha256:")
    other_order = json.dumps(dict(reversed((TRACK | {"messageId": ""}).items())), indent=2)
    assert segment.parse(other_order.encode(), 1, NOW)[0][0].message_id != known  # it has one more
    spaced = json.dumps({k: TRACK[k] for k in reversed(TRACK) if k != "messageId"}, indent=2)
    assert segment.parse(spaced.encode(), 1, NOW)[0][0].message_id == known
    assert draft(messageId=None, userId="u-2").message_id != known


def test_one_id_in_two_calls_is_two_messages():
    assert draft().message_id != draft(type="page").message_id


# --- batches ----------------------------------------------------------------------------------


def test_a_batch_gives_its_good_items_and_keeps_each_bad_one_by_itself():
    good, bad = TRACK | {"context": {"ip": "1"}}, {"type": "track", "userId": SECRET}
    shared = {"context": {"ip": "2", "locale": "de"}, "sentAt": "2024-05-01T12:00:10Z"}
    body = {"batch": [good, bad, 7, TRACK], "writeKey": "secret", **shared}
    drafts, refusals = segment.parse(json.dumps(body).encode(), 3, NOW)
    assert [d.sequence - 3 * segment.BATCH_ITEMS for d in drafts] == [0, 3]
    facts: list[Any] = [d.fact for d in drafts]
    first, last = (json.loads(each.extra["context"]) for each in facts)
    assert (first, last) == ({"ip": "1", "locale": "de"}, shared["context"])
    assert facts[0].extra["sentAt"] == '"2024-05-01T12:00:10Z"'
    assert [r.code for r in refusals] == ["missing-field", "not-an-object"]
    assert refusals[0].reason.startswith("Item 2: event: is missing")
    assert SECRET not in refusals[0].reason
    assert json.loads(refusals[0].data) == bad | shared
    again = json.dumps({**json.loads(refusals[0].data), "event": "Mended"}).encode()
    assert len(segment.parse(again, 1, NOW)[0]) == 1


@pytest.mark.parametrize("form", ["array", "lines", "batch", "indented"])
def test_payloads_come_in_any_form(form):
    told = [TRACK | {"messageId": f"m-{n}"} for n in range(3)]
    data = {
        "array": json.dumps(told),
        "lines": "\n".join(map(json.dumps, told)),
        "batch": json.dumps({"batch": told}),
        "indented": json.dumps({"batch": told}, indent=1),
    }[form]
    items = list(importer("segment").read(Source([data.encode()]), NOW))
    made = [d for item in items for d in item.drafts]
    assert [d.message_id for d in made] == ["track:m-0", "track:m-1", "track:m-2"]
    assert sorted(made, key=lambda d: d.sequence) == made


# --- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("missing-field", {"event": None}),
        ("missing-field", {"event": " "}),
        ("wrong-type", {"event": 7}),
        ("text-too-long", {"event": "x" * 513}),
        ("missing-field", {"type": None, "event": None}),
        ("unknown-call", {"type": SECRET}),
        ("unknown-call", {"type": 7}),
        ("missing-field", {"type": "group"}),
        ("missing-field", {"type": "alias"}),
        ("missing-field", {"type": "alias", "previousId": "p", "userId": None}),
        ("wrong-type", {"properties": [SECRET]}),
        ("wrong-type", {"type": "identify", "traits": SECRET}),
        ("bad-message-id", {"messageId": [SECRET]}),
        ("bad-message-id", {"messageId": SECRET * 100}),
        ("text-too-long", {"messageId": "m" * 510}),
        ("text-too-long", {"userId": "u" * 513}),
        ("no-time-zone", {"timestamp": "2024-05-01T12:00:00"}),
        ("bad-time", {"timestamp": SECRET}),
        ("wrong-type", {"timestamp": 1_714_564_800}),
        ("far-future", {"timestamp": "2124-05-01T12:00:00Z"}),
        ("bad-time", {"timestamp": None, "sentAt": SECRET}),
        ("bad-time", {"receivedAt": SECRET}),
        ("nul-character", {"properties": {SECRET: "\0"}}),
        ("nul-character", {"userId": "\0"}),
        ("text-too-long", {"context": {"a": "x" * 100_001}}),
    ],
)
def test_a_bad_payload_is_refused_with_the_remedy(code, changed):
    assert refusal(payload(**changed)).code == code


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("bad-json", b'{"type": "track", '),
        ("bad-json", b"\0\0"),
        ("not-an-object", b"[1, 2]"),
        ("not-an-object", b"42"),
        ("not-utf8", payload().replace(b"Lamp", b"\xff\xfe\xe4")),
        ("not-utf8", payload(context={"a": "Lamp"}, event="x").replace(b"Lamp", b"\xff\xfe\xe4")),
        ("record-too-long", payload(context={"a": "x" * 2**20})),
    ],
)
def test_what_is_no_payload_is_refused(code, data):
    assert refusal(data).code == code


def test_deep_nesting_is_refused():
    deep = payload(context=1).replace(b'"context": 1', b'"context": ' + b"[" * 10**5 + b"]" * 10**5)
    (refused,) = importer("segment").parse(deep, 1, NOW).rejected
    assert refused.code == "too-deep"


# --- nothing is lost --------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
WORDS = "name url total currency order_id quantity tags /name campaign userId context type price"
NAMES = st.sampled_from([*WORDS.split(), "traits", "message_body", "conversation_id", "x/y~z"])
OBJECT = st.dictionaries(NAMES | st.text(max_size=5), JSON, max_size=6)


@given(
    st.sampled_from([e for v in VOCABULARIES.values() for e in v] + ["Lamp Lit"]),
    st.sampled_from(sorted(CALLS)),
    OBJECT,
    OBJECT,
    OBJECT,
)
def test_every_value_of_a_payload_is_found_in_the_event(event, call, properties, context, more):
    told = {
        k: v for k, v in more.items() if k not in {"writeKey", "userId", "type", "batch", "action"}
    }
    told |= TRACK | {"type": call, "event": event, "properties": properties, "context": context}
    told |= {"groupId": "g-1", "previousId": "p-1", "traits": {"a": [1, {"b": 2}]}}
    try:
        (made,), _ = segment.parse(json.dumps(told).encode(), 1, NOW)
    except CannotAccept as refused:
        assert refused.code in {"nul-character", "text-too-long", "bad-json"}
        return
    assert isinstance(made.fact, Touchpoint)
    assert lost(told, made.fact) == []


def test_no_time_is_lost_to_rounding():
    assert draft(timestamp="2024-05-01T12:00:00.123456Z").occurred_at % SECOND == 123_456


def test_the_page_shows_the_tables():
    text = PAGE.read_text(encoding="utf-8")
    assert with_tables(text) == text, "run: python -m tests.segment_page"
