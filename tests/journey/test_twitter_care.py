"""Customer care on Twitter: who said what to whom, and when, message by message."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from journey.ingest.importers import Parsed, importer
from journey.ingest.source import Source, open_source
from journey.ingest.twitter_care import HANDLE, parse, tweet_time
from journey.ports import Draft
from schemas import events
from schemas.errors import CannotAccept
from schemas.fact import Touchpoint
from schemas.times import HOUR, SECOND, parse_rfc3339

FIXTURES = Path(__file__).parent.parent / "fixtures" / "ingest"
NOW = parse_rfc3339("2024-06-01T00:00:00Z")
TWITTER = importer("twitter-care")


def read(data: bytes, size: int = 1 << 30) -> list[Parsed]:
    chunks = (data[at : at + size] for at in range(0, len(data), size))
    return list(TWITTER.read(Source(chunks), NOW))


@pytest.fixture
def dialogue():
    """One good conversation, to be spoilt."""
    return json.loads((FIXTURES / "dialogues.json").read_bytes())[0]


def encoded(dialogue) -> bytes:
    return json.dumps(dialogue).encode()


@pytest.mark.parametrize("size", [1, 13, 1 << 20])
def test_a_conversation_becomes_its_messages(size):
    first, second = read((FIXTURES / "dialogues.json").read_bytes(), size)
    assert (first.line, second.line, first.rejected, second.rejected) == (1, 2, [], [])
    opened, answered, joined, closed = first.drafts
    opener = {HANDLE: ["client_a"]}
    for index, draft in enumerate(first.drafts):
        assert (draft.source, draft.conversation, draft.owner) == ("twitter-care", "s-1", opener)
        assert (draft.sequence, draft.sequence_given) == (index, False)
        assert isinstance(draft.fact, Touchpoint)
        assert draft.message_id == draft.fact.message_id == f"s-1/{draft.message_id[4:]}"
        assert (draft.fact.brand, draft.fact.channel) == ("Aozora", "social")
        assert draft.fact.conversation_id == "s-1"

    assert isinstance(opened.fact, Touchpoint)
    assert (opened.identities, opened.author, opened.fact.identities) == (opener, {}, opener)
    assert (opened.fact.direction, opened.fact.actor_kind) == ("inbound", "customer")
    assert isinstance(opened.fact, events.MessageReceived)
    assert isinstance(joined.fact, events.MessageReceived)
    assert opened.fact.text == "@Aozora my order, where is it?"
    assert opened.occurred_at == parse_rfc3339("2020-02-13T00:19:15Z")
    assert opened.id_time == tweet_time("1227749037991919616")
    assert opened.id_time // SECOND * SECOND == opened.occurred_at

    stranger = {HANDLE: ["client_b"]}
    assert (joined.identities, joined.author, joined.fact.author) == ({}, stranger, stranger)
    assert joined.fact.text == '@client_a same "here" [ ] { \\ }'

    for sent in (answered, closed):
        assert isinstance(sent.fact, events.MessageSent)
        assert (sent.fact.direction, sent.fact.actor_kind) == ("outbound", "human")
        assert (sent.fact.actor, sent.identities, sent.author) == ("Aozora", {}, {})
    assert closed.occurred_at == parse_rfc3339("2020-02-13T11:52:39Z")
    assert isinstance(closed.fact, events.MessageSent)
    assert closed.fact.text == "@client_a Here is how: https://help.example/17"
    assert closed.fact.extra == {
        "doc_id": '"17"',
        "turn": '"4"',
        "url": '"https://help.example/17"',
    }
    assert closed.message_id != second.drafts[-1].message_id  # one tweet in two conversations


SPOILT = [
    ("bad-role", lambda m: m.update({"bot": m.pop("client1")})),
    ("bad-role", lambda m: m.update({"agent": "Aozora"})),
    ("missing-field", lambda m: m.pop("tweet_ID")),
    ("missing-field", lambda m: m.pop("datetime")),
    ("missing-field", lambda m: m.update(client1=" ")),
    ("wrong-type", lambda m: m.update(tweet_ID=1227749613438164992)),
    ("wrong-type", lambda m: m.update(message=["x"])),
    ("bad-tweet-id", lambda m: m.update(tweet_ID="abc")),
    ("no-time-zone", lambda m: m.update(datetime="2020-02-13T00:21:32")),
    ("far-future", lambda m: m.update(datetime="2030-02-13T00:21:32Z")),
    ("nul-character", lambda m: m.update(message="client_b\0")),
]


@pytest.mark.parametrize(("code", "spoil"), SPOILT)
def test_a_bad_message_costs_only_itself(dialogue, code, spoil):
    spoil(dialogue["dialogContent"][2])
    data = encoded(dialogue)
    item = TWITTER.parse(data, 1, NOW)
    assert [draft.sequence for draft in item.drafts] == [0, 1, 3]
    (rejected,) = item.rejected
    assert rejected.code == code
    assert rejected.reason.startswith("Message 3: ")
    assert "client_b" not in rejected.reason
    assert b"".join(rejected.data) == data  # which alone could be re-driven


@pytest.mark.parametrize("closing", [{}, "text", {"tweet_ID": "9" * 19}])
def test_a_bad_closing_message_costs_only_itself(dialogue, closing):
    drafts, refusals = parse(encoded(dialogue | {"agentURL": closing}), NOW)
    assert (len(drafts), len(refusals)) == (3, 1)


def test_a_conversation_need_not_be_closed(dialogue):
    del dialogue["agentURL"]
    drafts, refusals = parse(encoded(dialogue), NOW)
    assert (len(drafts), refusals) == (3, [])


def test_without_an_opener_nobody_owns_the_conversation(dialogue):
    opening = dialogue["dialogContent"][0]
    opening["client2"] = opening.pop("client")
    drafts, _ = parse(encoded(dialogue), NOW)
    assert {str(draft.owner) for draft in drafts} == {"{}"}
    assert drafts[0].author == {HANDLE: ["client_a"]}


@pytest.mark.parametrize(
    ("code", "spoil"),
    [
        ("missing-field", lambda d: d.pop("dialogHeader")),
        ("missing-field", lambda d: d["dialogHeader"].pop("sessionID")),
        ("missing-field", lambda d: d["dialogHeader"].pop("company")),
        ("wrong-type", lambda d: d.update(dialogContent="x")),
        ("wrong-type", lambda d: d.update(dialogHeader=[])),
        ("nul-character", lambda d: d["dialogHeader"].update(company="\0")),
    ],
)
def test_a_conversation_without_a_head_is_refused_as_a_whole(dialogue, code, spoil):
    spoil(dialogue)
    with pytest.raises(CannotAccept) as caught:
        parse(encoded(dialogue), NOW)
    assert caught.value.code == code


def test_the_shared_file_arrives_whole(shared_data):
    path = shared_data / "twitter_care" / "conversations.json"
    if not path.is_file():
        pytest.skip("missing: twitter_care/conversations.json of the shared data sets")
    with open_source(path) as source:
        items = list(TWITTER.read(source, NOW))
    drafts = [draft for item in items for draft in item.drafts]
    assert not any(item.rejected for item in items)
    assert len(drafts) == len({draft.message_id for draft in drafts}) == 1211
    assert len({draft.conversation for draft in drafts}) == 525
    assert sum(direction(draft) == "inbound" for draft in drafts) == 625
    assert sum(bool(draft.author) for draft in drafts) == 19
    assert len({draft.owner[HANDLE][0] for draft in drafts}) == 520
    for draft in drafts:
        assert draft.id_time is not None
        assert draft.id_time // SECOND * SECOND == draft.occurred_at

    by_conversation = defaultdict(list)
    for draft in drafts:
        by_conversation[draft.conversation].append(draft)
    long_waits = []  # the conversation of each turn that waited more than an hour
    for conversation, said in by_conversation.items():
        began = None
        for draft in sorted(said, key=lambda d: (d.occurred_at, d.sequence)):
            if direction(draft) == "inbound":
                began = draft.occurred_at if began is None else began
            elif began is not None:
                long_waits += [conversation] * (draft.occurred_at - began > HOUR)
                began = None
    assert (len(long_waits), len(set(long_waits))) == (310, 300)


def direction(draft: Draft) -> str:
    assert isinstance(draft.fact, Touchpoint)
    return draft.fact.direction
