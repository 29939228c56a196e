"""Too much: messages beyond the cap, and invitations that come back."""

from __future__ import annotations

from projections.pains.kinds import Kind
from projections.pains.now import Now, about_fact
from projections.pains.state import LISTED_MAX, make_room
from schemas import zones
from schemas.events import InvitationDismissed, OutreachSent, PreferenceStated
from schemas.times import SECOND, moment

WEEK_DAYS = 7
SURVEY = "survey"


def stated(now: Now, fact: PreferenceStated) -> None:
    """The customer's days are those of the zone they stated, if there is such a zone."""
    if fact.timezone in zones.names():
        now.state.zone = fact.timezone


def sent(now: Now, fact: OutreachSent) -> None:
    """A message went out, whoever sent it."""
    rule, state = now.rules.over_contacted, now.state
    if fact.purpose == SURVEY:
        recent = [s for s in state.surveys if now.at - s < rule.surveys_within * SECOND]
        state.surveys = [*recent, now.at][-LISTED_MAX:]
        if len(state.surveys) > rule.surveys:
            now.moment(Kind.OVER_CONTACTED, about_fact(fact))
        return
    if fact.purpose not in rule.purposes:
        return
    local = moment(now.at).astimezone(zones.zone(state.zone or rule.zone))
    day, monday = local.toordinal(), local.toordinal() - local.weekday()
    state.days = [*(d for d in state.days if d > day - WEEK_DAYS), day][-LISTED_MAX:]
    today = sum(d == day for d in state.days)
    this_week = sum(d >= monday for d in state.days)
    is_over = today > rule.per_day or this_week > rule.per_week
    if is_over and state.over_day != day:
        state.over_day = day
        now.moment(Kind.OVER_CONTACTED, about_fact(fact))


def dismissed(now: Now, fact: InvitationDismissed) -> None:
    """The customer closed an invitation."""
    known = now.state.dismissed
    events = [*known.pop(fact.name, []), now.event_id]
    if len(events) >= now.rules.over_contacted.dismissals:
        now.moment(Kind.OVER_CONTACTED, about_fact(fact), causes=events)
        return
    make_room(known, LISTED_MAX)
    known[fact.name] = events
