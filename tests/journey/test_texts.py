"""What a text tells, judgement by judgement, and how it gets into an event."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey.config.file import Config, parse
from journey.ingest.assess import facts, intent, person, question
from journey.ingest.assess.language import language
from journey.ingest.assess.said import said
from journey.ingest.assess.sentiment import sentiment
from journey.ingest.assess.texts import METHOD
from journey.ingest.assess.topic import SHIPPED, Topics
from journey.ingest.importers import importer
from schemas import events
from schemas.errors import ConfigurationError
from schemas.times import parse_rfc3339

NOW = parse_rfc3339("2026-02-01T00:00:00Z")
PLAIN = parse("")


def feels(text):
    return sentiment(said(text), language(said(text)))


def line(type_="message-received", **properties):
    told = {
        "id": "1",
        "source": "desk",
        "type": type_,
        "time": "2026-01-10T09:00:00Z",
        "identities": {"email": "ann@example.com"},
        "properties": properties,
    }
    if type_ == "mention-observed":
        del told["identities"]
    return json.dumps(told).encode()


def read(type_="message-received", config: Config = PLAIN, **properties):
    return config.reading(importer("jsonl")).parse(line(type_, **properties), 1, NOW)


def fact(type_="message-received", config: Config = PLAIN, **properties):
    (draft,) = read(type_, config, **properties).drafts
    return draft.fact


# --- single judgements ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Where is it?", True),
        ("どこですか\uff1f", True),
        ("どこですか", True),
        ("where is my order", True),
        ("Hi, could you tell me when it ships", True),
        ("I was wondering whether it ships", True),
        ("It is here: https://shop.example/?q=1", False),
        ("What a day", True),  # a rule by its first word is wrong here
        ("I will be there", False),
        ("", False),
        ("届きました。", False),
    ],
)
def test_a_question(text, asks):
    assert question.is_question(said(text)) is asks


@pytest.mark.parametrize(
    ("text", "is_bad"),
    [
        ("This is not good", True),
        ("This is good", False),
        ("It does not load", True),
        ("No reason. Ridiculous!", True),
        ("It is fine, but the service is terrible", True),
        ("悪くないです", False),
        ("満足していません", True),
        ("😡", True),
    ],
)
def test_a_sentiment_has_its_sign(text, is_bad):
    assert (feels(text) < 0) is is_bad
    assert feels(text) != 0


def test_a_sentiment_grows_with_what_is_said():
    assert feels("good") < feels("very good") < feels("very good!!")
    assert feels("bad") > feels("really bad") > feels("really bad!!")


def test_a_language_that_is_not_judged_has_no_sentiment():
    assert feels("Das ist nicht gut und ich warte schon eine Woche") is None
    assert feels("12345") is None
    assert feels("It is the black one that I have") == 0.0


@given(st.text(max_size=80))
def test_any_text_is_judged_within_bounds(text):
    told = said(text)
    felt = sentiment(told, language(told))
    assert felt is None or -1 < felt < 1
    assert facts.gave(told) == sorted(set(facts.gave(told)))
    assert facts.asked_for(told) == sorted(set(facts.asked_for(told)))
    assert Topics().of(told) in {"", *SHIPPED}
    wants = intent.intent(told, question.is_question(told), person.asks_person(told), felt)
    assert wants in {"", "question", "complaint", "request", "praise", "thanks", "spam"}


@pytest.mark.parametrize(
    "unit", ["a ", "order 1-", "@a.b", "1 Aa ", "please ", "届か", "\u00e9 ", "(0"]
)
def test_a_long_text_costs_no_more_than_its_beginning(unit):
    told = said(unit * 50_000)
    assert len(told.raw) == 2_000
    facts.gave(told)  # ends, though every place could be a beginning
    facts.asked_for(told)


# --- in an event ------------------------------------------------------------------------------


def test_what_a_customer_wrote_is_judged_in_full():
    told = fact(text="Where is order 10482? This is terrible. I want to talk to a human!")
    assert (told.language, told.is_rated, told.assessed_by) == ("en", True, METHOD)
    assert told.sentiment < -0.5
    assert (told.is_question, told.asks_person, told.gave) == (True, True, ["order_number"])
    assert (told.topic, told.topic_method) == ("order", "words.1")
    assert (told.intent, told.intent_method) == ("complaint", "rules.1")
    assert told.given == []


def test_of_what_the_brand_wrote_only_language_and_what_it_asks():
    for _ in range(2):  # the second time it is remembered
        told = fact("message-sent", text="Sorry! Please send us your order number.")
        assert (told.language, told.asked_for) == ("en", ["order_number"])
        assert (told.is_rated, told.topic, told.intent) == (False, "", "")
        assert told.assessed_by == METHOD


@pytest.mark.parametrize(
    ("type_", "properties"),
    [
        ("review-posted", {"text": "Great quality", "stars": 5}),
        ("survey-answered", {"comment": "Great quality", "survey": "csat", "score": 5}),
        ("mentioned", {"text": "Great quality"}),
        ("commented", {"text": "Great quality"}),
    ],
)
def test_reviews_comments_and_the_like_are_judged(type_, properties):
    told = fact(type_, **properties)
    assert (told.topic, told.intent, told.is_rated) == ("product", "praise", True)
    assert told.sentiment > 0.5


@pytest.mark.parametrize("properties", [{}, {"text": ""}, {"text": "  "}])
def test_without_a_text_nothing_is_known(properties):
    told = fact(**properties)
    assert (told.language, told.is_rated, told.assessed_by, told.topic) == ("", False, "", "")


def test_what_the_source_gives_is_kept_and_said_to_be_given():
    told = fact(
        text="Where is my parcel? Terrible.",
        topic="claims",
        intent="request",
        language="en-GB",
        sentiment=0.25,
        is_question=False,
        asks_person=True,
        gave=["email"],
    )
    assert (told.topic, told.topic_method) == ("claims", "")
    assert (told.intent, told.intent_method) == ("request", "")
    assert (told.language, told.is_rated, told.sentiment) == ("en", True, 0.25)
    assert (told.is_question, told.asks_person, told.gave) == (False, True, ["email"])
    assert told.given == ["asks_person", "gave", "is_question", "language", "sentiment"]
    assert told.extra["language"] == '"en-GB"'  # as it was told


def test_a_judgement_can_be_given_without_a_text():
    told = fact("commented", sentiment=-1)
    assert (told.is_rated, told.sentiment, told.given) == (True, -1.0, ["sentiment"])
    assert fact("commented", sentiment=None).given == []


def test_a_given_sentiment_makes_the_intent():
    assert fact(text="I see").intent == ""
    assert fact(text="I see", sentiment=-0.9).intent == "complaint"


def test_tags_are_a_topic_given():
    assert fact(text="Where is my parcel?", tags=["vip"]).topic == ""


@pytest.mark.parametrize(
    ("properties", "code", "field"),
    [
        ({"sentiment": 2}, "score-off-scale", "sentiment"),
        ({"sentiment": "good"}, "wrong-type", "sentiment"),
        ({"language": "English!"}, "bad-language", "language"),
        ({"gave": ["ann@example.com"]}, "unknown-kind", "gave"),
        ({"language": 3}, "wrong-type", "language"),
        ({"is_question": "yes"}, "wrong-type", "is_question"),
        ({"gave": [1]}, "wrong-type", "gave"),
    ],
)
def test_a_given_judgement_of_another_form_is_refused_by_name(properties, code, field):
    (refused,) = read(text="Hello", **properties).rejected
    assert refused.code == code
    assert refused.reason.startswith(f"{field}: ")


def test_a_mention_without_a_sentiment_gets_one():
    told = fact("mention-observed", text="Terrible shop, my parcel is late")
    assert told.sentiment < -0.5
    assert (told.is_rated, told.sentiment_method, told.language) == (True, "lexicon.1", "en")
    assert (told.topic, told.topic_method) == ("delivery", "words.1")
    told = fact("mention-observed", text="Terrible shop", sentiment=0.5)
    assert (told.is_rated, told.sentiment, told.sentiment_method) == (True, 0.5, "")


def chat(**properties):
    told = {
        "type": "track",
        "event": "Live Chat Message Sent",
        "messageId": "1",
        "userId": "u-1",
        "timestamp": "2026-01-10T09:00:00Z",
        "properties": {"message_body": "Where is it?", **properties},
    }
    parsed = PLAIN.reading(importer("segment")).parse(json.dumps(told).encode(), 1, NOW)
    (draft,) = parsed.drafts
    return draft.fact


def test_segment_gives_judgements_where_they_fit():
    told = chat(topic="claims", intent="request", language="de", sentiment=-0.5)
    assert (told.topic, told.topic_method) == ("claims", "")
    assert (told.intent, told.intent_method) == ("request", "")
    assert (told.language, told.sentiment, told.given) == ("de", -0.5, ["language", "sentiment"])
    told = chat(sentiment="negative", language="English!", is_question=False)
    assert (told.language, told.given, told.is_question) == ("en", [], True)
    assert told.extra["/properties/sentiment"] == '"negative"'  # nothing is lost


# --- topics of one's own ----------------------------------------------------------------------


def test_own_topics_come_beside_those_that_ship():
    config = parse('[topics.gift-card]\nwords = ["Gift  Card", "ギフト券"]\n')
    assert fact(config=config, text="my gift card for the order").topic == "gift-card"
    assert fact(config=config, text="ギフト券の注文").topic == "gift-card"
    assert fact(config=config, text="Where is my parcel?").topic == "delivery"
    assert fact(config=config, text="a gift").topic == ""


def test_words_are_added_or_stand_instead():
    added = parse('[topics.delivery]\nwords = ["sled"]\n')
    instead = parse('[topics.delivery]\nwords = ["sled"]\ninstead = true\n')
    none = parse("[topics.delivery]\nwords = []\ninstead = true\n")
    for config, sled, parcel in (
        (added, "delivery", "delivery"),
        (instead, "delivery", ""),
        (none, "", ""),
    ):
        assert fact(config=config, text="the sled").topic == sled
        assert fact(config=config, text="my parcel").topic == parcel


def test_other_words_are_another_method():
    one = parse('[topics.a]\nwords = ["sled"]\n')
    other = parse('[topics.a]\nwords = ["sledge"]\n')
    methods = {fact(config=c, text="my parcel").topic_method for c in (PLAIN, one, other)}
    assert len(methods) == 3
    assert all(method.startswith("words.1") for method in methods)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[topics.a]\n", "line 1, topics.a: words is missing"),
        ('[topics.a]\nwords = "x"\n', "line 2, topics.a.words: is wrong"),
        ('[topics.a]\nwords = [" "]\n', "line 2, topics.a.words: has an empty word"),
        ('[topics.a]\nwords = ["b"]\nwrods = 1\n', "line 3, topics.a.wrods: is unknown"),
        ('[topics." "]\nwords = ["b"]\n', "is no name"),
    ],
)
def test_a_wrong_topic_is_named_with_its_line(text, where):
    with pytest.raises(ConfigurationError) as caught:
        parse(text)
    assert where in str(caught.value)


# --- traits -----------------------------------------------------------------------------------

TRAITS = parse(
    """
