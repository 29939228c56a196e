"""Links in the HTML of a template: only such as lead to a page, a mailbox or a telephone.

A mail program may run what is behind ``javascript:``, and shows what is in ``data:`` as a page of
whoever wrote it. What a fact tells is not ours: so links are looked at when a template is read, and
again with their facts in place.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

ALLOWED: Final = ("http", "https", "mailto", "tel")
# Attributes that hold an address. What has no scheme, such as a path, leads to no other one.
_ADDRESSES: Final = frozenset(
    (
        *("action", "background", "cite", "codebase", "data", "dynsrc", "formaction", "href"),
        *("longdesc", "lowsrc", "manifest", "ping", "poster", "src", "srcset", "xlink:href"),
    )
)
_scheme = re.compile(r"([a-z][a-z0-9+.-]*):").match
_unseen = re.compile(r"[\x00-\x20\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]")


def links(text: str) -> list[str]:
    """All addresses in a text of HTML, in order, as a mail program reads them."""
    found = _Links()
    found.feed(text)
    found.close()
    return found.addresses


def forbidden(address: str) -> str:
    """The scheme of an address that no message may lead to; empty if it may.

    Programs pass over white space and control characters in it; so does this.
    """
    told = _scheme(_unseen.sub("", address).lower())
    return told[1] if told and told[1] not in ALLOWED else ""


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value for name, value in attrs if value and name in _ADDRESSES]
