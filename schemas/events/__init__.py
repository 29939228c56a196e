"""The event types that ship, by family."""

from __future__ import annotations

from schemas.events.browsing import Custom, PageViewed
from schemas.events.care import (
    ConversationAssigned,
    ConversationReopened,
    ConversationResolved,
    MessageReceived,
    MessageSent,
)
from schemas.events.commerce import OrderDelivered, OrderPlaced
from schemas.events.engine import ConfigurationPublished, OutreachDecided
from schemas.events.feedback import SurveyAnswered
from schemas.events.identity import Absorbed, IdentityLinked, IdentityUnlinked, MergedOut
from schemas.fact import Fact

SHIPPED: tuple[type[Fact], ...] = (
    PageViewed,
    Custom,
    MessageReceived,
    MessageSent,
    ConversationAssigned,
    ConversationResolved,
    ConversationReopened,
    OrderPlaced,
    OrderDelivered,
    SurveyAnswered,
    IdentityLinked,
    IdentityUnlinked,
    MergedOut,
    Absorbed,
    ConfigurationPublished,
    OutreachDecided,
)

__all__ = [
    "SHIPPED",
    "Absorbed",
    "ConfigurationPublished",
    "ConversationAssigned",
    "ConversationReopened",
    "ConversationResolved",
    "Custom",
    "IdentityLinked",
    "IdentityUnlinked",
    "MergedOut",
    "MessageReceived",
    "MessageSent",
    "OrderDelivered",
    "OrderPlaced",
    "OutreachDecided",
    "PageViewed",
    "SurveyAnswered",
]
