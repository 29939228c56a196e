"""The sample data: the same for a seed, in order, of the promised form, and counted rightly.

The recount below reads the lines alone. It knows nothing of how they are generated.
"""

import io
import itertools
import re
import tracemalloc
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from journey.sample import Planted, generate, write_jsonl
from journey.sample.book import LEFT, TOLD

Line = dict[str, Any]

START = datetime(2025, 3, 1, tzinfo=UTC)
DAYS = 60
SEEDS = (1, 2, 77)

KEYS = {
    "id",
    "source",
    "type",
    "time",
    "identities",
    "channel",
    "direction",
    "brand",
    "actor",
    "sequence",
    "properties",
}
CHANNELS = {"web", "app", "store", "phone", "ivr", "email", "chat", "sms", "push"}
CHANNELS |= {"social", "messaging", "review", "community", "survey"}
SUBSCRIPTION = {"subscription_id", "plan", "amount", "currency", "ends_at"}
CAMPAIGN = {"campaign", "purpose", "system"}
IN_CONVERSATIONS = ("message-", "conversation-", "call-", "person-requested", "bot-gave-up")
# Type -> the properties it must have, and those it may have.
PROPERTIES: dict[str, tuple[set[str], set[str]]] = {
    "message-received": ({"text"}, {"topic", "tags", "urgency"}),
    "message-sent": ({"text"}, {"resolving"}),
    "conversation-assigned": ({"agent", "team"}, set()),
    "conversation-resolved": (set(), set()),
    "conversation-reopened": (set(), set()),
    "order-placed": ({"order_id", "amount", "currency", "promised_at"}, set()),
    "order-delivered": ({"order_id"}, set()),
    "page-viewed": ({"name", "url"}, set()),
    "product-viewed": ({"name", "product_id", "category", "price", "currency"}, set()),
    "searched": ({"query", "results"}, set()),
    "cart-changed": ({"name", "product_id", "category", "price", "currency", "quantity"}, set()),
    "checkout-started": ({"order_id", "amount", "currency"}, set()),
    "payment-failed": ({"order_id", "amount", "currency", "reason"}, set()),
    "order-cancelled": ({"order_id", "amount", "currency"}, set()),
    "refund-requested": ({"order_id", "amount", "currency"}, set()),
    "refunded": ({"order_id", "amount", "currency"}, set()),
    "subscription-started": (SUBSCRIPTION, set()),
    "subscription-renewed": (SUBSCRIPTION, set()),
    "cancellation-asked": ({"subscription_id", "plan", "reason"}, set()),
    "subscription-cancelled": ({"subscription_id", "plan", "reason"}, set()),
    "call-queued": ({"queue"}, set()),
    "call-answered": ({"queue", "waited_s"}, set()),
    "call-held": ({"hold_s"}, set()),
    "call-ended": ({"talk_s", "hold_s", "wrap_up_s"}, set()),
    "call-abandoned": ({"queue", "waited_s"}, set()),
    "person-requested": (set(), set()),
    "bot-gave-up": ({"reason"}, set()),
    "conversation-moved": ({"to_channel", "invited"}, set()),
    "review-posted": ({"stars", "product_id", "text"}, set()),
    "consent-given": ({"purpose", "on_channel", "wording", "method"}, set()),
    "consent-withdrawn": ({"purpose", "on_channel", "method"}, set()),
    "outreach-sent": (CAMPAIGN, set()),
    "outreach-opened": (CAMPAIGN, set()),
    "outreach-clicked": (CAMPAIGN | {"name"}, set()),
    "unsubscribed": (CAMPAIGN, set()),
    "survey-answered": (
        {"survey", "score", "scale_min", "scale_max", "higher_is_better"},
        {"comment"},
    ),
    "identity-linked": (set(), set()),
}


def lines_of(seed, customers=1_500, days=DAYS, start=START):
    planted = Planted()
    stream = generate(customers=customers, days=days, seed=seed, start=start, planted=planted)
    return list(stream), planted


@pytest.fixture(scope="module", params=SEEDS)
def sample(request):
    return lines_of(request.param)


@pytest.fixture
def lines(sample):
    return sample[0]


@pytest.fixture
def planted(sample):
    return sample[1]


def moment(text):
    return datetime.fromisoformat(text)


# --- the same, in order ---------------------------------------------------------------------------


