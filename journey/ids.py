"""Ids as people write them: hexadecimal, and cut short where that is enough."""

from __future__ import annotations

DIGITS = 32
DIGITS_MIN = 8  # below, a short id names too many


def digits_of(text: str) -> str:
    """The hexadecimal digits of an id or of its beginning; empty if the text is none."""
    plain = text.strip().lower().replace("-", "")
    is_id = DIGITS_MIN <= len(plain) <= DIGITS and set(plain) <= set("0123456789abcdef")
    return plain if is_id else ""


def id_range(digits: str) -> tuple[bytes, bytes]:
    """The first and the last id that begin with these digits."""
    return bytes.fromhex(digits.ljust(DIGITS, "0")), bytes.fromhex(digits.ljust(DIGITS, "f"))
