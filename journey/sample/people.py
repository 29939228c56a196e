"""People: personas with their rates and habits, and what each channel knows of a person."""

from dataclasses import dataclass
from random import Random

from journey.sample.clock import NEW_YORK_MS, TOKYO_MS

CUSTOMERS_MAX = 10_000_000
"""As many as there are telephone numbers of seven digits, one for each person."""


@dataclass(frozen=True, slots=True)
class Persona:
    """How a kind of customer behaves. It shapes the data and is never written into it."""

    name: str
    share: int
    """Customers of this kind, of 100."""
    visits_a_day: float
    """Rate on the busiest of days; the season thins it."""
    acts: dict[str, int]
    """What they come for -> how often, of 100."""
    survey_rate: float
    """Chance that they answer a survey."""
    basket: float
    """Median amount of an order in dollars."""
    anonymous_first: bool = False
    """Not known to the brand before the first login."""
    stranger: bool = False
    """Never logs in: known by a public handle only."""
    subscribes: float = 0.0
    """Chance that an order starts a subscription."""
    leaves_hurt: bool = False
    """Says nothing after a bad experience, and does not come back."""


PERSONAS = (
    Persona(
        name="newcomer",
        share=30,
        visits_a_day=0.0205,
        acts={"browse": 50, "order": 24, "contact": 16, "app": 4, "notified": 6},
        survey_rate=0.2,
        basket=38.0,
        anonymous_first=True,
    ),
    Persona(
        name="loyal",
        share=20,
        visits_a_day=0.0265,
        acts={"browse": 16, "order": 34, "contact": 18, "praise": 10, "store": 10, "app": 12},
        survey_rate=0.45,
        basket=64.0,
        subscribes=0.08,
    ),
    Persona(
        name="bargain hunter",
        share=20,
        visits_a_day=0.024,
        acts={"browse": 40, "order": 18, "contact": 14, "coupon": 16, "notified": 12},
        survey_rate=0.15,
        basket=24.0,
    ),
    Persona(
        name="silent sufferer",
        share=13,
        visits_a_day=0.0205,
        acts={"browse": 40, "order": 38, "contact": 4, "store": 8, "app": 10},
        survey_rate=0.03,
        basket=45.0,
        leaves_hurt=True,
    ),
    Persona(
        name="power user",
        share=6,
        visits_a_day=0.11,
        acts={"browse": 14, "order": 12, "contact": 34, "praise": 12, "app": 28},
        survey_rate=0.35,
        basket=82.0,
        subscribes=0.1,
    ),
    Persona(
        name="passer-by",
        share=11,
        visits_a_day=0.0125,
        acts={"contact": 60, "praise": 40},
        survey_rate=0.0,
        basket=0.0,
        stranger=True,
    ),
)

ACTS = tuple(
    tuple(act for act, weight in persona.acts.items() for _ in range(weight))
    for persona in PERSONAS
)
"""Per persona, a hundred acts to pick one from."""

_OF_SHARE = tuple(at for at, persona in enumerate(PERSONAS) for _ in range(persona.share))
_BRANDS = ("", "", "", "aozora", "north pine")

_GIVEN = ("aoi", "haruto", "yui", "sota", "emma", "liam", "olivia", "noah", "mia", "lucas", "hina")
_FAMILY = ("sato", "suzuki", "tanaka", "ito", "smith", "garcia", "brown", "lee", "kato")

# Bits of a person's state. Those of `_LINKED`: the brand has seen this identity beside the user id.
_KNOWN, _GONE, _JAPANESE = 1, 2, 4
_LINKED = {"email": 8, "phone": 16, "social": 32, "messaging": 64}
_SUBSCRIBED = 128

# Channel -> by which of the identities above it knows people; absent: by login.
_KNOWS_BY = {
    "email": "email",
    "phone": "phone",
    "ivr": "phone",
    "sms": "phone",
    "social": "social",
    "community": "social",
    "messaging": "messaging",
}