def test_a_seed_gives_the_same_bytes_again():
    def written(seed):
        file = io.BytesIO()
        write_jsonl(file, customers=300, days=30, seed=seed, start=START)
        return file.getvalue()

    assert written(5) == written(5)
    assert written(5) != written(6)


def test_two_streams_at_once_do_not_disturb_each_other():
    one, other = (generate(customers=200, days=20, seed=3, start=START) for _ in range(2))
    assert all(left == right for left, right in zip(one, other, strict=True))


def test_what_is_written_is_what_is_generated():
    file, planted = io.BytesIO(), Planted()
    written = write_jsonl(file, customers=300, days=30, seed=5, start=START, planted=planted)
    lines, expected = lines_of(5, customers=300, days=30)
    assert [msgspec.json.decode(line) for line in file.getvalue().splitlines()] == lines
    assert written == len(lines)
    assert planted == expected


def test_lines_come_in_order_of_time_within_the_window(lines):
    times = [line["time"] for line in lines]
    assert times == sorted(times)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time) for time in times)
    assert START <= moment(times[0]) < START + timedelta(days=2)
    assert START + timedelta(days=DAYS - 2) <= moment(times[-1]) < START + timedelta(days=DAYS)


def test_ids_are_unique_and_the_sequence_runs(lines):
    assert len({line["id"] for line in lines}) == len(lines)
    assert [line["sequence"] for line in lines] == list(range(1, len(lines) + 1))


def test_the_window_begins_at_midnight_in_utc():
    late_on_the_first = datetime.fromisoformat("2025-03-01T23:59:00+00:00")
    already_the_second_in_tokyo = datetime.fromisoformat("2025-03-02T08:00:00+09:00")
    expected, _ = lines_of(1, customers=100)
    for start in (late_on_the_first, already_the_second_in_tokyo):
        assert lines_of(1, customers=100, start=start)[0] == expected


# --- the form -------------------------------------------------------------------------------------


def test_every_line_has_the_keys_and_no_others(lines):
    for line in lines:
        in_conversation = {"conversation", "owner"} & line.keys()
        assert in_conversation in (set(), {"conversation", "owner"})
        assert line.keys() - in_conversation == KEYS
        if in_conversation:
            assert line["type"].startswith(IN_CONVERSATIONS)
            assert len(line["owner"]) == 1
        assert line["source"] == "sample"
        assert line["identities"]
        assert line["channel"] in CHANNELS
        assert line["direction"] in {"inbound", "outbound", "internal"}
        assert line["actor"].keys() == {"kind", "id", "team"}
        assert line["actor"]["kind"] in {"customer", "human", "bot", "system"}


def test_every_type_has_its_properties(lines):
    for line in lines:
        properties = line["properties"]
        if line["type"] == "custom":
            assert properties["name"]
            continue
        required, optional = PROPERTIES[line["type"]]
        assert required <= properties.keys() <= required | optional
        if line["type"] == "message-sent":
            assert ("resolving" in properties) == (line["actor"]["kind"] == "bot")
        if line["type"] == "survey-answered":
            assert properties["scale_min"] <= properties["score"] <= properties["scale_max"]
        if line["type"] == "order-placed":
            assert re.fullmatch(r"\d+(\.\d\d)?", properties["amount"])
            assert properties["promised_at"] > line["time"]


def test_a_channel_tells_what_it_would_know(lines):
    expected = {
        "email": {"email"},
        "phone": {"phone"},
        "sms": {"phone"},
        "social": {"handle:twitter"},
        "app": {"user_id"},
    }
    for line in lines:
        # A survey or an order knows the account; a push may reach an anonymous browser.
        if line["type"] == "message-received" and line["channel"] in expected:
            assert expected[line["channel"]] <= line["identities"].keys()
        if line["type"] == "identity-linked":
            assert line["identities"].keys() == {"anonymous", "user_id", "email"}
        for kind, value in line["identities"].items():
            if kind == "phone":
                assert re.fullmatch(r"\+(81|1)\d{10}", value)
            if kind == "email":
                assert value.endswith("@example.com")


def test_a_conversation_has_one_owner_and_begins_with_their_message_or_call(lines):
    first: dict[str, Line] = {}
    for line in lines:
        if "conversation" in line:
            opening = first.setdefault(line["conversation"], line)
            assert line["owner"] == opening["owner"]
            assert line["brand"] == opening["brand"]
    for opening in first.values():
        begins = "call-queued" if opening["channel"] == "phone" else "message-received"
        assert opening["type"] == begins
        assert opening["owner"].items() <= opening["identities"].items()


