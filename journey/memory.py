"""How often Python looks for circles of objects that nobody holds."""

from __future__ import annotations

import gc

# A batch keeps some ten thousands alive, and looking through them each time finds nothing: that
# cost an import a seventh of its time, and the default of 700 more.
COLLECT_AFTER_OBJECTS = 2_000_000


def collect_rarely() -> None:
    """For processes that make millions of objects and next to no circles among them."""
    gc.set_threshold(COLLECT_AFTER_OBJECTS)
