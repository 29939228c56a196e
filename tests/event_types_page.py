"""``docs/event-types.md``, from the classes of the event types and the forms that read them.

``python -m tests.event_types_page`` writes the page; a test holds it against the code.
"""

import json
from pathlib import Path
from typing import Any

from journey.ingest.declared import MONEY, property_names
from journey.ingest.forms import FORMS, Form
from schemas import contracts
from schemas.fact import PERSONAL, BrandFact, Touchpoint

PAGE = Path(__file__).resolve().parent.parent / "docs" / "event-types.md"
SHARED = frozenset((*Touchpoint.__struct_fields__, *BrandFact.__struct_fields__))
HEAD = """# Event types

Every type that a source can tell, by family, with the properties that it declares. The fields that
all types share, and how to write a line, are in [jsonl.md](jsonl.md). This page is generated:
`python -m tests.event_types_page`.

The types of the last two families have no customer: a line of them gives no `identities`, `owner`
or `conversation`, and who wrote, if that is told, as `actor`. They are rows of the table
`brand_events` and reach no customer's history.

A custom event's type may be declared, and its properties with it:
[configuration.md](configuration.md).

**Sealed** properties are encrypted under the person's key; the others stand in clear.
"""
FAMILIES = {
    "browsing": "Browsing",
    "commerce": "Commerce",
    "care": "Care",
    "calls": "Calls",
    "feedback": "Feedback",
    "consent": "Consent, preference and traits",
    "outreach": "Outreach",
    "identity": "Identity",
    "listening": "Listening",
    "planning": "Planning",
}
# What an example says where a sample of the type would not do.
SAMPLES: dict[str, Any] = {
    "survey": "csat",
    "score": 4,
    "scale_min": 1,
    "scale_max": 5,
    "currency": "EUR",
    "on_channel": "email",
    "to_channel": "messaging",
    "timezone": "Europe/Berlin",
    "language": "de",
    "purpose": "marketing",
    "removed": {"email": "bo@example.com"},
    "traits": {"plan": "gold", "logins": 12},
    "stars": 4,
    "stars_max": 5,
    "competitor": "Another Shop",
    "sentiment": -0.5,
    "followers": 12_000,
    "instead": "messaging",
}


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for module, title in FAMILIES.items():
        forms = {n: f for n, f in FORMS.items() if f.fact.__module__.endswith(f".{module}")}
        parts.append(f"## {title}\n")
        parts += [_type(name, form) for name, form in forms.items()]
    return "\n".join(parts)


def _type(name: str, form: Form) -> str:
    fields = [f for f in contracts.contract(form.fact.TYPE)["fields"] if f["name"] not in SHARED]
    about = " ".join((form.fact.__doc__ or "").split("Raises:")[0].split())
    fixed = "always " if form.is_fixed else ""
    lines = [f"### {name}\n", f"{about}\n"]
    where = "no customer" if form.is_of_brand else f"{fixed}{form.direction}"
    lines.append(f"By default {where}, actor {form.actor_kind or 'nobody'}.\n")
    told = [f for f in fields if not f.get("derived")]
    if told:
        lines += ["| property | is | stored |", "|---|---|---|"]
        for field in told:
            stored = "sealed" if field.get(PERSONAL) else "in clear"
            property_ = field["name"].removesuffix(MONEY)
            lines.append(f"| `{property_}` | {_kind(field)} | {stored} |")
        lines.append("")
    example = json.dumps(_example(name, form), ensure_ascii=False)
    return "\n".join([*lines, f"```json\n{example}\n```\n"])


def _kind(field: dict[str, Any]) -> str:
    name, type_ = field["name"], field["type"]
    if name.endswith(MONEY):
        return "decimal number"
    if isinstance(type_, dict):
        if type_.get("logicalType"):
            return "time"
        return "identities" if isinstance(type_.get("values"), dict) else "object"
    kinds = {"string": "text", "boolean": "true or false", "double": "number", "long": "count"}
    return kinds[type_]


def _example(name: str, form: Form) -> dict[str, Any]:
    fields = {f["name"]: f for f in contracts.contract(form.fact.TYPE)["fields"]}
    declared = []
    for property_ in property_names(form.fact):
        field = fields.get(property_) or fields[property_ + MONEY]
        if not field.get("derived"):
            declared.append((property_, _sample(property_, _kind(field), name)))
    identities: dict[str, Any] = {"email": "ann@example.com"}
    if name == "identity-linked":
        identities["phone"] = "+49 171 2345678"
    line: dict[str, Any] = {
        "id": f"{name}-1",
        "source": "shop",
        "type": name,
        "time": "2026-01-10T09:00:00Z",
        "identities": identities,
        "channel": "web",
    }
    if form.is_of_brand:
        line["brand"] = "Acme"
        del line["identities"]
    return line | ({"properties": dict(declared)} if declared else {})


def _sample(name: str, kind: str, of: str) -> Any:
    if (of, name) == ("mention-observed", "subject"):
        return "competitor"
    if name in SAMPLES:
        return SAMPLES[name]
    samples: dict[str, Any] = {
        "decimal number": "19.90",
        "time": "2026-01-12T09:00:00Z",
        "true or false": True,
        "number": 12.5,
        "count": 1,
    }
    return samples.get(kind, f"{name.replace('_', ' ')}")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
