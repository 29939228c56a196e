"""How the brand's channels are served: hours, delays, bots and agents; and who writes where."""

from dataclasses import dataclass

from journey.sample.clock import ALWAYS, LONG, OFFICE, Hours
from journey.sample.texts import TOPICS


@dataclass(frozen=True, slots=True)
class Desk:
    """How a channel is served."""

    hours: Hours
    median_minutes: float
    """Median of the log-normal delay of an answer, in opening time."""
    spread: float
    """Sigma of the logarithm of that delay."""
    ignored: float
    """Chance that nobody ever answers."""
    patience_minutes: float
    """An answer after that is felt as slow."""
    has_bot: bool = False


DESKS = {
    "chat": Desk(LONG, 1.5, 0.8, 0.03, 5, has_bot=True),
    "phone": Desk(OFFICE, 1.2, 0.7, 0.08, 5),
    "ivr": Desk(ALWAYS, 2.0, 0.6, 0.02, 6, has_bot=True),
    "email": Desk(OFFICE, 130, 1.0, 0.06, 600),
    "sms": Desk(LONG, 35, 0.9, 0.08, 120),
    "social": Desk(LONG, 28, 1.2, 0.16, 90),
    "messaging": Desk(LONG, 20, 1.2, 0.08, 90, has_bot=True),
    "community": Desk(LONG, 300, 1.1, 0.22, 1_200),
    "app": Desk(LONG, 45, 1.0, 0.05, 240),
}

# Each as often as it is listed. Phone turns into email when nobody would answer a call.
_CHANNELS = (*["chat"] * 5, *["phone"] * 7, *["social"] * 4, "community", "ivr", "sms", "app")
CHANNELS_OF: dict[bool, tuple[str, ...]] = {
    False: (*_CHANNELS, *["email"] * 4, *["messaging"] * 3),
    # In Japan people write on LINE rather than by mail.
    True: (*_CHANNELS, "email", *["messaging"] * 8),
}
STRANGERS_CHANNELS = (*["social"] * 5, "community")
VISITORS_CHANNELS = ("chat",)

MOODS = ("question",) * 11 + ("complaint",) * 5 + ("request",) * 4
TAGS = {
    "complaint product": ["product complaint"],
    "request product": ["feature request"],
    "complaint delivery": ["late", "carrier"],
}
AGENTS_A_TEAM = 12
ROUTER = {"kind": "system", "id": "router", "team": ""}
BOTS = {
    True: {"kind": "bot", "id": "bot-1", "team": "digital"},
    # The bad one, which serves a single brand.
    False: {"kind": "bot", "id": "bot-2", "team": "digital"},
}
AGENTS = {
    team: tuple(
        {"kind": "human", "id": f"agent-{at * AGENTS_A_TEAM + one + 1}", "team": team}
        for one in range(AGENTS_A_TEAM)
    )
    for at, team in enumerate(TOPICS)
}