class People:
    """Two bytes for each person: the persona, and the state."""

    def __init__(self, customers: int, rng: Random) -> None:
        """Draw the persona and the language of each of `customers` people."""
        self.personas = bytes(_OF_SHARE[int(rng.random() * 100)] for _ in range(customers))
        self.states = bytearray(customers)
        for number, index in enumerate(self.personas):
            persona = PERSONAS[index]
            known = not (persona.anonymous_first or persona.stranger)
            self.states[number] = known * _KNOWN + (rng.random() < 0.35) * _JAPANESE

    def meet(self, number: int) -> "Person":
        """Return the person of a number, 0 to one less than `customers`."""
        return Person(number, self)


class Person:
    """One customer. Cheap to make: everything but two bytes follows from the number."""

    __slots__ = ("_people", "brand", "japanese", "number", "persona", "persona_index", "zone_ms")

    def __init__(self, number: int, people: People) -> None:
        """See `People.meet`."""
        self._people = people
        self.number = number
        self.persona_index = people.personas[number]
        self.persona = PERSONAS[self.persona_index]
        self.japanese = people.states[number] & _JAPANESE > 0
        self.zone_ms = TOKYO_MS if self.japanese else NEW_YORK_MS
        self.brand = _BRANDS[number % 5]

    @property
    def known(self) -> bool:
        """Whether the brand has a user id for them."""
        return self._people.states[self.number] & _KNOWN > 0

    @property
    def gone(self) -> bool:
        """Whether they have had enough."""
        return self._people.states[self.number] & _GONE > 0

    def become_known(self) -> None:
        """They have logged in, which links their address, too."""
        self._people.states[self.number] |= _KNOWN | _LINKED["email"]

    def suffer(self) -> bool:
        """Something went wrong for them. Those who do not complain leave: whether they did now."""
        leaves = self.persona.leaves_hurt and not self.gone
        if leaves:
            self._people.states[self.number] |= _GONE
        return leaves

    @property
    def subscribed(self) -> bool:
        """Whether they have a subscription."""
        return self._people.states[self.number] & _SUBSCRIBED > 0

    @subscribed.setter
    def subscribed(self, has_one: bool) -> None:
        state = self._people.states[self.number]
        self._people.states[self.number] = state | _SUBSCRIBED if has_one else state & ~_SUBSCRIBED

    @property
    def user_id(self) -> str:
        """Their id at the brand."""
        return f"u-{self.number:06d}"

    @property
    def anonymous(self) -> str:
        """Their browser's id. An odd factor gives each number one of its own."""
        return f"a-{self.number * 2_654_435_761 & 0xFFFF_FFFF:08x}"

    @property
    def email(self) -> str:
        """Their address."""
        return f"{self._name}{self.number}@example.com"

    def identities(self, channel: str) -> dict[str, str]:
        """Return what a channel knows of them, as kind -> value.

        The first time an address, number or handle is seen of a known customer, the user id is
        beside it; afterwards the channel may give its own identity alone.
        """
        if self.persona.stranger:
            return self._own("social")
        if not self.known:
            return {"anonymous": self.anonymous}
        kind = _KNOWS_BY.get(channel)
        if kind is None:
            if channel in ("web", "chat"):
                return {"anonymous": self.anonymous, "user_id": self.user_id}
            return {"user_id": self.user_id}
        own = self._own(kind)
        bit = _LINKED[kind]
        if not self._people.states[self.number] & bit:
            self._people.states[self.number] |= bit
            return {"user_id": self.user_id, **own}
        return own

    @property
    def _name(self) -> str:
        return f"{_GIVEN[self.number % 11]}.{_FAMILY[self.number % 9]}."

    def _own(self, kind: str) -> dict[str, str]:
        if kind == "email":
            return {"email": self.email}
        if kind == "social":
            return {"handle:twitter": f"@{_GIVEN[self.number % 11]}_{self.number}"}
        digits = f"{self.number * 7_654_321 % CUSTOMERS_MAX:07d}"
        phone = f"+81900{digits}" if self.japanese else f"+1555{digits}"
        if kind == "phone":
            return {"phone": phone}
        if self.japanese:
            return {"handle:line": f"line{self.number:07d}"}
        return {"handle:whatsapp": phone}
