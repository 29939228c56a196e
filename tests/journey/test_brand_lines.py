"""Lines that concern no customer: what they may say, and what is kept of the rest."""

import json

import pytest

from journey.ingest import cloudevents, jsonl
from journey.ingest.forms import FORMS
from journey.ingest.importers import importer
from journey.ingest.mapped import mapping as mappings
from schemas.errors import CannotAccept, ConfigurationError
from schemas.events import ActionOpened, ChannelRetirementAnnounced, MentionObserved, PostPublished
from schemas.times import parse_rfc3339

NOW = parse_rfc3339("2026-02-01T00:00:00Z")
OF_BRANDS = [name for name, form in FORMS.items() if form.is_of_brand]
NEEDED = {"channel": "sms", "properties": {"action": "a-1"}}


def line(type_="mention-observed", **told):
    head = {"id": "1", "source": "social", "type": type_, "time": "2026-01-10T09:00:00Z"}
    return json.dumps(head | told).encode()


def read(type_="mention-observed", **told):
    return jsonl.parse(line(type_, **told), 7, NOW)


@pytest.mark.parametrize("type_", OF_BRANDS)
@pytest.mark.parametrize(
    "named",
    [{"identities": {"email": "a@b.c"}}, {"owner": {"user_id": "u"}}, {"conversation": "c"}],
)
def test_a_customer_is_refused(type_, named):
    with pytest.raises(CannotAccept, match="has no customer") as refused:
        read(type_, **NEEDED, **named)
    assert refused.value.code == "names-somebody"
    assert read(type_, **NEEDED).identities == {}


def test_a_mention_is_read_whole():
    draft = read(
        channel="social",
        brand="Acme",
        direction="inbound",
        actor={"kind": "customer", "id": "@someone"},
        likes=4,
        properties={
            **{"subject": "competitor", "competitor": "Bolt", "sentiment": -0.25, "text": "Hm."},
            **{
                "topic": "price",
                "tags": ["a"],
                "urgency": "high",
                "received_at": "2026-01-10T09:00:01Z",
            },
            **{"correlation_id": "r-1", "reach": 12.50},
        },
    )
    assert draft.fact == MentionObserved(
        channel="social",
        brand="Acme",
        actor_kind="customer",
        author={"actor": ["@someone"]},
        topic="price",
        tags=["a"],
        received_at=parse_rfc3339("2026-01-10T09:00:01Z"),
        message_id="1",
        correlation_id="r-1",
        subject="competitor",
        competitor="Bolt",
        sentiment=-0.25,
        is_rated=True,
        text="Hm.",
        extra={"urgency": '"high"', "reach": "12.5", "likes": "4", "direction": '"inbound"'},
    )
    assert (draft.sequence, draft.sequence_given, draft.author) == (7, False, {})


def test_a_sentiment_of_nought_is_told_and_none_is_not():
    for told, is_rated in (({"sentiment": 0}, True), ({}, False)):
        fact = read(properties=told).fact
        assert isinstance(fact, MentionObserved)
        assert (fact.sentiment, fact.is_rated) == (0.0, is_rated)


@pytest.mark.parametrize(
    ("type_", "told", "code"),
    [
        ("mention-observed", {"properties": {"subject": "us"}}, "bad-subject"),
        ("mention-observed", {"properties": {"sentiment": 1.01}}, "score-off-scale"),
        ("mention-observed", {"properties": {"sentiment": "good"}}, "wrong-type"),
        ("post-published", {"properties": {"followers": 1.5}}, "wrong-type"),
        ("channel-retired", {}, "missing-field"),
        ("channel-retirement-announced", {"properties": {"instead": "email"}}, "missing-field"),
        ("action-opened", {}, "missing-field"),
        ("action-done", {"properties": {"outcome": "better"}}, "missing-field"),
        ("action-done", {"channel": "No Channel"}, "bad-channel"),
    ],
)
def test_what_makes_no_sense_is_refused(type_, told, code):
    with pytest.raises(CannotAccept) as refused:
        read(type_, **told)
    assert refused.value.code == code


def test_the_other_types_are_read():
    assert isinstance(read("post-published", properties={"followers": 3}).fact, PostPublished)
    announced = read(
        "channel-retirement-announced",
        channel="sms",
        properties={"retires_at": "2030-03-01T00:00:00Z", "instead": "messaging"},
    ).fact
    assert isinstance(announced, ChannelRetirementAnnounced)
    assert (announced.channel, announced.retires_at) == (
        "sms",
        parse_rfc3339("2030-03-01T00:00:00Z"),
    )
    opened = read("action-opened.v1", properties={"action": "a", "due_at": "2030-03-01T00:00:00Z"})
    assert isinstance(opened.fact, ActionOpened)


def test_cloudevents_tell_them_too():
    told = {"specversion": "1.0", "id": "e-1", "source": "/social", "time": "2026-01-10T09:00:00Z"}
    told |= {"type": "com.acme.mention-observed"}
    event = told | {"data": {"brand": "Acme", "sentiment": 0.5}}
    fact = cloudevents.parse(json.dumps(event).encode(), 1, NOW).fact
    assert isinstance(fact, MentionObserved)
    assert (fact.brand, fact.sentiment) == ("Acme", 0.5)


def test_an_activity_of_a_trace_is_a_customers_whatever_its_name():
    case = {"concept:name": '"case-1"'}
    event = {"concept:name": "post-published", "time:timestamp": "2026-01-10T09:00:00Z"}
    data = json.dumps({"log": "", "number": 1, "trace": case, "event": event}).encode()
    (draft,) = importer("xes").parse(data, 1, NOW).drafts
    assert draft.fact.TYPE.startswith("custom")


MAPPING = """
id = ["id"]
duplicates = "once"
[constants]
source = "social"
type = "mention-observed"
[fields]
time = { column = "at", format = "rfc3339" }
brand = "brand"
properties.text = "text"
"""


def test_a_mapping_of_such_a_type_names_nobody():
    assert mappings.parse(MAPPING).fields.brand == "brand"
    with pytest.raises(ConfigurationError, match="nobody is named"):
        mappings.parse(MAPPING.replace("mention-observed", "mentioned"))
