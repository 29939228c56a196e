"""Retiring a channel: whom it would hit, how far its end is, and the pain that followed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import msgspec

from journey import answers
from journey.bootstrap import Workspace
from projections.configuration import configuration
from projections.configuration.channels import ChannelRules
from schemas.errors import NotFound, UsageError
from schemas.times import Instant, instant, rfc3339

SERVED, ANNOUNCED, RETIRED = "served", "announced", "retired"
DAYS = ("2026-01-01", "2026-04-01")  # as an example of how they are written


class Phase(msgspec.Struct, frozen=True):
    """A part of a channel's life, and how it was used then.

    Args:
        phase: ``served``, ``announced`` (its end is known) or ``retired``.
        since: when it begins; empty for the first.
        until: when the next begins; empty for the last.
        contacts: begun on the channel in it; 0 for one that lies ahead.
        customers: who began them.
    """

    phase: str
    since: str
    until: str
    contacts: int
    customers: int


class Retirement(msgspec.Struct, frozen=True):
    """What is known of a channel's end.

    Args:
        phase: the one of now, as the configuration in force has it.
        instead: the channel that customers are asked to use; empty: none is named.
        hit: customers who would be hit, or are: they began a contact on the channel.
        alternatives: the rows of the query ``channel-retire``.
        phases: in their order.
        followed: the rows of the query ``channel-pains``; none while the channel is served.
    """

    channel: str
    phase: str
    instead: str
    hit: int
    alternatives: list[dict[str, Any]]
    phases: list[Phase]
    followed: list[dict[str, Any]]


def retirement(
    workspace: Workspace,
    channel: str,
    *,
    is_what_if: bool,
    span: Mapping[str, Any] | None = None,
) -> Retirement:
    """What is known of the end of a channel.

    Args:
        is_what_if: whether a channel may be asked about that is not to end.
        span: ``since`` and ``until``: whoever began a contact then would be hit.

    Raises:
        NotFound: nobody began a contact on it, and it is not configured.
        UsageError: it is not to end, and nobody asks what if; or a time does not fit.
    """
    known = configuration(workspace.rules.document).channels
    rules = known.get(channel, ChannelRules())
    ends = _ends(rules)
    if not ends and not is_what_if:
        announced, retired = DAYS
        raise UsageError(
            f"The channel {channel!r} is not to end: ask --what-if, or write announced_at = "
            f"{announced} and retired_at = {retired} into [channels.{channel}] of journey.toml and "
            "run 'journey config publish'."
        )
    found = answers.query(workspace, "channel-retire", {"channel": channel, **(span or {})})
    if not found and channel not in known:
        rows = answers.query(workspace, "channels", {})
        names = ", ".join(r["channel"] for r in rows if r["contacts"]) or "none yet"
        raise NotFound(f"Nobody began a contact on {channel!r}: those used are {names}.")
    now = workspace.clock.now()
    begun = [(phase, at) for phase, at in ends if at <= now]
    followed: list[dict[str, Any]] = []
    if begun:
        asked = {"channel": channel, "since": rfc3339(begun[0][1])}
        followed = answers.query(workspace, "channel-pains", asked)
    return Retirement(
        channel=channel,
        phase=begun[-1][0] if begun else SERVED,
        instead=rules.instead,
        hit=found[0]["hit"] if found else 0,
        alternatives=found,
        phases=_phases(workspace, channel, ends) if ends else [],
        followed=followed,
    )


def _ends(rules: ChannelRules) -> list[tuple[str, Instant]]:
    """When the phases after the first begin; days begin at 00:00 UTC, as pains have it."""
    days = ((ANNOUNCED, rules.announced_at), (RETIRED, rules.retired_at))
    return [(phase, _midnight(day)) for phase, day in days if day is not None]


def _midnight(day: date) -> Instant:
    return instant(datetime.combine(day, time(), UTC))


def _phases(workspace: Workspace, channel: str, ends: list[tuple[str, Instant]]) -> list[Phase]:
    names = [SERVED, *(phase for phase, _ in ends)]
    cuts = ["", *(rfc3339(at) for _, at in ends), ""]
    phases = []
    for phase, since, until in zip(names, cuts, cuts[1:], strict=False):
        if since and since == until:  # retired on the day on which it was announced
            continue
        span = {name: at for name, at in (("since", since), ("until", until)) if at}
        rows = answers.query(workspace, "channels", {"channel": channel, **span})
        contacts, customers = (rows[0]["contacts"], rows[0]["customers"]) if rows else (0, 0)
        phases.append(Phase(phase, since, until, contacts, customers))
    return phases
