"""What a decided message says: filled in when somebody looks at it, never stored.

Rule 1: facts come from the decision, where they stand in clear; from the event that caused it and
    from the customer's traits, where they are sealed; else what the template says stands there.
Rule 2: a fact is data. It is put in once, made safe for where it goes, and never read as template.
Rule 3: a link of an e-mail that a fact leads to a script or the like leaves no message.
Rule 4: without the person's key there is no message.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable, Mapping
from typing import NamedTuple, cast

import msgspec
from msgspec import UNSET

from journey.answers import Readable
from projections.configuration import Configuration
from projections.configuration.links import forbidden, links
from projections.configuration.templates import PERSON, Template, filled, placeholders
from projections.configuration.triggers import is_marketing
from projections.outreach.matters import SEALED
from projections.trait_words import words_of
from schemas.events import OutreachDecided, PreferenceStated, TraitsStated
from schemas.fact import Worded
from schemas.recorded import Recorded

EMAIL = "email"
SHORT = ("sms", "push")  # where little fits
JOINERS = "\u200c\u200d"  # invisible, and part of how some languages and pictures are written


class Message(msgspec.Struct, frozen=True):
    """A message as it would go out.

    Args:
        language: of its text, BCP 47.
        subject: of an e-mail; empty elsewhere.
        text: an e-mail's is HTML, every other one is plain.
        is_erased: the person's key is gone: nothing can be said to them any more.
        missing: facts without which it has a hole; then there is no text.
        unsafe: facts that lead a link elsewhere than to a page, a mailbox or a telephone, or the
            scheme of such a link where no fact does; then there is no text either.
    """

    channel: str
    language: str = ""
    subject: str = ""
    text: str = ""
    is_erased: bool = False
    missing: list[str] = []
    unsafe: list[str] = []


class Personal(NamedTuple):
    """What is known of the person behind a decision, opened with their key.

    Args:
        facts: by the names that templates use.
        languages: stated, then written in; empty where nobody knows.
    """

    facts: dict[str, str]
    languages: tuple[str, str]
    is_erased: bool


def rendered(workspace: Readable, event: Recorded, rules: Configuration) -> Message:
    """What a decision to write to a customer would say.

    Args:
        event: an ``outreach-decided`` of the log.
        rules: the configuration that it was decided under.
    """
    fact = cast(OutreachDecided, event.fact)
    template = rules.templates[fact.template]
    person = personal(workspace, event, template)
    if person.is_erased:
        return Message(fact.channel, is_erased=True)
    return message(
        template,
        fact.channel,
        fact.facts | person.facts,
        language_of(template, person.languages),
        has_footer=is_marketing(template.purpose, rules.outreach.surveys_are_marketing),
    )


def message(
    template: Template,
    channel: str,
    facts: Mapping[str, str],
    language: str,
    *,
    has_footer: bool,
) -> Message:
    """A template's text in one language with its facts in place.

    Args:
        has_footer: whether sender, contact and the way out stand below it.
    """
    wanted = template.short if channel in SHORT and language in template.short else template.text
    texts = {"text": wanted[language]}
    if channel == EMAIL and (subject := _subject(template, language)):
        texts["subject"] = subject
    made, missing = dict[str, str](), set[str]()
    for place, text in texts.items():
        escape = in_html if channel == EMAIL and place == "text" else in_one_line
        try:
            made[place] = filled(text, facts, escape)
        except KeyError as error:
            missing.add(error.args[0])
    if missing:
        return Message(channel, language, missing=sorted(missing))
    if channel == EMAIL and (unsafe := _unsafe(texts["text"], facts, made["text"])):
        return Message(channel, language, unsafe=unsafe)
    if has_footer:
        made["text"] += _footer(template, channel)
    return Message(channel, language, made.get("subject", ""), made["text"])


def language_of(template: Template, known: Iterable[str]) -> str:
    """The language of a template's text for somebody of whom these are known, best first.

    A language with a region falls back to the one without.
    """
    have = {name.lower(): name for name in template.text}
    for told in known:
        while told:
            if found := have.get(told.lower()):
                return found
            told = told.rpartition("-")[0]
    return template.language


def personal(workspace: Readable, event: Recorded, template: Template) -> Personal:
    """What the log has of the person behind a decision."""
    fact = cast(OutreachDecided, event.fact)
    log, found = workspace.log, dict[str, str]()
    customer = log.current(event.customer_id)
    events = log.at(workspace.store.positions(customer))
    stated = written = ""
    traits = list[Recorded]()
    for each in sorted((e for e in events if e.is_touchpoint), key=lambda e: e.order):
        told = each.fact
        if isinstance(told, PreferenceStated):
            stated = told.language or stated
        elif isinstance(told, Worded) and told.direction == "inbound":
            written = told.language or written
        elif isinstance(told, TraitsStated):
            traits.append(each)
    is_erased = False
    # What time caused has no event: the last touch tells whether the key is there.
    touches = [each for each in events if each.is_touchpoint]
    for cause in (log.by_prefix(fact.cause.hex()) if fact.cause else touches)[-1:]:
        opened = log.open(cause)
        is_erased = opened.is_erased
        for name in SEALED:
            value = getattr(opened.recorded.fact, name, UNSET)
            if isinstance(value, str) and value:
                found[name] = value
    if any(name.startswith(PERSON) for name in template.facts):
        for each in traits:
            opened = log.open(each)
            is_erased = is_erased or opened.is_erased
            found |= _traits(cast(TraitsStated, opened.recorded.fact))
    return Personal(found, (stated, written), is_erased)


def in_one_line(text: str) -> str:
    """A fact for plain text: no line break, no control character, nothing that turns text round."""
    shown = "".join(_plain(letter) for letter in text)
    return " ".join(shown.split())


def in_html(text: str) -> str:
    """A fact for HTML, between tags or in a quoted attribute."""
    return html.escape(in_one_line(text), quote=True)


def _unsafe(text: str, facts: Mapping[str, str], made: str) -> list[str]:
    """What leads its links where no message may lead.

    Args:
        text: of the template.
        made: the same with its facts in place.
    """
    schemes = {scheme for address in links(made) if (scheme := forbidden(address))}
    if not schemes:
        return []
    wrong = [told for told in links(text) if forbidden(filled(told, facts, in_one_line))]
    names = {found.name for told in wrong for found in placeholders(told)}
    return sorted(names or {f"{scheme}:" for scheme in schemes})


def _plain(letter: str) -> str:
    match unicodedata.category(letter):
        case "Zl" | "Zp":
            return " "
        case "Cc":
            return " " if letter in "\t\n\v\f\r\x85" else ""
        case "Cf" if letter not in JOINERS:
            return ""
        case "Cs":
            return ""
    return letter


def _subject(template: Template, language: str) -> str:
    return template.subject.get(language, template.subject.get(template.language, ""))


def _footer(template: Template, channel: str) -> str:
    """Who it is from, how they are reached, and how to want no more."""
    parts = [part for part in (template.sender, template.contact, template.opt_out) if part]
    if not parts:
        return ""
    if channel == EMAIL:
        return f"\n<p>{'<br>'.join(in_html(part) for part in parts)}</p>"
    joint = " " if channel in SHORT else "\n"
    return joint + " · ".join(in_one_line(part) for part in parts)


def _traits(fact: TraitsStated) -> dict[str, str]:
    """The traits of an event as facts of a template: those in clear, and sealed ones if opened."""
    sealed = {} if fact.traits is UNSET else fact.traits
    told = {n: ", ".join(words_of(stored)) for n, stored in (sealed | fact.facts).items()}
    return {f"{PERSON}{name}": value for name, value in told.items() if value}
