"""The row of a pain."""

from __future__ import annotations

from projections.pains.state import Pain
from projections.projection import Change
from projections.tables import PAINS

MILLION = 1_000_000


def pain_row(customer: str, pain: Pain) -> Change:
    """A pain as it is now.

    Args:
        customer: hexadecimal.
    """
    return Change(
        PAINS.name,
        (
            customer,
            pain.began_at,
            pain.id.hex(),
            pain.kind,
            pain.severity,
            pain.stage,
            list(pain.personas),
            pain.channel,
            pain.brand,
            pain.team,
            pain.agent,
            pain.topic,
            pain.conversation.hex(),
            pain.ended_at,
            pain.ended_by,
            pain.ended_event.hex(),
            pain.is_assumed,
            [cause.hex() for cause in pain.causes],
            pain.extra_contacts,
            pain.contact_micros / MILLION,
            pain.refund_micros / MILLION,
            pain.refunds_elsewhere,
            (pain.contact_micros + pain.refund_micros) / MILLION,
            pain.currency,
        ),
    )
