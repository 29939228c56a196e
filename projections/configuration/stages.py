"""Which stages there are, and when a customer moves from one to another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from projections.configuration.durations import Seconds
from projections.configuration.section import Complaint, Section

BEFORE = "before"  # back to the last stage on the path
INBOUND: Final = "inbound"
SILENCE: Final = "silence"
ENDED: Final = "subscription_ended"
# Signs that are no matter of one event's type: any touch by the customer; none for the lapse time;
# the customer's last subscription came to its end.
BUILT_IN = (INBOUND, SILENCE, ENDED)
LOST_BY = (SILENCE, ENDED)  # whom these move is lost, whatever the stage is called
FIRST_TOUCH = "first_touch"  # the cause of the first stage

Share = Annotated[float, Meta(ge=0, le=1)]
_is_name = re.compile(r"[a-z][a-z0-9_]*").fullmatch


class SignRule(msgspec.Struct, frozen=True, kw_only=True):
    """What shows a sign: one of ``events``, and all else that is said here.

    Args:
        events: types without their version; a declared type, or one of no shipped type, by name.
        direction: of the event; empty: any.
        channels: where; none: anywhere.
        is_question: whether only a text that asks something counts.
        survey: whose answers count; empty: any.
        share_at_least: of its scale, 0 (worst) to 1 (best): of an answer or of stars.
        share_at_most: the same.
        again_within: it counts only this soon after the one before; 0: always.
        after: it counts only after this time without one of ``unless``; 0: at once.
        unless: types of events that call it off while it waits.
    """

    events: list[str]
    direction: Literal["", "inbound", "outbound", "internal"] = ""
    channels: list[str] = []
    is_question: bool = False
    survey: str = ""
    share_at_least: Share = 0.0
    share_at_most: Share = 1.0
    again_within: Seconds = 0
    after: Seconds = 0
    unless: list[str] = []


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """Where each of some signs leads from each of some stages; ``before``: to the one before."""

    into: str
    by: list[str]
    out_of: list[str]


PATH = ("awareness", "consideration", "purchase", "usage", "loyalty")
OFF_PATH = ("at_risk", "lapsed")

# What is not here changes nothing. Of several signs of one event the first that is here moves.
TRANSITIONS = (
    Transition(
        into="consideration",
        by=["product", "search", "cart", "question"],
        out_of=["awareness"],
    ),
    Transition(
        into="purchase",
        by=["order", "subscription"],
        out_of=["awareness", "consideration", "usage"],
    ),
    Transition(into="usage", by=["delivered", "first_use"], out_of=["purchase"]),
    Transition(
        into="loyalty",
        by=["second_order", "renewal", "referral"],
        out_of=["awareness", "consideration", "purchase", "usage"],
    ),
    Transition(into="at_risk", by=["cancellation_asked", "unpaid", "low_csat"], out_of=list(PATH)),
    Transition(
        into=BEFORE, by=["order", "subscription", "renewal", "high_csat"], out_of=["at_risk"]
    ),
    Transition(into="lapsed", by=[ENDED, SILENCE], out_of=[*PATH, "at_risk"]),
    Transition(into="purchase", by=["order", "subscription", "renewal"], out_of=["lapsed"]),
    Transition(into="consideration", by=[INBOUND], out_of=["lapsed"]),
)


class StageRules(Section, frozen=True, kw_only=True):
    """Section ``stages``.

    Args:
        path: the stages that a customer goes along, in order; the first is that of the first touch.
        off_path: the other stages.
        lapse: silence of the customer after which they are lapsed.
        loyalty_window: an order this soon after the one before makes them loyal.
        unpaid_after: a failed payment that nothing follows puts them at risk after this time.
        renewal_grace: a subscription ends this long after it was due for renewal.
        low_csat_share: at or below this share of its scale a CSAT puts them at risk.
        high_csat_share: at or above it, it takes them out of it.
        signs: further signs by name, or shipped ones otherwise.
        transitions: the whole table, in place of the shipped one.
    """

    path: list[str] = msgspec.field(default_factory=lambda: list(PATH))
    off_path: list[str] = msgspec.field(default_factory=lambda: list(OFF_PATH))
    lapse: Seconds = 180 * 86400
    loyalty_window: Seconds = 365 * 86400
    unpaid_after: Seconds = 7 * 86400
    renewal_grace: Seconds = 86400
    low_csat_share: Share = 0.4  # 2 of 5, 4 of 10, and below, whether the scale begins at 0 or 1
    high_csat_share: Share = 0.75  # 4 of 5, 8 of 10, and above
    signs: dict[str, SignRule] = msgspec.field(default_factory=dict)
    transitions: list[Transition] = msgspec.field(default_factory=lambda: list(TRANSITIONS))

    @property
    def stages(self) -> list[str]:
        """All stages, those on the path first."""
        return [*self.path, *self.off_path]

    @property
    def all_signs(self) -> dict[str, SignRule]:
        """The signs that ship, with these thresholds, and those of one's own.

        An event's signs are asked for in this order.
        """
        shipped = {
            "product": SignRule(events=["product-viewed"], direction=INBOUND),
            "search": SignRule(events=["searched"], direction=INBOUND),
            "cart": SignRule(events=["cart-changed", "checkout-started"], direction=INBOUND),
            "question": SignRule(events=["message-received"], direction=INBOUND, is_question=True),
            "second_order": SignRule(events=["order-placed"], again_within=self.loyalty_window),
            "order": SignRule(events=["order-placed"]),
            "subscription": SignRule(events=["subscription-started"]),
            "renewal": SignRule(events=["subscription-renewed"]),
            "delivered": SignRule(events=["order-delivered"]),
            "first_use": SignRule(events=["first-use"]),
            "referral": SignRule(events=["referral"]),
            "cancellation_asked": SignRule(events=["cancellation-asked"]),
            "unpaid": SignRule(
                events=["payment-failed"],
                after=self.unpaid_after,
                unless=[
                    "order-placed",
                    "order-cancelled",
                    "subscription-started",
                    "subscription-renewed",
                    "subscription-cancelled",
                    "payment-succeeded",
                ],
            ),
            "low_csat": SignRule(
                events=["survey-answered"], survey="csat", share_at_most=self.low_csat_share
            ),
            "high_csat": SignRule(
                events=["survey-answered"], survey="csat", share_at_least=self.high_csat_share
            ),
        }
        return shipped | self.signs

    def moves(self) -> dict[str, dict[str, str]]:
        """The table as stage -> sign -> stage."""
        table: dict[str, dict[str, str]] = {stage: {} for stage in self.stages}
        for row in self.transitions:
            for stage in row.out_of:
                for sign in row.by:
                    table.setdefault(stage, {})[sign] = row.into
        return table

    def complaints(self, whole: Any) -> Iterator[Complaint]:
        """Hold stages, signs and transitions against each other."""
        yield from self._about_stages()
        yield from self._about_signs()
        wrong = [*self._about_transitions()]
        yield from wrong
        if not wrong:
            yield from self._about_reach()

    def _about_stages(self) -> Iterator[Complaint]:
        if not self.path:
            yield Complaint(("path",), "is empty: name at least the stage of the first touch")
        seen: set[str] = set()
        for key, names in (("path", self.path), ("off_path", self.off_path)):
            for n, name in enumerate(names):
                if not _is_name(name) or name == BEFORE:
                    wrong = f"{name} is no name of a stage: use small letters, digits and _"
                    wrong += f", and not {BEFORE}, which means the stage before"
                    yield Complaint((key, str(n)), wrong)
                if name in seen:
                    yield Complaint((key, str(n)), f"{name} stands here twice: name it once")
                seen.add(name)

    def _about_signs(self) -> Iterator[Complaint]:
        for name, rule in self.signs.items():
            if name in BUILT_IN or not _is_name(name):
                wrong = f"cannot be redefined: {', '.join(BUILT_IN)} are the engine's own"
                if name not in BUILT_IN:
                    wrong = "is no name of a sign: use small letters, digits and _"
                yield Complaint(("signs", name), wrong)
            if not rule.events:
                yield Complaint(("signs", name, "events"), "is empty: name a type of events")
            if rule.share_at_least > rule.share_at_most:
                wrong = f"lies above share_at_most {rule.share_at_most}: nothing would fit"
                yield Complaint(("signs", name, "share_at_least"), wrong)
            if rule.unless and not rule.after:
                wrong = 'needs a time to wait: write after = "7 d" or the like'
                yield Complaint(("signs", name, "unless"), wrong)

    def _about_transitions(self) -> Iterator[Complaint]:
        signs = [*self.all_signs, *BUILT_IN]
        taken: dict[tuple[str, str], str] = {}
        for n, row in enumerate(self.transitions):
            place = ("transitions", str(n))
            if row.into not in (*self.stages, BEFORE):
                yield Complaint((*place, "into"), _unknown("stage", row.into, self.stages))
            for stage in row.out_of:
                if stage not in self.stages:
                    yield Complaint((*place, "out_of"), _unknown("stage", stage, self.stages))
                elif row.into == BEFORE and stage in self.path:
                    wrong = f"{stage} is on the path: {BEFORE} leads out of stages off it only"
                    yield Complaint((*place, "out_of"), wrong)
                for sign in row.by:
                    other = taken.setdefault((stage, sign), row.into)
                    if other != row.into:
                        wrong = f"{sign} leads from {stage} to {other} already: name one of them"
                        yield Complaint((*place, "by"), wrong)
            for sign in row.by:
                if sign not in signs:
                    yield Complaint((*place, "by"), _unknown("sign", sign, signs))

    def _about_reach(self) -> Iterator[Complaint]:
        moves = self.moves()
        found = dict.fromkeys(self.path[:1])
        waiting = list(found)
        for stage in waiting:
            new = {to: None for to in moves[stage].values() if to not in found and to != BEFORE}
            found |= new
            waiting += new
        for key, names in (("path", self.path), ("off_path", self.off_path)):
            for n, name in enumerate(names):
                if name not in found:
                    wrong = f"{name} is never reached: lead a transition into it, or leave it out"
                    yield Complaint((key, str(n)), wrong)


def _unknown(what: str, name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    meant = f" (did you mean {close[0]}?)" if close else ""
    return f"{name} is no {what}{meant}: use one of {', '.join(known)}"
