"""Customer care on Twitter: one conversation an element, each of its messages a draft.

The form is that of the data set of IBM's Twitter customer care conversations: a header, the
dialogue, and the agent's closing message with a link (``agentURL``), which has no time of its own.

Rule 1: times are those told, and for the closing message that in its tweet id. The header's
    ``duration`` drops whole days and goes negative: it is not read.
Rule 2: a tweet may stand in two conversations, so a message's id is ``sessionID/tweet_ID``.
Rule 3: the conversation belongs to its opener, the role ``client``. Others who join (``client1`` …)
    are authors of their own words, never the customer.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec

from journey.ingest import fields as take
from journey.ingest.fields import Told, missing, need_label, take_label, wrong_type
from journey.ingest.objects import check_texts, read_object
from journey.ports import Draft
from schemas.errors import CannotAccept
from schemas.events import MessageReceived, MessageSent
from schemas.fact import Identities
from schemas.times import MILLISECOND, SECOND, Instant

SOURCE = "twitter-care"
HANDLE = "handle:twitter"
CHANNEL = "social"

# A tweet id carries milliseconds since this moment above its lowest 22 bits (Twitter's Snowflake).
SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
SNOWFLAKE_SHIFT = 22

KNOWN = frozenset(
    ("sessionID", "company", "tweet_ID", "datetime", "message", "client", "agent", "url_utterance")
)
_TWEET = re.compile(r"[0-9]{1,19}").fullmatch
_ROLE = re.compile(r"agent|client[0-9]*").fullmatch


class Dialogue(NamedTuple):
    """What all messages of one conversation share."""

    session: str
    company: str
    owner: Identities  # the opener, if anybody opened it
    latest: Instant


class Refusal(NamedTuple):
    """One message that cannot be accepted, though the others of its conversation can."""

    code: str
    reason: str


def tweet_time(tweet: str) -> Instant:
    """When a tweet was sent, by its id, to the millisecond.

    Raises:
        CannotAccept: it is not the id of a tweet.
    """
    if not _TWEET(tweet):
        reason = "tweet_ID: is no tweet's id: write its digits as text."
        raise CannotAccept("bad-tweet-id", reason)
    return ((int(tweet) >> SNOWFLAKE_SHIFT) + SNOWFLAKE_EPOCH_MS) * MILLISECOND


def parse(data: bytes, now: Instant) -> tuple[list[Draft], list[Refusal]]:
    """The messages of one conversation, in its own order.

    Args:
        data: one element of the array.
        now: the time, against which far futures are measured.

    Returns:
        The drafts, and a refusal for each message that cannot be one.

    Raises:
        CannotAccept: the conversation as a whole cannot be read.
    """
    told = read_object(data)
    header = take.take_object(told, "dialogHeader")
    check_texts(header, KNOWN)
    session = need_label(header, "sessionID", "give the conversation's id")
    company = need_label(header, "company", "give the company's account")
    messages = told.get("dialogContent")
    if type(messages) is not list:
        raise wrong_type("dialogContent", messages, "write the list of messages")
    dialogue = Dialogue(session, company, _owner(messages), now + take.AHEAD_MAX)
    drafts: list[Draft] = []
    refusals: list[Refusal] = []
    closing = told.get("agentURL")
    for index, message in enumerate([*messages, *([] if closing is None else [closing])]):
        try:
            if type(message) is not dict:
                raise wrong_type("message", message, "write an object, in braces")
            check_texts(message, KNOWN)
            if index < len(messages):
                drafts.append(_message(dialogue, index, message))
            else:
                drafts.append(_closing(dialogue, index, message))
        except CannotAccept as refused:
            refusals.append(Refusal(refused.code, f"Message {index + 1}: {refused}"))
    return drafts, refusals


def _owner(messages: list[Any]) -> Identities:
    """The opener: the first who speaks in the role ``client``."""
    for message in messages:
        handle = message.get("client") if type(message) is dict else None
        if type(handle) is str and 0 < len(handle) <= take.LABEL_CHARS_MAX:
            return {HANDLE: [handle]}
    return {}


def _message(dialogue: Dialogue, index: int, message: Told) -> Draft:
    """One entry of the dialogue."""
    roles = [name for name in message if _ROLE(name)]
    if len(roles) != 1:
        reason = "role: is missing, unknown or doubled: give one of client, client1 or agent."
        raise CannotAccept("bad-role", reason)
    handle = need_label(message, roles[0], "give the handle of who wrote")
    if message.get("datetime") is None:
        raise missing("datetime", f"give the message's time, {take.RFC3339}")
    at = take.take_time(message, "datetime", dialogue.latest)
    text = take.take_text(message, "message")
    if roles[0] == "agent":
        return _sent(dialogue, index, message, at, text)
    speaker: Identities = {HANDLE: [handle]}
    is_opener = roles[0] == "client" and speaker == dialogue.owner
    return _received(dialogue, index, message, at, text, speaker, is_opener)


def _closing(dialogue: Dialogue, index: int, message: Told) -> Draft:
    """The agent's last message, which says its time only in its id."""
    tweet = message.get("tweet_ID")
    if type(tweet) is not str:
        raise missing("tweet_ID", "give the tweet's id, as text")
    at = tweet_time(tweet) // SECOND * SECOND
    take.check_time("tweet_ID", at, dialogue.latest)
    return _sent(dialogue, index, message, at, take.take_text(message, "url_utterance"))


def _sent(dialogue: Dialogue, index: int, message: Told, at: Instant, text: str) -> Draft:
    shared, tweet = _shared(dialogue, message)
    if text:
        shared["text"] = text
    fact = MessageSent(direction="outbound", actor_kind="human", actor=dialogue.company, **shared)
    return _draft(dialogue, index, at, tweet, fact)


def _received(
    dialogue: Dialogue,
    index: int,
    message: Told,
    at: Instant,
    text: str,
    speaker: Identities,
    is_opener: bool,
) -> Draft:
    shared, tweet = _shared(dialogue, message)
    if text:
        shared["text"] = text
    shared["identities" if is_opener else "author"] = speaker
    fact = MessageReceived(direction="inbound", actor_kind="customer", **shared)
    return _draft(dialogue, index, at, tweet, fact, speaker, is_opener)


def _shared(dialogue: Dialogue, message: Told) -> tuple[dict[str, Any], str]:
    """The fields of the fact that do not depend on the role, and the tweet's id."""
    tweet = take_label(message, "tweet_ID")
    if not tweet:
        raise missing("tweet_ID", "give the tweet's id, as text")
    shared: dict[str, Any] = {
        "channel": CHANNEL,
        "brand": dialogue.company,
        "message_id": f"{dialogue.session}/{tweet}",
        "conversation_id": dialogue.session,
    }
    if message:  # the role was taken as well: what is left, nobody declared
        shared["extra"] = {n: msgspec.json.encode(v).decode() for n, v in message.items()}
    return shared, tweet


def _draft(
    dialogue: Dialogue,
    index: int,
    at: Instant,
    tweet: str,
    fact: MessageSent | MessageReceived,
    speaker: Identities | None = None,
    is_opener: bool = False,
) -> Draft:
    return Draft(
        source=SOURCE,
        message_id=f"{dialogue.session}/{tweet}",
        fact=fact,
        occurred_at=at,
        identities=speaker if speaker and is_opener else {},
        conversation=dialogue.session,
        owner=dialogue.owner,
        author=speaker if speaker and not is_opener else {},
        id_time=tweet_time(tweet),
        sequence=index,
    )
