"""What Segment's calls and reserved event names mean in our own types: tables, no branches.

Names are those of Segment's specification. Where one property may stand in several places, the
first that fits counts. ``docs/segment.md`` shows these tables; a test holds it against them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

Paths = tuple[str, ...]  # names from the payload's root, joined by dots
Declared = dict[str, Paths]  # our property -> where the payload has it


class Meaning(NamedTuple):
    """What one call, or one tracked event, is with us.

    Args:
        type: our type.
        channel: where it happened; empty: where the payload says.
        declared: our property -> where the payload has it.
        always: our property -> what it is if nothing is told.
        needs: our property without which it is only a custom event.
        conversation: where the payload has the conversation's id.
        actor_kind: who acted, if it is not the type's usual.
        actor_id: where the payload has the actor's id.
    """

    type: str
    channel: str = ""
    declared: Mapping[str, Paths] = {}
    always: Mapping[str, Any] = {}
    needs: str = ""
    conversation: Paths = ()
    actor_kind: str = ""
    actor_id: Paths = ()


_PAGE: Declared = {
    "name": ("name", "properties.name"),
    "url": ("properties.url", "context.page.url"),
    "referrer": ("properties.referrer", "context.page.referrer"),
}

CALLS: dict[str, Meaning] = {
    "identify": Meaning("traits-stated", declared={"traits": ("traits",)}),
    "track": Meaning("custom", declared={"name": ("event",)}),
    "page": Meaning("page-viewed", "web", _PAGE),
    "screen": Meaning("page-viewed", "app", _PAGE),
    "group": Meaning("custom", always={"name": "group"}),
    "alias": Meaning("identity-linked"),
}

_PRODUCT: Declared = {
    "name": ("properties.name",),
    "product_id": ("properties.product_id", "properties.id", "properties.sku"),
    "category": ("properties.category",),
    "price": ("properties.price",),
    "currency": ("properties.currency",),
}
_ORDER: Declared = {
    "order_id": ("properties.order_id", "properties.orderId", "properties.checkout_id"),
    "amount": ("properties.total", "properties.revenue", "properties.value"),
    "currency": ("properties.currency",),
}
_REMOVED: Declared = {"removed": ("properties.quantity",)}  # how many went, without a sign

_SEARCHED = Meaning("searched", declared={"query": ("properties.query",)})
_VIEWED = Meaning("product-viewed", declared=_PRODUCT)
_ADDED = Meaning("cart-changed", declared=_PRODUCT | {"quantity": ("properties.quantity",)})
_TAKEN_OUT = Meaning("cart-changed", declared=_PRODUCT | _REMOVED, always={"quantity": -1})
_ORDERED = Meaning("order-placed", declared=_ORDER)

_CAMPAIGN: Declared = {"campaign": ("properties.campaign_name", "properties.campaign_id")}
_LINK: Declared = {"name": ("properties.link_id",)}
_PUSHED: Declared = {"campaign": ("properties.campaign.name",)}

_CHAT = ("properties.conversation_id", "properties.conversationId")
_JUDGED: Declared = {
    name: (f"properties.{name}",) for name in ("topic", "intent", "language", "sentiment")
}
"""What a source may know of a text better than we do, see docs/texts.md."""
_TEXT: Declared = {"text": ("properties.message_body",)} | _JUDGED
_AGENT = ("properties.agent_id",)
_OPENED = Meaning(
    "conversation-opened",
    "chat",
    {"subject": ("properties.message_body",)},
    conversation=_CHAT,
)
_ENDED = Meaning("conversation-resolved", "chat", conversation=_CHAT)
# Seen from the customer, who sends to the agent and receives what the agent says.
_BY_CUSTOMER = Meaning("message-received", "chat", _TEXT, conversation=_CHAT)
_BY_AGENT = Meaning(
    "message-sent", "chat", _TEXT, conversation=_CHAT, actor_kind="human", actor_id=_AGENT
)
_BY_COPILOT = Meaning("message-sent", "chat", _TEXT, conversation=_CHAT, actor_kind="bot")

VOCABULARIES: dict[str, dict[str, Meaning]] = {
    "E-commerce": {
        "Products Searched": _SEARCHED,
        "Product Viewed": _VIEWED,
        "Product Added": _ADDED,
        "Product Removed": _TAKEN_OUT,
        "Checkout Started": Meaning("checkout-started", declared=_ORDER),
        "Order Completed": _ORDERED,
        "Order Cancelled": Meaning("order-cancelled", declared=_ORDER),
        "Order Refunded": Meaning("refunded", declared=_ORDER),
        "Product Shared": Meaning("shared"),
        "Cart Shared": Meaning("shared"),
        "Product Reviewed": Meaning(
            "review-posted",
            declared={
                "stars": ("properties.rating",),
                "product_id": ("properties.product_id",),
                "text": ("properties.review_body",),
            }
            | _JUDGED,
            needs="stars",
        ),
    },
    "E-commerce, first version": {
        "Searched Products": _SEARCHED,
        "Viewed Product": _VIEWED,
        "Added Product": _ADDED,
        "Removed Product": _TAKEN_OUT,
        "Completed Order": _ORDERED,
    },
    "E-mail": {
        "Email Delivered": Meaning("outreach-delivered", "email", _CAMPAIGN),
        "Email Opened": Meaning("outreach-opened", "email", _CAMPAIGN),
        "Email Link Clicked": Meaning("outreach-clicked", "email", _CAMPAIGN | _LINK),
        "Email Bounced": Meaning("outreach-bounced", "email", _CAMPAIGN),
        "Email Marked as Spam": Meaning("spam-complained", "email", _CAMPAIGN),
        "Unsubscribed": Meaning("unsubscribed", "email", _CAMPAIGN),
    },
    "Push": {
        "Push Notification Received": Meaning("outreach-delivered", "push", _PUSHED),
        "Push Notification Tapped": Meaning("outreach-clicked", "push", _PUSHED),
        "Push Notification Bounced": Meaning("outreach-bounced", "push", _PUSHED),
    },
    "Live chat": {
        "Live Chat Conversation Started": _OPENED,
        "Live Chat Conversation Ended": _ENDED,
        "Live Chat Message Sent": _BY_CUSTOMER,
        "Live Chat Message Received": _BY_AGENT,
    },
    "AI copilot": {
        "Conversation Started": _OPENED,
        "Conversation Ended": _ENDED,
        "Message Sent": _BY_CUSTOMER,
        "Message Received": _BY_COPILOT,
    },
}


@lru_cache(maxsize=4_096)  # a feed has some hundreds
def plain(name: str) -> str:
    """A name as it is looked up: ``order_completed`` is ``Order Completed``."""
    return " ".join(name.casefold().replace("_", " ").replace("-", " ").split())


EVENTS: dict[str, Meaning] = {
    plain(name): meaning
    for vocabulary in VOCABULARIES.values()
    for name, meaning in vocabulary.items()
}

TELLING: dict[str, str] = {
    "event": "track",
    "groupId": "group",
    "previousId": "alias",
    "traits": "identify",
}
"""Which call a payload without a type is, by a member that only this call has; the first counts."""

USER_ID = ("userId", "user_id")
ANONYMOUS_ID = ("anonymousId", "anonymous_id")
PEOPLE: dict[str, Paths] = {
    "user_id": USER_ID,
    "email": ("context.traits.email",),
    "phone": ("context.traits.phone",),
    "anonymous": ANONYMOUS_ID,
}
"""Kind of identity -> where any payload has it."""
THEMSELVES: dict[str, Paths] = {"email": ("traits.email",), "phone": ("traits.phone",)}
"""The same of ``identify`` alone: the traits of ``group`` are not a person's."""

CHANNELS = {"browser": "web", "mobile": "app"}
"""Segment's ``channel`` -> ours, where the meaning has none; ``server`` says nothing."""
