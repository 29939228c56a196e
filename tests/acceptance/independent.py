"""The figures of a file of conversations, computed without the engine: what the tests compare with.

Nothing is imported from the project. Times come from ``datetime``; that of the closing message is
in its tweet's id: ``(id >> 22) + 1288834974657`` milliseconds.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

EXPECTATION = timedelta(hours=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Message(NamedTuple):
    """One message; the order of the tuple is the order of events."""

    at: datetime
    place: int
    is_inbound: bool
    text: str
    tweet: str


class Conversation(NamedTuple):
    session: str
    company: str
    opener: str
    messages: list[Message]

    @property
    def first_response_s(self) -> float:
        came = next(m.at for m in self.messages if m.is_inbound)
        return (next(m.at for m in self.messages if not m.is_inbound) - came).total_seconds()

    def unanswered(self) -> Iterator[Message]:
        """The first message of each turn that waits for more than an hour."""
        waiting: Message | None = None
        for message in self.messages:
            if message.is_inbound:
                waiting = waiting or message
            elif waiting:
                if message.at - waiting.at > EXPECTATION:
                    yield waiting
                waiting = None
        if waiting:
            yield waiting


def conversations(file: Path) -> list[Conversation]:
    """All conversations of a file, each in the order of time."""
    return [_conversation(told) for told in json.loads(file.read_text(encoding="utf-8"))]


def _conversation(told: dict[str, Any]) -> Conversation:
    messages = []
    for index, entry in enumerate(told["dialogContent"]):
        at = datetime.fromisoformat(entry["datetime"])
        message = Message(at, index, "agent" not in entry, entry["message"], entry["tweet_ID"])
        messages.append(message)
    tweet, text = told["agentURL"]["tweet_ID"], told["agentURL"]["url_utterance"]
    at = EPOCH + timedelta(seconds=((int(tweet) >> 22) + 1288834974657) // 1000)
    messages.append(Message(at, len(messages), False, text, tweet))
    header = told["dialogHeader"]
    opener = next(entry["client"] for entry in told["dialogContent"] if "client" in entry)
    return Conversation(header["sessionID"], header["company"], opener, sorted(messages))


def figures(seconds: list[float]) -> dict[str, float]:
    """What ``first-response`` tells of these times."""
    ordered = sorted(seconds)

    def percentile(share: float) -> float:
        place = share * (len(ordered) - 1)
        low = ordered[int(place)]
        high = ordered[min(int(place) + 1, len(ordered) - 1)]
        return low + (high - low) * (place - int(place))

    within = sum(s <= 3600 for s in ordered)
    return {
        "n": len(ordered),
        "min_s": ordered[0],
        "p25_s": percentile(0.25),
        "median_s": percentile(0.5),
        "p75_s": percentile(0.75),
        "p90_s": percentile(0.9),
        "p95_s": percentile(0.95),
        "max_s": ordered[-1],
        "mean_s": sum(ordered) / len(ordered),
        "within_1h": within,
        "share_within_1h": within / len(ordered),
    }
