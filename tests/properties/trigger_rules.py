"""Random triggers over few events, with waits of the very durations that plots are made of."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from journey.config.file import parse
from projections.configuration import document

STARTS = (
    '{ events = ["order-placed"] }',
    '{ events = ["payment-failed"] }',
    '{ events = ["payment-failed"], after = "1 h", unless = ["order-placed", "order-cancelled"] }',
    '{ events = ["order-placed"], after = "3 d", unless = ["order-delivered"] }',
    '{ events = ["message-received"], is_question = true, after = "2 min", unless = ["inbound"] }',
    '{ events = ["message-received"], channels = ["chat"] }',
    '{ events = ["survey-answered"], share_at_most = 0.5 }',
    '{ events = ["loan-asked"] }',
    '{ events = ["conversation-resolved"], after = "6 h", unless = ["conversation-reopened"] }',
    '{ events = ["subscription-started", "subscription-renewed"], date = "ends_at", '
    'before = "1 d", unless = ["subscription-renewed"] }',
    '{ stage = "purchase" }',
    '{ stage = "at_risk" }',
    '{ stage = "purchase", after = "6 h" }',
    '{ stage = "consideration", after = "1 h" }',
    '{ pain = "low_score" }',
    '{ pain = "unanswered" }',
    '{ pain = "repeat_contact", after = "1 h", unless = ["conversation-resolved"] }',
)
EXITS = (
    "[]",
    "[]",
    '["inbound"]',
    '["order-delivered", "order-cancelled"]',
    '["payment-failed"]',
    '["message-sent", "conversation-resolved"]',
)
AGAIN = (
    'again = "once"',
    'again = "once_per_matter"',
    'again = "again"',
    'again = "again"\nagain_after = "6 h"',
)
WHEN = (
    "",
    "",
    "",
    'when = { fact = "orders", at_least = 1 }',
    'when = { fact = "trait", name = "tier", is = "gold" }',
    'when = { fact = "days_since_last_touch", at_most = 1 }',
)
WAITS = ("0 s", "0 s", "2 min", "1 h", "6 h", "3 d")
STALE = ("2 min", "1 h", "1 d", "1 d", "3 d")
TEXTS = ("Hello", "Of {{ amount }}", "{{ traits.tier }} one", "{{ person.first_name | you }}")
PURPOSES = ("transactional", "service", "survey", "marketing", "marketing")
CHANNELS = ('["email"]', '["chat", "email"]', '["messaging", "sms"]', "[]")
ZONES = ('["UTC"]', '["Europe/Oslo", "America/New_York"]')
LIMITS = ("", "", "marketing_per_day = 2", 'complaint_window = "1 h"', 'stale_after = "1 h"')


@st.composite
def trigger_rules(draw: Any) -> str:
    """A document of up to three triggers."""

    def one(of: tuple[str, ...]) -> str:
        return str(draw(st.sampled_from(of)))

    lines = ["[outreach]", f"zones = {one(ZONES)}", one(LIMITS)]
    if draw(st.booleans()):
        lines += ["quiet_from = 00:00:00", "quiet_until = 00:00:00"]
    for n in range(draw(st.integers(1, 3))):
        action = one(("message_customer", "message_customer", "alert_team", "open_action"))
        is_message = action == "message_customer"
        lines += [f"[templates.t{n}]", f'purpose = "{one(PURPOSES)}"', f'text.en = "{one(TEXTS)}"']
        lines += ['sender = "Shop"', 'contact = "shop@example.com"', 'opt_out = "x"']
        lines += [f"[triggers.t{n}]", f'action = "{action}"', f"start = {one(STARTS)}"]
        lines += [f"exits = {one(EXITS)}", one(AGAIN), one(WHEN), f'stale_after = "{one(STALE)}"']
        if is_message and draw(st.booleans()):
            lines.append("holdout = 0.5")
        if draw(st.sampled_from((False, False, False, True))):
            lines.append("dry_run = true")
        for _ in range(draw(st.integers(1, 3))):
            lines += [f"[[triggers.t{n}.steps]]", f'after = "{one(WAITS)}"', one(WHEN)]
            if is_message:
                lines += [f'template = "t{n}"', f"channels = {one(CHANNELS)}"]
            else:
                lines.append('text = "Look"')
    return document(parse("\n".join(lines)).rules)
