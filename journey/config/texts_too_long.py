"""Texts of templates that are longer than their channel takes, as far as can be known.

Facts are not there yet: each counts as what stands for it when it is missing, or as nothing. So a
text that is too long here is too long for everybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from journey.config.names import Doubt
from projections.configuration import Configuration
from projections.configuration.templates import Template, filled, placeholders

EMAIL, SMS, PUSH = "email", "sms", "push"
SUBJECT_MAX, PUSH_MAX = 78, 178  # RFC 5322, 2.1.1; what lock screens show
# One message, and each part of several: of 7 bits a character, or of 16 (3GPP TS 23.040, 9.2.3.24).
GSM, UCS2 = (160, 153), (70, 67)
# 3GPP TS 23.038, 6.2.1; those of the extension take two places.
GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("\f^{}\\[~]|€")
NOTHING = "\0"


def doubts_about_lengths(rules: Configuration) -> Iterator[Doubt]:
    """The texts that are too long where a step may send them."""
    for name, template in rules.templates.items():
        channels = _channels_of(rules, name)
        if EMAIL in channels:
            for language, text in template.subject.items():
                if (length := len(bare(text))) > SUBJECT_MAX:
                    told = f"has {length} characters, and an e-mail shows {SUBJECT_MAX} of them"
                    yield Doubt(f"templates.{name}.subject.{language}", told)
        for key, language, text in _short(template):
            place = f"templates.{name}.{key}.{language}"
            length = len(bare(text))
            if PUSH in channels and length > PUSH_MAX:
                yield Doubt(place, f"has {length} characters, and push shows {PUSH_MAX} of them")
            if SMS in channels and (parts := sms_parts(bare(text))) > 1:
                one = GSM[0] if _is_gsm(text) else UCS2[0]
                yield Doubt(place, f"goes out in {parts} parts by sms: one has {one} characters")


def sms_parts(text: str) -> int:
    """How many short messages a text takes."""
    if _is_gsm(text):
        length, (one, part) = len(text) + sum(c in GSM_EXTENSION for c in text), GSM
    else:
        length, (one, part) = len(text.encode("utf-16-le")) // 2, UCS2
    return 1 if length <= one else ceil(length / part)


def bare(text: str) -> str:
    """A text without its facts, with what stands for them where they may be missing."""
    facts = {found.name: NOTHING for found in placeholders(text) if found.otherwise is None}
    return filled(text, facts).replace(NOTHING, "")


def _is_gsm(text: str) -> bool:
    return all(c in GSM_BASIC or c in GSM_EXTENSION for c in text)


def _short(template: Template) -> Iterator[tuple[str, str, str]]:
    for language, text in template.text.items():
        short = template.short.get(language)
        yield ("text", language, text) if short is None else ("short", language, short)


def _channels_of(rules: Configuration, template: str) -> set[str]:
    """Where any step may send it."""
    found = set[str]()
    for trigger in rules.triggers.values():
        for step in trigger.steps:
            if step.template == template:
                found.update(step.channels or rules.preference.otherwise)
    return found
