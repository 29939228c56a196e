"""Consent, preference and what the customer says of themselves."""

from __future__ import annotations

from typing import ClassVar

from msgspec import UNSET

from schemas.fact import Derived, Personal, Touchpoint


class ConsentGiven(Touchpoint, frozen=True, kw_only=True):
    """The customer allows messages of ``purpose`` on ``on_channel``; empty means any."""

    TYPE: ClassVar[str] = "consent-given.v1"

    purpose: str = ""
    on_channel: str = ""
    wording: str = ""  # the version of the text that was agreed to
    method: str = ""  # how it was given, such as a form or a double opt-in


class ConsentWithdrawn(Touchpoint, frozen=True, kw_only=True):
    """The customer forbids messages of ``purpose`` on ``on_channel``; empty means any."""

    TYPE: ClassVar[str] = "consent-withdrawn.v1"

    purpose: str = ""
    on_channel: str = ""
    method: str = ""


class PreferenceStated(Touchpoint, frozen=True, kw_only=True):
    """The customer wants to be reached on ``on_channel`` in ``language`` and ``timezone``."""

    TYPE: ClassVar[str] = "preference-stated.v1"

    on_channel: str = ""
    language: str = ""  # BCP 47
    timezone: str = ""  # of the IANA database


class InvitationShown(Touchpoint, frozen=True, kw_only=True):
    """An invitation, such as a banner, was shown."""

    TYPE: ClassVar[str] = "invitation-shown.v1"

    name: str = ""


class InvitationDismissed(Touchpoint, frozen=True, kw_only=True):
    """The customer closed an invitation."""

    TYPE: ClassVar[str] = "invitation-dismissed.v1"

    name: str = ""


class TraitsStated(Touchpoint, frozen=True, kw_only=True):
    """What a source knows of the customer by now, each trait as JSON text."""

    # Traits that are declared as not personal stand in clear besides, in one spelling.
    TYPE: ClassVar[str] = "traits-stated.v2"

    traits: Personal[dict[str, str]] = UNSET
    facts: Derived[dict[str, str]] = {}
