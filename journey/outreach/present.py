"""Whether a message that was decided may still go out, by what is known today.

Between a decision and its sending people withdraw, pay, or cancel. Guardrails and exits are asked
again by whoever sends; until then the outbox tells what they would say.
"""

from __future__ import annotations

from typing import cast

from journey.bootstrap import Workspace
from projections.configuration import Configuration, configuration
from projections.configuration.triggers import INBOUND, MESSAGE, is_marketing
from projections.outreach import choice
from projections.outreach.known import blocked
from projections.outreach.matters import is_same
from projections.outreach.state import OutreachState
from schemas.events import OutreachDecided
from schemas.recorded import Recorded


def hindrance(workspace: Workspace, event: Recorded, then: Configuration) -> str:
    """Why a decided message may no longer go out; empty if it may.

    Args:
        then: the configuration that its run began under.
    """
    fact = cast(OutreachDecided, event.fact)
    if fact.action != MESSAGE:
        return ""
    now = configuration(workspace.rules.document)
    trigger = now.triggers.get(fact.trigger)
    if trigger is None or trigger.paused:
        return "the trigger is paused" if trigger else "the trigger is gone"
    customer = workspace.log.current(event.customer_id)
    saved = workspace.store.states([customer]).get(customer)
    if saved is None:
        return ""
    state: OutreachState = workspace.rules.decoder.decode(saved).outreach
    return _word(now, state, fact) or _exit(then, state, fact)


def _word(rules: Configuration, state: OutreachState, fact: OutreachDecided) -> str:
    """What the customer said since against such messages there."""
    if why := blocked(state.known, fact.channel):
        return f"{fact.channel}: {why}"
    bound = is_marketing(fact.purpose, rules.outreach.surveys_are_marketing)
    candidate = choice.Candidate(fact.channel, fact.channel_reason)
    told = choice.consent(state.known, fact.purpose, candidate, bound)
    return "" if told.is_allowed else told.ground


def _exit(rules: Configuration, state: OutreachState, fact: OutreachDecided) -> str:
    """An exit of the trigger that came since."""
    trigger = rules.triggers.get(fact.trigger)
    for key, seen in sorted(state.seen.items()):
        name, _, matter = key.partition("\n")
        is_exit = trigger is not None and name in trigger.exits and seen.at > fact.decided_at
        if is_exit and (name == INBOUND or is_same(matter, fact.matter)):
            return "the customer came" if name == INBOUND else f"{name} came"
    return ""