def test_what_is_asked_on_the_phone_is_asked_in_a_call_that_is_over_soon(lines):
    told: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if line.get("channel") == "phone" and "conversation" in line:
            told[line["conversation"]].append(line)
    ended = 0
    for talk in told.values():
        kinds = [line["type"] for line in talk]
        assert kinds[:2] in (["call-queued"], ["call-queued", "message-received"])
        last = next((n for n, k in enumerate(kinds) if k in ("call-ended", "call-abandoned")), -1)
        assert moment(talk[last]["time"]) - moment(talk[0]["time"]) < timedelta(hours=4)
        ended += last >= 0
    assert ended


def test_only_what_was_resolved_is_reopened(lines):
    resolved = set()
    for line in lines:
        if line["type"] == "conversation-resolved":
            resolved.add(line["conversation"])
        if line["type"] == "conversation-reopened":
            assert line["conversation"] in resolved


# --- the ledger -----------------------------------------------------------------------------------


def people_in(lines):
    """Count people: identities that were ever seen together are one."""
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def root(identity):
        parent.setdefault(identity, identity)
        while parent[identity] != identity:
            parent[identity] = parent[parent[identity]]
            identity = parent[identity]
        return identity

    for line in lines:
        first, *others = line["identities"].items()
        for other in others:
            parent[root(other)] = root(first)
        root(first)
    return sum(1 for identity in parent if root(identity) == identity)


def is_answer(line):
    if line["type"] != "message-sent":
        return False
    return line["actor"]["kind"] == "human" or line["properties"]["resolving"]


def recount(lines):
    """Fill a ledger from the lines alone."""
    by_conversation = defaultdict(list)
    promised = {}
    late_deliveries = 0
    for line in lines:
        if "conversation" in line:
            by_conversation[line["conversation"]].append(line)
        if line["type"] == "order-placed":
            promised[line["properties"]["order_id"]] = line["properties"]["promised_at"]
        if line["type"] == "order-delivered":
            late_deliveries += line["time"] > promised[line["properties"]["order_id"]]
    unanswered = late_answers = 0
    for conversation in by_conversation.values():
        unanswered += not any(map(is_answer, conversation))
        waits_since = None
        for line in conversation:
            if line["type"] == "message-received":
                waits_since = waits_since or moment(line["time"])
            elif is_answer(line):
                if waits_since and line["channel"] in {"social", "messaging"}:
                    late_answers += moment(line["time"]) - waits_since > timedelta(hours=1)
                waits_since = None
            elif line["type"] == "conversation-resolved":
                waits_since = None
    return Planted(
        events=Counter(line["type"] for line in lines),
        customers=people_in(lines),
        conversations=len(by_conversation),
        conversations_unanswered=unanswered,
        answers_late=late_answers,
        deliveries_late=late_deliveries,
        merges=len(
            {line["identities"]["anonymous"] for line in lines if line["type"] == "identity-linked"}
        ),
    )


def test_the_ledger_agrees_with_a_recount(lines, planted):
    assert recount(lines) == planted


@pytest.mark.parametrize("days", [1, 2, 7, 400])
def test_the_ledger_agrees_when_the_window_cuts_stories_off(days):
    for seed in range(4):
        lines, planted = lines_of(seed, customers=400, days=days)
        assert recount(lines) == planted


def test_the_ledger_is_right_at_every_line():
    planted, seen = Planted(), []
    stream = generate(customers=300, days=20, seed=9, start=START, planted=planted)
    for line in itertools.islice(stream, 200):
        seen.append(line)
        assert planted.events.total() == len(seen)
    assert planted.customers == people_in(seen)
    assert planted.merges == sum(line["type"] == "identity-linked" for line in seen)


def test_the_ledger_names_each_line_in_which_something_was_planted():
    entries: list[Line] = []
    planted = Planted(tell=entries.append)
    lines = list(generate(customers=800, days=60, seed=4, start=START, planted=planted))
    told = Counter(entry["what"] for entry in entries)
    assert told["unanswered"] == planted.conversations_unanswered
    assert told["answered-late"] == planted.answers_late
    assert told["delivered-late"] == planted.deliveries_late
    assert told["call-abandoned"] == planted.events["call-abandoned"] > 0
    assert told["payment-failed"] == planted.events["payment-failed"] > 0
    delivered = {
        line["properties"]["order_id"] for line in lines if line["type"] == "order-delivered"
    }
    for entry in entries:
        if entry["what"] == "left":
            assert entry["persona"] == "silent sufferer"
            continue
        line = lines[entry["line"] - 1]
        assert (entry["id"], entry["time"]) == (line["id"], line["time"])
        if entry["what"] == "parcel-lost":
            assert entry["order"] not in delivered
    for who in (entry for entry in entries if entry["what"] == "left"):
        visits = ("page-viewed", "order-placed", "message-received")
        later = [
            line
            for line in lines
            if line["time"] > who["time"] and line["type"] in visits
            if line["identities"].get("user_id") == who["identities"]["user_id"]
        ]
        assert not later


