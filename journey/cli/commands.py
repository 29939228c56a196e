"""Every module that brings commands: who imports this has them all."""

from journey.cli import (  # noqa: F401
    asking,
    card,
    channels,
    config,
    contracts,
    making,
    mapping,
    maps,
    mining,
    outreach,
    plans,
    proving,
    report,
    sql,
    streaming,
    triggers,
)
