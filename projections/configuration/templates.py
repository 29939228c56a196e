"""Templates: what a message says, and what its purpose is. Both are approved together."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

import msgspec

from projections.configuration.links import ALLOWED, forbidden, links
from projections.configuration.section import Complaint, Section

TRANSACTIONAL: Final = "transactional"
SERVICE: Final = "service"
SURVEY: Final = "survey"
MARKETING: Final = "marketing"
Purpose = Literal["transactional", "service", "survey", "marketing"]

PUBLIC = ("social", "community", "review")  # who writes there speaks to everybody
# The customer calls there, or comes in: nothing can be sent.
NOT_SENT_TO = ("phone", "ivr", "store", "web", "app", "survey", *PUBLIC)
ANSWERED = ("sms", "messaging")  # people answer there, so no-reply senders are refused
PROPERTIES = "properties."  # before a declared property of the event that began the trigger

PERSON = "person."  # before a trait, in clear or sealed, as it is when the message is rendered
TRAITS = "traits."  # before a trait in clear, as it was when the message was decided

_placeholder = re.compile(r"\{\{\s*([^{}|]*?)\s*(?:\|\s*([^{}]*?)\s*)?\}\}")
_tags = re.compile(r"""<[a-zA-Z](?:"[^"]*"|'[^']*'|[^'">])*>""").findall
_quoted = re.compile(r""""[^"]*"|'[^']*'""")
NO_LETTER = "\ufffd"  # stands for a fact that nobody knows yet
_is_fact = re.compile(r"[a-z][a-z0-9_]*(\.[A-Za-z0-9_ -]+)?").fullmatch


class Placeholder(NamedTuple):
    """A fact in a text.

    Args:
        name: of the fact.
        otherwise: what stands there when it is missing; None: then nothing goes out.
    """

    name: str
    otherwise: str | None


class Template(Section, frozen=True, kw_only=True):
    """Section ``templates.NAME``. Texts by language (BCP 47), with facts as ``{{ name }}``.

    A fact is one of the event that began the trigger, such as ``amount``; one of its declared
    properties, as ``properties.size``; a trait, as ``traits.tier`` or ``person.first_name``. Where
    it may be missing, ``{{ person.first_name | there }}`` says what stands there then.

    Args:
        about: for people.
        purpose: any promotion makes it marketing.
        urgent: a transactional one that may break quiet hours.
        subject: of an e-mail.
        text: what it says.
        short: the same where little fits (sms, push); empty: ``text``.
        language: the one for customers whose language has no text.
        sender: who it is from: a name, of marketing as of all.
        contact: how the sender is reached: an address, a number or a page.
        opt_out: how to want no more of these.
        no_reply: whether nobody reads what is answered.
        approved_by: who approved texts and purpose.
        approved_on: when.
        messaging_template: its name with the messaging service, which allows it a day after the
            customer's last message and later.
    """

    about: str = ""
    purpose: Purpose = "marketing"
    urgent: bool = False
    subject: dict[str, str] = msgspec.field(default_factory=dict)
    text: dict[str, str] = msgspec.field(default_factory=dict)
    short: dict[str, str] = msgspec.field(default_factory=dict)
    language: str = "en"
    sender: str = ""
    contact: str = ""
    opt_out: str = ""
    no_reply: bool = False
    approved_by: str = ""
    approved_on: date | None = None
    messaging_template: str = ""

    @property
    def facts(self) -> list[str]:
        """The names of all facts that its texts ask for, sorted."""
        return sorted({found.name for found in self.placeholders()})

    @property
    def needed(self) -> list[str]:
        """Of these, those without which nothing goes out."""
        return sorted({found.name for found in self.placeholders() if found.otherwise is None})

    def placeholders(self) -> Iterator[Placeholder]:
        """The facts in all its texts."""
        for texts in (self.subject, self.text, self.short):
            for text in texts.values():
                yield from placeholders(text)

    def complaints(self, whole: Any) -> Iterator[Complaint]:
        """What is wrong with it."""
        if not self.text:
            wrong = 'is missing: write text = { en = "…" }'
            yield Complaint(("text",), wrong)
        elif self.language not in self.text:
            yield Complaint(("language",), f"{self.language} has no text: give it one")
        for key, texts in (("subject", self.subject), ("text", self.text), ("short", self.short)):
            for language, text in texts.items():
                _, braces, rest = _placeholder.sub("", text).partition("{{")
                if braces:
                    wrong = f"has {{{{{rest[:20]}, which is no fact: write {{{{ name }}}}"
                    yield Complaint((key, language), wrong)
                for name, otherwise in placeholders(text):
                    if not _is_fact(name):
                        wrong = f"asks for {{{{ {name} }}}}, which is no fact: write a name"
                        yield Complaint((key, language), wrong)
                    elif name.startswith(PERSON) and not otherwise:
                        wrong = (
                            f"may be without {name}: write {{{{ {name} | … }}}} with what stands "
                        )
                        yield Complaint((key, language), wrong + "there then")
                if wrong := _unsafe(text) if key == "text" else "":
                    yield Complaint((key, language), wrong)
                if key != "text" and language not in self.text:
                    yield Complaint((key, language), "has no text: give text the same language")
        if self.urgent and self.purpose != TRANSACTIONAL:
            wrong = f"is for transactional messages alone: {self.purpose} waits for the morning"
            yield Complaint(("urgent",), wrong)
        if self.purpose == MARKETING:
            for key in ("sender", "contact", "opt_out"):
                if not getattr(self, key):
                    yield Complaint((key,), "is missing: marketing cannot be published without it")


def _unsafe(text: str) -> str:
    """What is wrong with the links of a text, as far as it can be told without its facts."""
    for tag in _tags(text):
        if bare := _placeholder.search(_quoted.sub("", tag)):
            return f"has {bare[0]} in a tag and no quotes around it: write quotes"
    told = _placeholder.sub(lambda found: html.escape(found[2] or NO_LETTER), text)
    for address in links(told):
        if scheme := forbidden(address):
            return f"has a link to {scheme}: and may have {', '.join(ALLOWED)} only: write another"
    return ""


@lru_cache(maxsize=1_024)  # every decision asks
def placeholders(text: str) -> tuple[Placeholder, ...]:
    """The facts in a text, in order."""
    found = _placeholder.findall(text)
    return tuple(Placeholder(name, otherwise or None) for name, otherwise in found)


def filled(text: str, facts: Mapping[str, str], escape: Callable[[str], str] = str) -> str:
    """A text with its facts in place.

    Args:
        escape: makes a fact safe where the text goes.

    Raises:
        KeyError: a fact is missing, and nothing stands for it.
    """

    def put(found: re.Match[str]) -> str:
        name, otherwise = found[1], found[2]
        told = facts.get(name, "")
        if not told and not otherwise:
            raise KeyError(name)
        return escape(told or otherwise)

    return _placeholder.sub(put, text)