def test_the_page_tells_what_is_planted_and_where():
    page = (Path(__file__).parents[2] / "docs" / "sample.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z-]+)` \| (?:a|an|the) ", page, re.MULTILINE)) == {
        *TOLD.values(),
        LEFT,
    }
    (listed,) = re.findall(r"\*\*Channels\*\*: ([a-z, ]+)", page)
    assert set(listed.split(", ")) == CHANNELS


def test_each_pain_is_planted(planted):
    assert 0.03 < planted.conversations_unanswered / planted.conversations < 0.2
    assert 0.05 < planted.deliveries_late / planted.events["order-delivered"] < 0.3
    assert planted.answers_late > 20
    assert planted.merges > 50


# --- lifelike -------------------------------------------------------------------------------------


def test_the_share_of_types_is_sane():
    lines, planted = lines_of(1, customers=2_000, days=90)
    assert 8 < len(lines) / 2_000 < 13
    share = {name: count / len(lines) for name, count in planted.events.items()}
    assert share.keys() == PROPERTIES.keys() | {"custom"}
    assert 0.3 < share["page-viewed"] < 0.5
    assert 0.1 < share["message-received"] < 0.2
    assert 0.07 < share["message-sent"] < share["message-received"]
    assert 0.03 < share["order-delivered"] < share["order-placed"] < 0.1
    assert 0.001 < share["conversation-reopened"] < share["conversation-resolved"] < 0.1
    assert 0.01 < share["survey-answered"] < 0.05
    assert 0.01 < share["identity-linked"] < 0.05


def test_every_channel_is_used(lines):
    assert {line["channel"] for line in lines} == CHANNELS


def test_texts_differ_and_come_in_two_languages(lines):
    texts = [line["properties"]["text"] for line in lines if line["type"] == "message-received"]
    assert len(set(texts)) > len(texts) * 0.5
    japanese = [text for text in texts if re.search(r"[ぁ-ん]", text)]
    assert 0.2 < len(japanese) / len(texts) < 0.6
    for mark in ("?", "\uff1f"):
        assert sum(mark in text for text in texts) > len(texts) * 0.05


def test_slow_answers_lower_the_score(lines):
    opened: dict[str, datetime] = {}
    waited: dict[bytes, bool] = {}
    scores = defaultdict(list)
    for line in lines:
        person = msgspec.json.encode(line["identities"])
        if line["type"] == "message-received" and "conversation" in line:
            opened.setdefault(line["conversation"], moment(line["time"]))
        if line["type"] == "message-sent" and line["channel"] in {"social", "messaging"}:
            wait = moment(line["time"]) - opened[line["conversation"]]
            waited.setdefault(person, wait > timedelta(hours=2))
        of_five = line["type"] == "survey-answered" and line["properties"]["scale_max"] == 5
        if of_five and person in waited:
            scores[waited[person]].append(line["properties"]["score"])
    slow, quick = scores[True], scores[False]
    assert sum(slow) / len(slow) < sum(quick) / len(quick)


def test_memory_does_not_grow_with_the_days():
    def peak_bytes(days):
        tracemalloc.start()
        for _ in generate(customers=400, days=days, seed=1, start=START):
            pass
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    peak_bytes(5)  # what is made once does not count
    assert peak_bytes(600) < 1.5 * peak_bytes(100)


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"customers": 0},
        {"customers": 10_000_001},
        {"days": 0},
        {"days": 36_526},
        {"start": datetime(2025, 3, 1)},  # noqa: DTZ001 - a naive one is what is refused
    ],
)
def test_arguments_out_of_range_are_refused_at_once(wrong):
    arguments: dict[str, Any] = {"customers": 10, "days": 10, "seed": 1, "start": START}
    with pytest.raises(ValueError, match=next(iter(wrong))):
        generate(**(arguments | wrong))
