"""Guardrails: what may keep a message from going out, each with its verdict and its grounds.

They are asked in the order of ``GUARDRAILS``; the first that does not let it pass decides, and
those after it are not asked. Each is a function of what was known at that time and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple
from zoneinfo import ZoneInfo

from projections.configuration import Configuration, in_words
from projections.configuration.jurisdictions import WEEK, Jurisdiction
from projections.configuration.templates import SURVEY, TRANSACTIONAL, Template
from projections.configuration.triggers import Trigger, is_marketing
from projections.outreach import choice, clocks
from projections.outreach.known import KnownState, Sent, blocked, is_open
from projections.outreach.places import place_of
from projections.projection import NEVER
from schemas.times import SECOND, Instant, moment, rfc3339

PASSED = "passed"
SUPPRESSED = "suppressed"
HELD = "held"
NOT_ASKED = "not_asked"

SHARE = 1 << 64  # a hash of 64 bits as a share


class Case(NamedTuple):
    """One message that is about to be decided.

    Args:
        at: the time of the decision.
        since: when it was first due.
        customer: whom the cause was recorded with; the holdout is drawn by it.
        rules: the configuration whose limits hold.
        name: of the trigger.
        channels: where it may go, best first, after the customer's preference.
        missing: the facts that the template needs and nobody told.
    """

    at: Instant
    since: Instant
    customer: bytes
    rules: Configuration
    name: str
    trigger: Trigger
    template: Template
    known: KnownState
    channels: Sequence[choice.Candidate]
    missing: Sequence[str] = ()

    @property
    def is_marketing(self) -> bool:
        """Whether the rules of marketing hold."""
        return is_marketing(self.template.purpose, self.rules.outreach.surveys_are_marketing)

    @property
    def is_transactional(self) -> bool:
        """Whether it is exempt from cap, holdout and open complaint."""
        return self.template.purpose == TRANSACTIONAL

    @property
    def zones(self) -> list[ZoneInfo]:
        """The zones that the customer may be in."""
        return place_of(self.known, self.rules.outreach).zones

    @property
    def laws(self) -> dict[str, Jurisdiction]:
        """What countries ask besides, by country."""
        return place_of(self.known, self.rules.outreach).laws

    @property
    def opt_in(self) -> list[str]:
        """The countries by whose law the purpose needs a record of consent."""
        return [name for name, law in self.laws.items() if self.template.purpose in law.opt_in]


class Verdict(NamedTuple):
    """What one guardrail said.

    Args:
        outcome: passed, suppressed or held.
        ground: the facts that it used, in words.
        until: of held: when to ask again.
    """

    outcome: str
    ground: str
    until: Instant = 0


def suppressed(case: Case) -> Verdict:
    """Nothing goes where the customer complained of spam, or where nothing arrives."""
    if not case.channels:
        return Verdict(SUPPRESSED, "no channel is named or known")
    told = {c.channel: blocked(case.known, c.channel) for c in case.channels}
    if all(told.values()):
        return Verdict(SUPPRESSED, "; ".join(f"{c}: {why}" for c, why in told.items()))
    is_free = not any(told.values())
    return Verdict(PASSED, "no channel is blocked" if is_free else "another channel is left")


def consent(case: Case) -> Verdict:
    """Each channel and purpose needs its own; no record means no for marketing."""
    told = [choice.consent(case.known, case.template.purpose, c, case.is_marketing, case.opt_in)
            for c in case.channels if not blocked(case.known, c.channel)]  # fmt: skip
    allowed = next((each for each in told if each.is_allowed), None)
    if allowed is not None:
        return Verdict(PASSED, allowed.ground)
    return Verdict(SUPPRESSED, "; ".join(each.ground for each in told))


def reach(case: Case) -> Verdict:
    """The customer can be reached now on a channel that allows it."""
    found = choice.chosen(case)
    if found is None:
        return Verdict(SUPPRESSED, "; ".join(c.refused for c in choice.refusals(case)))
    return Verdict(PASSED, f"{found.channel}: {choice.reasons(case.channels, found)}")


def facts(case: Case) -> Verdict:
    """A missing fact never goes out as a hole: it is waited for, until the message is stale."""
    if case.missing:
        until = case.since + case.trigger.stale_after * SECOND + 1
        return Verdict(HELD, f"fact missing: {', '.join(case.missing)}", until)
    return Verdict(PASSED, "all facts are there")


def stated(case: Case) -> Verdict:
    """A sensitive subject needs what the customer stated, never what was inferred."""
    missing = [name for name in case.trigger.needs if not case.known.traits.get(name)]
    if missing:
        return Verdict(SUPPRESSED, f"the customer never stated {', '.join(missing)}")
    return Verdict(PASSED, "nothing is needed" if not case.trigger.needs else "stated")


def cap(case: Case) -> Verdict:
    """Not too many, over all channels and systems, by the customer's local day and week.

    Where the zone is not known the day is that of the zone in which most would count.
    """
    purpose, rules = case.template.purpose, case.rules.outreach
    if case.is_transactional or not (case.is_marketing or purpose == SURVEY):
        return Verdict(PASSED, f"no cap for {purpose}")
    if purpose == SURVEY:
        last = max((s.at for s in case.known.sent if s.purpose == SURVEY), default=-NEVER)
        if case.at - last < rules.survey_every * SECOND:
            every = in_words(rules.survey_every * SECOND)
            return Verdict(SUPPRESSED, f"a survey at {rfc3339(last)}: one in {every}")
        if not case.is_marketing:
            return Verdict(PASSED, "surveys are no marketing here")
    verdicts = [_cap_in(case, zone) for zone in case.zones]
    return next((told for told in verdicts if told.outcome != PASSED), verdicts[0])


def _cap_in(case: Case, zone: ZoneInfo) -> Verdict:
    """The cap of marketing where it is this day and week."""
    rules = case.rules.outreach
    marketing = [s for s in case.known.sent
                 if is_marketing(s.purpose, rules.surveys_are_marketing)]  # fmt: skip
    day, week = clocks.local_day(case.at, zone), clocks.local_week(case.at, zone)
    today = [s for s in marketing if clocks.local_day(s.at, zone) == day]
    this_week = [s for s in marketing if clocks.local_week(s.at, zone) == week]
    counted = f"{len(today)} today, {len(this_week)} this week, {zone.key} time"
    a_day = _least(rules.marketing_per_day, (law.marketing_per_day for law in case.laws.values()))
    a_week = _least(rules.marketing_per_week, (w.marketing_per_week for w in case.laws.values()))
    if len(today) >= a_day:
        return Verdict(SUPPRESSED, f"{counted}: {a_day} a day{_by(today)}")
    if len(this_week) >= a_week:
        return Verdict(SUPPRESSED, f"{counted}: {a_week} a week{_by(this_week)}")
    return Verdict(PASSED, counted)


def _least(everywhere: int, laws: Iterable[int | None]) -> int:
    """The strictest of a limit and what laws say of it."""
    return min([everywhere, *(limit for limit in laws if limit is not None)])


def open_complaint(case: Case) -> Verdict:
    """No marketing to somebody who waits for care, or has just said how bad it was."""
    if not case.is_marketing:
        return Verdict(PASSED, f"does not hold for {case.template.purpose}")
    implied = case.rules.conversations.implied_resolution * SECOND
    talk = is_open(case.known, case.at, implied)
    if talk:
        return Verdict(SUPPRESSED, "a conversation with care is open")
    since = case.at - case.known.low_score_at
    if since < case.rules.outreach.complaint_window * SECOND:
        within = in_words(case.rules.outreach.complaint_window * SECOND)
        return Verdict(SUPPRESSED, f"a low score at {rfc3339(case.known.low_score_at)}, "
                                   f"less than {within} ago")  # fmt: skip
    return Verdict(PASSED, "no open conversation, no low score")


def review(case: Case) -> Verdict:
    """A trigger that nobody looked at for a long time stops."""
    looked = case.rules.triggers.get(case.name, case.trigger).reviewed_on  # as it is now
    if looked is None:
        return Verdict(PASSED, "no day of review is told")
    days = case.rules.outreach.review_every // 86400
    if (moment(case.at).date() - looked).days > days:
        return Verdict(SUPPRESSED, f"reviewed on {looked}: nobody looked at it for {days} days")
    return Verdict(PASSED, f"reviewed on {looked}")


def holdout(case: Case) -> Verdict:
    """A share of customers gets nothing, so that the effect is known: drawn once for ever."""
    share = case.trigger.holdout
    if not share or case.is_transactional:
        return Verdict(PASSED, "no holdout")
    if is_held_out(case.rules.outreach.holdout_salt, case.name, case.customer, share):
        return Verdict(SUPPRESSED, f"in the holdout of {share:.3g}")
    return Verdict(PASSED, f"not in the holdout of {share:.3g}")


def quiet_hours(case: Case) -> Verdict:
    """Not at night where the customer is, and marketing in the hours of the law there."""
    if case.is_transactional and case.template.urgent:
        return Verdict(PASSED, "urgent")
    rules, place = case.rules.outreach, place_of(case.known, case.rules.outreach)
    laws = place.laws if case.is_marketing else {}
    hours = [_hours(law) for law in laws.values()]
    awake = clocks.allowed_at(case.at, rules.quiet_from, rules.quiet_until, place.zones, hours)
    where = ", ".join([zone.key for zone in place.zones] + [f"law of {name}" for name in laws])
    if awake > case.at:
        return Verdict(HELD, f"quiet until {rfc3339(awake)} ({where})", awake)
    return Verdict(PASSED, f"nobody sleeps ({where})")


def _hours(law: Jurisdiction) -> clocks.Hours:
    days = frozenset(WEEK.index(day) for day in law.marketing_days)
    return clocks.Hours(law.marketing_from, law.marketing_until, days)


def fresh(case: Case) -> Verdict:
    """What waited too long is dropped."""
    late = case.at - case.since
    if late > case.trigger.stale_after * SECOND:
        return Verdict(SUPPRESSED, f"due since {rfc3339(case.since)}: stale")
    return Verdict(PASSED, "on time" if not late else f"{in_words(late)} late")


Guardrail = Callable[[Case], Verdict]

# "Already sent" needs no function: the log takes each (customer, cause, step) once. "Audience" is
# asked at the door, where the messages of all customers meet: `projections.outreach.audience`.
GUARDRAILS: dict[str, Guardrail] = {
    "fresh": fresh,
    "suppressed": suppressed,
    "consent": consent,
    "channel": reach,
    "stated": stated,
    "facts": facts,
    "cap": cap,
    "open_complaint": open_complaint,
    "review": review,
    "holdout": holdout,
    "quiet_hours": quiet_hours,
}


class Ruling(NamedTuple):
    """What the guardrails said together.

    Args:
        outcome: passed, suppressed or held.
        by: the guardrail that decided; empty where all passed.
        ground: its ground.
        until: when to ask again.
        verdicts: of each in order, ``not_asked`` behind the one that decided.
        grounds: theirs.
    """

    outcome: str
    by: str
    ground: str
    until: Instant
    verdicts: list[str]
    grounds: list[str]


def ruling(case: Case) -> Ruling:
    """Ask them all, in their order."""
    verdicts: list[str] = []
    grounds: list[str] = []
    outcome, by, ground, until = PASSED, "", "", 0
    for name, ask in GUARDRAILS.items():
        if by:
            verdicts.append(NOT_ASKED)
            grounds.append("")
            continue
        told = ask(case)
        verdicts.append(told.outcome)
        grounds.append(told.ground)
        if told.outcome != PASSED:
            outcome, by, ground, until = told.outcome, name, told.ground, told.until
    return Ruling(outcome, by, ground, until, verdicts, grounds)


def is_held_out(salt: str, trigger: str, customer: bytes, share: float) -> bool:
    """Whether the draw puts a customer into the holdout of a trigger."""
    text = "\x00".join((salt, trigger)).encode() + b"\x00" + customer
    return int.from_bytes(sha256(text).digest()[:8]) < share * SHARE


def _by(sent: Sequence[Sent]) -> str:
    """By whom the last of them was sent, where it was another system."""
    system = sent[-1].system if sent else ""
    return f" (the last by {system})" if system and system != "journey" else ""
