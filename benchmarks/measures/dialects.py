"""The sample told as others would tell it: calls of Segment, and rows of a table with its mapping.

The same people, times and orders as in the sample, so that the figures can be held side by side.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.case import Size
from benchmarks.child import Answer, Given
from benchmarks.measures.samples import make_sample, sample_file

Touch = dict[str, Any]  # one line of the sample

# Our type -> the event that Segment's specification reserves for it.
_TRACKED = {
    "product-viewed": "Product Viewed",
    "cart-changed": "Product Added",
    "checkout-started": "Checkout Started",
    "order-placed": "Order Completed",
    "order-cancelled": "Order Cancelled",
    "refunded": "Order Refunded",
    "searched": "Products Searched",
    "outreach-opened": "Email Opened",
    "outreach-clicked": "Email Link Clicked",
    "unsubscribed": "Unsubscribed",
}
_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36"
)
_LIBRARY = {"name": "analytics.js", "version": "next-1.76.1"}
_OURS = {"amount": "total", "campaign": "campaign_name"}  # as Segment calls it


def segment(touch: Touch) -> Touch:
    """A touchpoint as one call, with the context that a browser sends with each."""
    type_, told, people = touch["type"], touch["properties"], touch["identities"]
    at = touch["time"]
    sent, received = (f"{at[:-4]}{at[-4:-1] + more}Z" for more in ("211", "534"))  # microseconds
    call: Touch = {
        "anonymousId": people.get("anonymous"),
        "context": {
            "ip": "192.0.2.7",
            "library": _LIBRARY,
            "locale": "en-GB",
            "page": {
                "path": "/",
                "referrer": "",
                "search": "",
                "title": "Shop",
                "url": told.get("url", "https://shop.example/"),
            },
            "timezone": "Europe/Berlin",
            "userAgent": _AGENT,
        },
        "integrations": {},
        "messageId": touch["id"],
        "originalTimestamp": at,
        "sentAt": sent,
        "timestamp": f"{at[:-1]}323Z",
        "receivedAt": received,
        "userId": people.get("user_id") or _named_otherwise(people),
        "version": 2,
    }
    if type_ == "page-viewed":
        page = {"url": told["url"], "path": "/", "title": told["name"], "search": ""}
        return {**call, "type": "page", "name": told["name"], "properties": page}
    if type_ == "identity-linked":
        return {**call, "type": "identify", "traits": {**people, "plan": "basic", "logins": 3}}
    properties = {_OURS.get(name, name): value for name, value in told.items()}
    if type_ in ("message-received", "message-sent"):
        event = f"Live Chat Message {'Sent' if type_ == 'message-received' else 'Received'}"
        talk = {"conversation_id": touch.get("conversation"), "message_body": told["text"]}
        return {**call, "type": "track", "event": event, "properties": properties | talk}
    event = _TRACKED.get(type_, told.get("name", type_))
    return {**call, "type": "track", "event": event, "properties": properties}


def _named_otherwise(people: dict[str, str]) -> str | None:
    return None if "anonymous" in people else next(iter(people.values()))


COLUMNS = (
    "no", "happened", "kind", "where", "way", "brand", "customer", "visitor", "mail", "phone",
    "twitter", "line", "whatsapp", "talk", "role", "agent", "text", "what", "product", "category",
    "price", "currency",
    "pieces", "order", "sum", "address", "term", "device",
)  # fmt: skip

MAPPING = """
id = ["no"]
duplicates = "once"

[constants]
source = "export"

[fields]
time = { column = "happened", format = "%Y-%m-%d %H:%M:%S", zone = "UTC" }
type = { column = "kind", otherwise = "keep" }
channel = "where"
direction = "way"
brand = "brand"
conversation = "talk"
identities.user_id = "customer"
identities.anonymous = "visitor"
identities.email = "mail"
identities.phone = "phone"
identities."handle:twitter" = "twitter"
identities."handle:line" = "line"
identities."handle:whatsapp" = "whatsapp"
actor.kind = "role"
actor.id = "agent"
properties.text = "text"
properties.name = "what"
properties.product_id = "product"
properties.category = "category"
properties.price = { column = "price", as = "number" }
properties.currency = "currency"
properties.quantity = { column = "pieces", as = "number" }
properties.order_id = "order"
properties.amount = { column = "sum", as = "number" }
properties.url = "address"
properties.query = "term"
"""


# These need more than the table has: each is an event of its own, by its name.
_PLAIN = frozenset(("survey-answered", "review-posted", "conversation-moved"))


def row(touch: Touch) -> list[str]:
    """A touchpoint as one row of a wide table, with two columns that mean nothing to us."""
    told, people = touch["properties"], touch["identities"]
    is_known = touch["type"] not in _PLAIN
    text = told.get("text", told.get("comment", ""))
    return [
        touch["id"],
        touch["time"][:19].replace("T", " "),
        touch["type"] if is_known else "custom",
        touch["channel"],
        touch["direction"] if is_known else "",
        touch["brand"],
        people.get("user_id", ""),
        people.get("anonymous", ""),
        people.get("email", ""),
        people.get("phone", ""),
        people.get("handle:twitter", ""),
        people.get("handle:line", ""),
        people.get("handle:whatsapp", ""),
        touch.get("conversation") or "",
        touch["actor"]["kind"],
        touch["actor"]["id"],
        text,
        told.get("name", "" if is_known else touch["type"]),
        told.get("product_id", ""),
        told.get("category", ""),
        told.get("price", ""),
        told.get("currency", ""),
        str(told.get("quantity", "")),
        told.get("order_id", ""),
        told.get("amount", ""),
        told.get("url", ""),
        told.get("query", ""),
        _AGENT if "url" in told else "",
    ]


def make_segment(given: Given) -> Answer:
    """Write the sample as calls, one a line, once."""
    path = segment_file(given.folder, given.size)
    if not path.exists():
        make_sample(given)
        encoder, beside = msgspec.json.Encoder(), path.with_suffix(".part")
        with sample_file(given.folder, given.size).open("rb") as lines, beside.open("wb") as file:
            for line in lines:
                file.write(encoder.encode(segment(msgspec.json.decode(line))) + b"\n")
        beside.rename(path)  # a file cut short by a kill must not be taken for the sample
    return Answer({}, {"bytes": path.stat().st_size})


def make_table(given: Given) -> Answer:
    """Write the sample as CSV, and its mapping beside it, once."""
    path = table_file(given.folder, given.size)
    if not path.exists():
        make_sample(given)
        mapping_file(given.folder).write_text(MAPPING)
        beside = path.with_suffix(".part")
        with sample_file(given.folder, given.size).open("rb") as lines, beside.open("w") as file:
            rows = csv.writer(file)
            rows.writerow(COLUMNS)
            rows.writerows(row(msgspec.json.decode(line)) for line in lines)
        beside.rename(path)
    return Answer({}, {"bytes": path.stat().st_size})


def segment_file(folder: Path, size: Size) -> Path:
    """Where the calls are."""
    return sample_file(folder, size).with_suffix(".segment")


def table_file(folder: Path, size: Size) -> Path:
    """Where the rows are."""
    return sample_file(folder, size).with_suffix(".csv")


def mapping_file(folder: Path) -> Path:
    """Where the rows' mapping is."""
    return folder / "sample.toml"