[traits.plan]
type = "string"
allowed = ["gold", "basic"]
[traits.seats]
type = "integer"
[traits.mrr]
type = "decimal"
[traits.tester]
type = "boolean"
[traits.langs]
type = "string list"
[traits.birthday]
type = "string"
personal = true
"""
)


def test_declared_traits_stand_in_clear_and_all_stay_sealed():
    traits = {
        "plan": "gold",
        "seats": 3,
        "mrr": "12.50",
        "tester": True,
        "langs": ["de", "en"],
        "birthday": "2000-01-01",
        "unknown": "x",
    }
    told = fact("traits-stated", TRAITS, traits=traits)
    assert told.facts == {
        "langs": '["de","en"]',
        "mrr": "12.5",
        "plan": '"gold"',
        "seats": "3",
        "tester": "true",
    }
    assert set(told.traits) == set(traits)
    assert fact("traits-stated", PLAIN, traits=traits).facts == {}
    assert fact("traits-stated", TRAITS, traits={"plan": None}).facts == {}


@pytest.mark.parametrize(
    ("traits", "code"), [({"plan": "iron"}, "not-allowed"), ({"seats": "3"}, "wrong-type")]
)
def test_a_trait_that_is_not_as_declared_is_refused(traits, code):
    (refused,) = read("traits-stated", TRAITS, traits=traits).rejected
    assert refused.code == code


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('[traits.a]\ntype = "colour"\n', "line 2, traits.a.type: is wrong"),
        ('[traits.a]\ntype = "integer"\nallowed = ["x"]\n', "line 3, traits.a.allowed"),
        ('[traits.a]\ntype = "string"\nrequired = true\n', "line 3, traits.a.required: is unknown"),
    ],
)
def test_a_wrong_trait_is_named_with_its_line(text, where):
    with pytest.raises(ConfigurationError) as caught:
        parse(text)
    assert where in str(caught.value)


def test_all_types_with_a_text_of_somebody_are_judged():
    judged = {type_ for type_ in events.SHIPPED if "assessed_by" in type_.__struct_fields__}
    named = {t.TYPE.rpartition(".")[0] for t in judged}
    for name in named:
        properties: dict[str, Any] = {"text": "Thank you!", "comment": "Thank you!"}
        if name == "survey-answered":
            properties |= {"survey": "csat", "score": 3}
        assert fact(name, **properties).assessed_by == METHOD
