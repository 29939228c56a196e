"""What each event type of our own form declares: its class, its defaults, its properties."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from journey.ingest.declared import Exact, Fields, declared, property_names
from journey.ingest.fields import (
    Told,
    missing,
    need_label,
    take_flag,
    take_identities,
    take_label,
    take_number,
    take_text,
)
from journey.ingest.line import ACTOR
from schemas import events
from schemas.errors import CannotAccept
from schemas.fact import BrandFact, Touchpoint

Read = Callable[[Told, Fields, Exact], None]  # takes its properties, sets the fact's fields


class Form(NamedTuple):
    """One type.

    Args:
        fact: its class.
        direction: when none is told.
        is_fixed: no other direction makes sense.
        actor_kind: when no actor is told; empty for nobody in particular.
        read: takes the properties that the type declares.
        is_of_brand: it has no customer, and no direction.
    """

    fact: type[Touchpoint] | type[BrandFact]
    direction: str
    is_fixed: bool
    actor_kind: str
    read: Read
    is_of_brand: bool = False


def _nothing(properties: Told, fields: Fields, exact: Exact) -> None:
    """The type declares nothing of its own."""


def _received(properties: Told, fields: Fields, exact: Exact) -> None:
    text = take_text(properties, "text")
    if text:
        fields["text"] = text


def _sent(properties: Told, fields: Fields, exact: Exact) -> None:
    text = take_text(properties, "text")
    if text:
        fields["text"] = text
    fields["resolving"] = take_flag(properties, "resolving", False)


def _assigned(properties: Told, fields: Fields, exact: Exact) -> None:
    # The fact's actor is who has the conversation now. Where the source names that agent apart,
    # its own actor is whoever gave it away, such as a router: kept, as it was told, in `extra`.
    agent, team = take_label(properties, "agent"), take_label(properties, "team")
    if agent:
        if fields.get("actor"):
            fields["extra"] = {ACTOR: exact.top("actor")}
        fields["actor_kind"], fields["actor"], fields["team"] = "human", agent, team
    elif team:
        fields["team"] = team


def _linked(properties: Told, fields: Fields, exact: Exact) -> None:
    if sum(map(len, fields.get("identities", {}).values())) < 2:
        raise missing("identities", "give the two or more values that are one customer")


def _unlinked(properties: Told, fields: Fields, exact: Exact) -> None:
    if not fields.get("identities"):
        raise missing("identities", "give a value that stays with the customer")
    fields["removed"] = take_identities(properties, "removed")
    if not fields["removed"]:
        raise missing("removed", "give the identities that belong to somebody else")


def _custom(properties: Told, fields: Fields, exact: Exact) -> None:
    fields["name"] = need_label(properties, "name", "name the event, or give it a type of its own")


_mention = declared(events.MentionObserved)
_announced, _retired = declared(events.ChannelRetirementAnnounced), declared(events.ChannelRetired)
_opened, _done = declared(events.ActionOpened), declared(events.ActionDone)


def _mentioned(properties: Told, fields: Fields, exact: Exact) -> None:
    _mention(properties, fields, exact)
    fields["is_rated"] = "sentiment" in fields


def _of_a_channel(read: Read) -> Read:
    def checked(properties: Told, fields: Fields, exact: Exact) -> None:
        if not fields["channel"]:
            raise missing("channel", "name the channel that is retired")
        read(properties, fields, exact)

    return checked


def _of_an_action(read: Read) -> Read:
    def checked(properties: Told, fields: Fields, exact: Exact) -> None:
        read(properties, fields, exact)
        if not fields.get("action"):
            raise missing("action", "give the action's id, the same when it is opened and done")

    return checked


SCALES = {"nps": (0.0, 10.0), "csat": (1.0, 5.0), "ces": (1.0, 7.0)}
"""The usual scale of each survey that everybody knows, where the source gives none."""


def _survey(properties: Told, fields: Fields, exact: Exact) -> None:
    survey = need_label(properties, "survey", "give nps, csat, ces, or a name of your own")
    if survey.lower() in SCALES:
        survey = survey.lower()
    usual_min, usual_max = SCALES.get(survey, (None, None))
    given_min, given_max = (take_number(properties, n) for n in ("scale_min", "scale_max"))
    score = take_number(properties, "score")
    scale_min = usual_min if given_min is None else given_min
    scale_max = usual_max if given_max is None else given_max
    if score is None:
        raise missing("score", "give the answer as a number")
    if scale_min is None or scale_max is None:
        name = "scale_min" if scale_min is None else "scale_max"
        raise missing(name, "only nps, csat and ces have a usual scale, so give the survey's own")
    fields.update(survey=survey, score=score, scale_min=scale_min, scale_max=scale_max)
    fields["higher_is_better"] = take_flag(properties, "higher_is_better", True)
    if comment := take_text(properties, "comment"):
        fields["comment"] = comment


IN, OUT, INSIDE = "inbound", "outbound", "internal"
DIRECTIONS = frozenset({IN, OUT, INSIDE})
ACTOR_KINDS = frozenset({"customer", "human", "bot", "system"})

_BY_HAND: dict[str, Form] = {
    "message-received": Form(events.MessageReceived, IN, True, "customer", _received),
    "message-sent": Form(events.MessageSent, OUT, True, "human", _sent),
    "conversation-assigned": Form(events.ConversationAssigned, INSIDE, False, "human", _assigned),
    "survey-answered": Form(events.SurveyAnswered, IN, False, "customer", _survey),
    "identity-linked": Form(events.IdentityLinked, INSIDE, False, "", _linked),
    "identity-unlinked": Form(events.IdentityUnlinked, INSIDE, False, "", _unlinked),
    "custom": Form(events.Custom, IN, False, "customer", _custom),
    "mention-observed": Form(events.MentionObserved, "", False, "customer", _mentioned, True),
    "channel-retirement-announced": Form(
        events.ChannelRetirementAnnounced, "", False, "", _of_a_channel(_announced), True
    ),
    "channel-retired": Form(events.ChannelRetired, "", False, "", _of_a_channel(_retired), True),
    "action-opened": Form(events.ActionOpened, "", False, "", _of_an_action(_opened), True),
    "action-done": Form(events.ActionDone, "", False, "", _of_an_action(_done), True),
}
# By the customer, unless told otherwise: what is not listed here is.
_BY_THE_BRAND = (
    events.OrderDelivered,
    events.Refunded,
    events.InformationRequested,
    events.DeflectionOffered,
    events.InvitationShown,
    events.OutreachSent,
    events.OutreachDelivered,
)
_WITHIN_THE_BRAND = (
    events.ConversationOpened,
    events.ConversationResolved,
    events.ConversationReopened,
    events.ConversationHandedOff,
    events.ConversationMoved,
    events.NoteAdded,
    events.BotGaveUp,
    events.CallAnswered,
    events.CallHeld,
    events.CallEnded,
    events.PaymentFailed,
    events.OrderCancelled,
    events.OutreachBounced,
    events.TraitsStated,
)


def _form(fact: type[Touchpoint] | type[BrandFact]) -> Form:
    read = declared(fact)
    if issubclass(fact, BrandFact):
        return Form(fact, "", False, "", read, True)
    if fact in _BY_THE_BRAND:
        return Form(fact, OUT, False, "", read)
    if fact in _WITHIN_THE_BRAND:
        return Form(fact, INSIDE, False, "", read)
    return Form(fact, IN, False, "customer", read)


FORMS: dict[str, Form] = _BY_HAND | {
    name: _form(fact)
    for fact in events.SHIPPED
    if issubclass(fact, Touchpoint | BrandFact)
    and fact not in (events.OutreachApproved, events.CrossingDecided)
    and (name := fact.TYPE.rpartition(".")[0]) not in _BY_HAND
}
UNKNOWN = Form(events.Custom, IN, False, "customer", _nothing)  # named by its own type

ENGINES_OWN = frozenset(
    {
        *("merged-out", "absorbed", "split-out", "restored"),
        *("configuration-published", "outreach-decided", "outreach-approved"),
        "crossing-decided",
    }
)
"""Only the engine itself says these."""


@cache
def properties() -> frozenset[str]:
    """The declared properties, which a reason may name. Few ask, and it takes a while."""
    by_hand = ("text", "resolving", "agent", "team", "survey", "score", "scale_min", "scale_max")
    more = ("higher_is_better", "comment", "removed", "name")
    declared_ones = (name for form in FORMS.values() for name in property_names(form.fact))
    return frozenset((*by_hand, *more, *declared_ones))


def form_of(type_: str) -> tuple[Form, str]:
    """The form of a type, with or without its version; and the name that a custom event gets.

    Raises:
        CannotAccept: the type is the engine's own, or of a version that nobody knows.
    """
    form = FORMS.get(type_)
    if form is not None:
        return form, ""
    name, dot, version = type_.rpartition(".v")
    if not dot or not version.isdecimal():
        name = type_
    if name in ENGINES_OWN:
        reason = "type: only the engine records events of this type: give yours another name."
        raise CannotAccept("engines-own-type", reason)
    if name == type_ or name not in FORMS:
        return UNKNOWN, type_
    if not 1 <= int(version) <= int(FORMS[name].fact.TYPE.rpartition(".v")[2]):
        reason = f"type: {name} has no such version: write {name}, or upgrade the engine."
        raise CannotAccept("unknown-version", reason)
    return FORMS[name], ""
