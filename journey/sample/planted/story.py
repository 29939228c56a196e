"""A story: what happens to one person, and what they suffer from by it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

SECOND, MINUTE, HOUR, DAY = 1, 60, 3_600, 86_400  # seconds, as all times of stories

# How soon an answer is due, as it is specified; not as it is configured.
DUE = {"chat": 2 * MINUTE, "messaging": HOUR, "social": HOUR, "email": 6 * HOUR}
QUEUE_DUE = 3 * MINUTE
ANNOUNCED_DAY, RETIRED_DAY = 60, 75  # of the window: when the end of sms is announced, and comes

KIM = {"kind": "human", "id": "kim", "team": "north"}
LEE = {"kind": "human", "id": "lee", "team": "south"}
ROBO = {"kind": "bot", "id": "robo", "team": ""}
SHOP = {"kind": "system", "id": "shop", "team": ""}
MAILER = {"kind": "system", "id": "mailer", "team": ""}

Line = dict[str, Any]


class Suffered(NamedTuple):
    """A pain of a story: its kind, and when it begins, in seconds of the story."""

    kind: str
    at: float


class Story:
    """One person's events, in seconds since the story began.

    Args:
        number: of the person.
        start: when it begins, in seconds since the window did; whole.
        random: draws what does not matter.
    """

    def __init__(self, number: int, start: int, random: Random) -> None:
        self.number, self.start, self.random = number, start, random
        self.lines: list[tuple[float, Line]] = []
        self.suffered: list[Suffered] = []

    @property
    def user(self) -> str:
        """Who the person is."""
        return f"planted-{self.number:05d}"

    def suffers(self, kind: str, at: float) -> None:
        """Write down a pain."""
        self.suffered.append(Suffered(kind, at))

    def tell(
        self,
        at: float,
        what: str,
        channel: str,
        talk: int | str = "",
        actor: dict[str, str] | None = None,
        direction: str = "",
        **properties: Any,
    ) -> None:
        """Something happens.

        Args:
            what: the type.
            talk: which of the person's conversations it belongs to.
            actor: who acted, if it was not the customer.
        """
        line: Line = {"type": what, "identities": {"user_id": self.user}, "channel": channel}
        if direction:
            line["direction"] = direction
        if actor:
            line["actor"] = actor
        if talk != "":
            line["conversation"] = f"{self.user}-{talk}"
            line["owner"] = line["identities"]
        if properties:
            line["properties"] = properties
        self.lines.append((at, line))

    # --- what is said ---------------------------------------------------------------------------

    def asks(self, at: float, channel: str, talk: int | str = 1, **more: Any) -> None:
        """The customer asks something, in a calm tone."""
        told: Line = {"text": f"A question, {self.word()}?", "intent": "question", "sentiment": 0.0}
        self.tell(at, "message-received", channel, talk, **told | more)

    def answers(
        self,
        at: float,
        channel: str,
        talk: int | str = 1,
        agent: dict[str, str] = KIM,
        **more: Any,
    ) -> None:
        """A person answers, each time in other words."""
        told: Line = {"text": f"An answer: {self.word()} {self.word()} {len(self.lines)}."}
        self.tell(at, "message-sent", channel, talk, agent, **told | more)

    def bot(self, at: float, channel: str, talk: int | str = 1, **more: Any) -> None:
        """A bot says something."""
        self.answers(at, channel, talk, ROBO, **more)

    def resolved(self, at: float, channel: str, talk: int | str = 1) -> None:
        """Somebody states that the matter is settled."""
        self.tell(at, "conversation-resolved", channel, talk, direction="internal")

    def settled(self, at: float, channel: str, talk: int | str = 1, **more: Any) -> float:
        """A whole conversation in which all is well. Returns when it was resolved."""
        self.asks(at, channel, talk, **more)
        self.answers(at + MINUTE, channel, talk)
        self.resolved(at + 2 * MINUTE, channel, talk)
        return at + 2 * MINUTE

    # --- what does not matter -------------------------------------------------------------------

    def word(self) -> str:
        """A word."""
        return "".join(self.random.choice("abcdeiklmnoprstu") for _ in range(7))

    def channel(self) -> str:
        """A channel on which people write."""
        return self.random.choice(sorted(DUE))

    def between(self, low: int, high: int) -> int:
        """A whole number of these, both ends included."""
        return self.random.randint(low, high)

    def order_key(self) -> str:
        """An order's number."""
        return f"o-{self.number:05d}"


Tells = Callable[[Story], None]


class Plot(NamedTuple):
    """How stories of a kind go.

    Args:
        is_case: whether the person suffers; else it is a near miss.
        why: in words.
    """

    kind: str
    is_case: bool
    why: str
    tells: Tells


PLOTS: list[Plot] = []


def case(kind: str, why: str) -> Callable[[Tells], Tells]:
    """A story in which somebody suffers."""
    return _plot(kind, True, why)


def near(kind: str, why: str) -> Callable[[Tells], Tells]:
    """A story in which it nearly comes to that."""
    return _plot(kind, False, why)


def _plot(kind: str, is_case: bool, why: str) -> Callable[[Tells], Tells]:
    def add(tells: Tells) -> Tells:
        PLOTS.append(Plot(kind, is_case, why, tells))
        return tells

    return add
