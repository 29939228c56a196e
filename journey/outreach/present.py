"""Whether a message that was decided may still go out, by what is known today.

Between a decision and its sending people withdraw, pay, or cancel. Guardrails and exits are asked
again by whoever sends; until then the outbox and approvals tell what they would say.
"""

from __future__ import annotations

from typing import NamedTuple, cast

from journey.bootstrap import Workspace
from journey.outreach.rendering import Message
from projections.configuration import Configuration, configuration
from projections.configuration.triggers import INBOUND, MESSAGE, is_marketing
from projections.outreach import choice
from projections.outreach.known import blocked
from projections.outreach.matters import is_same
from projections.outreach.state import OutreachState
from schemas.events import OutreachDecided
from schemas.recorded import Recorded

ERASED = "the person was erased: nothing can be said to them any more"


class Hindrance(NamedTuple):
    """Why a message may no longer go out.

    Args:
        kind: ``erased``, ``trigger``, ``suppressed``, ``consent``, ``exit``, ``facts`` or ``link``.
        told: the same in words; empty if nothing keeps it.
    """

    kind: str = ""
    told: str = ""

    def __bool__(self) -> bool:
        return bool(self.kind)


class Present:
    """What is known today: the rules in force, and the customers' states."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._rules = configuration(workspace.rules.document)

    def hindrance(self, event: Recorded, then: Configuration, said: Message) -> Hindrance:
        """What keeps a decided message.

        Args:
            then: the configuration that its run began under.
            said: what it would say.
        """
        fact = cast(OutreachDecided, event.fact)
        if fact.action != MESSAGE:
            return Hindrance()
        if said.is_erased:
            return Hindrance("erased", ERASED)
        trigger = self._rules.triggers.get(fact.trigger)
        if trigger is None or trigger.paused:
            state = "paused" if trigger else "gone"
            return Hindrance("trigger", f"the trigger is {state}")
        return self._since(event, fact, then) or _text(said)

    def _since(self, event: Recorded, fact: OutreachDecided, then: Configuration) -> Hindrance:
        """What came since from the customer."""
        customer = self._workspace.log.current(event.customer_id)
        saved = self._workspace.store.states([customer]).get(customer)
        if saved is None:
            return Hindrance()
        state: OutreachState = self._workspace.rules.decoder.decode(saved).outreach
        return _word(self._rules, state, fact) or _exit(then, state, fact)


def _text(said: Message) -> Hindrance:
    """What its text lacks."""
    if said.missing:
        return Hindrance("facts", f"it lacks {', '.join(said.missing)}")
    told = f"a link is not safe: {', '.join(said.unsafe)}"
    return Hindrance("link", told) if said.unsafe else Hindrance()


def _word(rules: Configuration, state: OutreachState, fact: OutreachDecided) -> Hindrance:
    """What the customer said since against such messages there."""
    if why := blocked(state.known, fact.channel):
        return Hindrance("suppressed", f"{fact.channel}: {why}")
    bound = is_marketing(fact.purpose, rules.outreach.surveys_are_marketing)
    candidate = choice.Candidate(fact.channel, fact.channel_reason)
    told = choice.consent(state.known, fact.purpose, candidate, bound)
    return Hindrance() if told.is_allowed else Hindrance("consent", told.ground)


def _exit(rules: Configuration, state: OutreachState, fact: OutreachDecided) -> Hindrance:
    """An exit of the trigger that came since."""
    trigger = rules.triggers.get(fact.trigger)
    for key, seen in sorted(state.seen.items()):
        name, _, matter = key.partition("\n")
        is_exit = trigger is not None and name in trigger.exits and seen.at > fact.decided_at
        if is_exit and (name == INBOUND or is_same(matter, fact.matter)):
            who = "the customer" if name == INBOUND else name
            return Hindrance("exit", f"{who} came")
    return Hindrance()
