"""Where a customer is best reached: as they stated, else as they show, else as others like them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from projections.configuration import Configuration
from schemas.times import SECOND, Instant, moment

_number = re.compile(r"\s*(\d{1,3})(?!\d)").match
STATED, OBSERVED, PERSONA, USUAL = "stated", "observed", "persona", "default"


class Preferred(NamedTuple):
    """A channel, and why.

    Args:
        because: stated, observed, persona or default.
        why: the same in words.
    """

    channel: str
    because: str
    why: str


class Begun(NamedTuple):
    """A contact that the customer began, not asked to."""

    at: Instant
    channel: str


def preferred_channel(
    rules: Configuration,
    now: Instant,
    *,
    stated: str = "",
    begun: Iterable[Begun] = (),
    personas: Collection[str] = (),
    traits: Mapping[str, str] | None = None,
    reachable: Collection[str] | None = None,
) -> Preferred:
    """Where to reach a customer.

    Args:
        stated: the channel that they last asked for.
        begun: the contacts that they began, in any order. Of channels with equally many the one
            used last wins.
        personas: those that they hold; of several with a preference the first by name counts.
        traits: what they stated of themselves, in clear.
        reachable: the channels on which they can be reached at all; None: nobody knows. It bears on
            the usual order alone.
    """
    if stated:
        return Preferred(stated, STATED, "the customer asked for it")
    own = rules.preference
    contacts: dict[str, list[Instant]] = {}
    for at, channel in begun:
        if channel and now - own.within * SECOND <= at <= now:
            contacts.setdefault(channel, []).append(at)
    if contacts:
        most = max(contacts, key=lambda c: (len(contacts[c]), max(contacts[c]), c))
        number = len(contacts[most])
        if number >= own.contacts_min:
            days = own.within // 86400
            return Preferred(most, OBSERVED, f"began {number} contacts there in {days} days")
    for name in sorted(personas):
        persona = rules.personas.get(name)
        if persona and persona.prefers:
            return Preferred(persona.prefers, PERSONA, f"as {name} customers do")
    age = age_of(traits or {}, now)
    is_older = age is not None and age >= own.older_from
    order = own.older if is_older else own.otherwise
    known = [c for c in order if reachable is None or c in reachable] or order
    whom = f"from {own.older_from} years on" if is_older else "where nothing else is known"
    return Preferred(known[0] if known else "", USUAL, f"the usual channel {whom}")


def age_of(traits: Mapping[str, str], now: Instant) -> int | None:
    """A customer's least age by ``age``, ``age_group`` (``55-64``, ``65+``) or ``birth_year``."""
    for name in ("age", "age_group"):
        found = _number(traits.get(name, ""))
        if found:
            return int(found[1])
    year = traits.get("birth_year", "")
    # The birthday may still come this year.
    return moment(now).year - int(year) - 1 if year.isdecimal() and len(year) == 4 else None
