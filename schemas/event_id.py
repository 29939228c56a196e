"""Event ids: 16 bytes, in two classes that the first bit tells apart.

An id led by a time (bit 0) begins with 48 bits of milliseconds, as UUID version 7 does, so that new
ones fall at the end of the index; a hashed id (bit 1) lies anywhere. The log need not look up a
timed id that is later than all it has.
"""

from __future__ import annotations

from schemas.times import Instant

HASHED = b"\x80"  # the lowest first byte of a hashed id
_MILLISECONDS_MAX = (1 << 47) - 1  # the year 6429


def hashed_id(digest: bytes) -> bytes:
    """The id made of a hash of at least 16 bytes."""
    return bytes((digest[0] | 0x80,)) + digest[1:16]


def timed_id(at: Instant, digest: bytes) -> bytes:
    """The id led by a time that its source never changes, with 10 bytes of a hash."""
    milliseconds = min(max(0, at // 1000), _MILLISECONDS_MAX)
    return milliseconds.to_bytes(6) + digest[:10]


def is_timed(event_id: bytes) -> bool:
    """Whether an id is led by a time."""
    return event_id < HASHED
