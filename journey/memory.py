"""How often Python looks for circles of objects that nobody holds."""

from __future__ import annotations

import gc

# A batch keeps a hundred thousand alive, and looking through them finds nothing: done for each of
# them it cost an import a seventh of its time, the default of 700 more, 500,000 2 µs an event.
COLLECT_AFTER_OBJECTS = 2_000_000


def collect_rarely() -> None:
    """For processes that make millions of objects and next to no circles among them."""
    gc.set_threshold(COLLECT_AFTER_OBJECTS)
