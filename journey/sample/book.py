"""The book: what is planted, what is due, who comes next; and the ledger that is handed out."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from journey.sample.clock import DAY_MS, Calendar, moment_of_day
from journey.sample.people import People, Person

Line = dict[str, Any]
"""One touchpoint, ready to be encoded as JSON."""

Pending = tuple[
    int,  # milliseconds since the first midnight
    int,  # running number of planning: equal times leave in the order they were planned
    int,  # mark
    int,  # customer's number
    str,  # type
    dict[str, str],  # identities
    str,  # channel
    str,  # direction
    str,  # brand
    dict[str, str],  # actor
    Line,  # properties
    str,  # conversation, or empty
    dict[str, str] | None,  # owner of the conversation
]
"""A line to come. A plain tuple, since a million of them are made and sorted."""

Appointment = tuple[
    int,  # milliseconds since the first midnight
    int,  # customer's number
    str,  # topic they will write about, or `RENEWAL`; empty for a visit as their persona likes
    str,  # order it is about
    str,  # channel that let them down
]

# What a line plants, beside itself. Marks add up.
OPENED = 1
UNANSWERED = 2
ANSWERED_LATE = 4
DELIVERED_LATE = 8
MERGED = 16
CALL_ABANDONED = 32
PAYMENT_FAILED = 64
PARCEL_LOST = 128

# What a ledger tells of, line by line. Conversations as such are too many, and no secret.
TOLD = {
    UNANSWERED: "unanswered",
    ANSWERED_LATE: "answered-late",
    DELIVERED_LATE: "delivered-late",
    MERGED: "merged",
    CALL_ABANDONED: "call-abandoned",
    PAYMENT_FAILED: "payment-failed",
    PARCEL_LOST: "parcel-lost",
}
LEFT = "left"
"""Told of somebody who was hurt, says nothing and never visits again: it has no line."""

RENEWAL = "renewal"
"""The topic of an appointment at which a subscription goes on or ends."""

CUSTOMER = {"kind": "customer", "id": "", "team": ""}
SYSTEM = {"kind": "system", "id": "shop", "team": ""}


@dataclass(slots=True)
class Planted:
    """Counts of what the generator planted among the lines it has yielded so far."""

    events: Counter[str] = field(default_factory=Counter)
    """Lines per type."""
    customers: int = 0
    """People with at least one line."""
    conversations: int = 0
    """Conversations begun."""
    conversations_unanswered: int = 0
    """Of these, without any answer in the window: no human reply and no resolving bot reply."""
    answers_late: int = 0
    """Answers on social or messaging over one hour after the first inbound message that waited.
    The wait ends with an answer or a resolution; a bot that does not resolve does not end it."""
    deliveries_late: int = 0
    """Orders delivered after `promised_at`."""
    merges: int = 0
    """Anonymous visitors that became a known customer, one per anonymous id."""
    tell: Callable[[Line], None] | None = field(default=None, compare=False, repr=False)
    """Given each entry of the ledger as it is planted: what, and on which line."""

    def note(self, mark: int) -> None:
        """Add what the mark of one line says."""
        self.conversations += mark & OPENED > 0
        self.conversations_unanswered += mark & UNANSWERED > 0
        self.answers_late += mark & ANSWERED_LATE > 0
        self.deliveries_late += mark & DELIVERED_LATE > 0
        self.merges += mark & MERGED > 0


class Book:
    """Everything that is pending, in buckets of one day."""

    def __init__(
        self, *, rng: Random, calendar: Calendar, people: People, days: int, seed: int
    ) -> None:
        """Open an empty book for a window of `days`, written by one random generator."""
        self.rng = rng
        self.calendar = calendar
        self.people = people
        self.end = days * DAY_MS
        self.today = -1
        self.agenda: defaultdict[int, list[Appointment]] = defaultdict(list)
        self.pending: defaultdict[int, list[Pending]] = defaultdict(list)
        self.leaving: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        self._tag = f"{seed:x}"
        self._planned = 0
        self._conversations = 0
        self._orders = 0
        self._devices = 0

    def plant(
        self,
        at: int,
        event_type: str,
        person: Person,
        identities: dict[str, str],
        channel: str,
        direction: str,
        actor: dict[str, str],
        properties: Line,
        mark: int = 0,
        conversation: str = "",
        owner: dict[str, str] | None = None,
    ) -> bool:
        """Put a line on the day of `at`. Returns False if that is past the window."""
        if at >= self.end:
            return False
        self._planned += 1
        self.pending[at // DAY_MS].append(
            (
                at,
                self._planned,
                mark,
                person.number,
                event_type,
                identities,
                channel,
                direction,
                person.brand,
                actor,
                properties,
                conversation,
                owner,
            )
        )
        return True

    def hurt(self, person: Person, at: int) -> None:
        """Let somebody suffer at a moment, who may leave for it."""
        if person.suffer() and at < self.end:
            self.leaving[at // DAY_MS].append((at, person.number))

    def schedule_contact(
        self, at: int, person: Person, topic: str, order: str, avoid: str = ""
    ) -> None:
        """Let somebody write about a topic and an order, tomorrow at the soonest.

        Args:
            at: when, in milliseconds; moved to tomorrow if it is not later.
            person: who.
            topic: one of `TOPICS`, or `RENEWAL`.
            order: the order it is about.
            avoid: the channel that let them down, or empty.
        """
        day, clock = divmod(at, DAY_MS)
        # Today's agenda is being worked through.
        day = max(day, self.today + 1)
        if day * DAY_MS < self.end:
            self.agenda[day].append((day * DAY_MS + clock, person.number, topic, order, avoid))

    def schedule_first_visit(self, person: Person) -> None:
        """Put somebody's first visit on the agenda."""
        if person.persona.anonymous_first:
            # A newcomer turns up at any time; the others are customers already.
            day = int(self.rng.random() * self.end) // DAY_MS
        else:
            day = int(self.rng.expovariate(person.persona.visits_a_day))
        self._visit_from(person, day)

    def schedule_next_visit(self, person: Person) -> None:
        """Put the visit after today's on the agenda."""
        # Two days apart, so that a session that runs past midnight ends before the next begins.
        gap = 2 + int(self.rng.expovariate(person.persona.visits_a_day))
        self._visit_from(person, self.today + gap)

    def _visit_from(self, person: Person, day: int) -> None:
        # On a quiet day some put it off until the next.
        random, busy, last = self.rng.random, self.calendar.busy, self.end // DAY_MS
        while day < last and random() > busy(day):
            day += 1
        if day < last:
            at = day * DAY_MS + moment_of_day(random(), person.zone_ms)
            self.agenda[day].append((at, person.number, "", "", ""))

    def new_conversation(self) -> str:
        """Return an id that no other conversation of this seed has."""
        self._conversations += 1
        return f"c-{self._tag}-{self._conversations:06x}"

    def new_order(self) -> str:
        """Return an id that no other order of this seed has."""
        self._orders += 1
        return f"o-{self._tag}-{self._orders:06d}"

    def new_device(self, person: Person) -> str:
        """Return an anonymous id that nobody has had before."""
        self._devices += 1
        return f"{person.anonymous}-{self._devices:x}"
