"""Files that we write: each appears under its name only when it is whole."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from schemas.errors import UsageError

PACKED = ".gz"
LEVEL = 6  # of gzip: the next levels take twice the time for a hundredth of the bytes


@contextmanager
def whole_file(file: Path) -> Iterator[BinaryIO]:
    """Somewhere to write what the file will hold. It replaces an older one at the end.

    What is written is on disk before it gets its name. After an error the older one stays.

    Raises:
        UsageError: the file cannot be written.
    """
    partial = file.with_name(f"{file.name}.partial")
    try:
        with partial.open("wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())  # the name must not outlive what it names
        partial.replace(file)
    except OSError as error:
        raise UsageError(
            f"{file} cannot be written ({error.strerror}): name a file in a folder that exists."
        ) from None
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def packed(file: Path, out: BinaryIO) -> Iterator[BinaryIO]:
    """Where to write what a file holds: packed with gzip if its name ends in ``.gz``."""
    if not file.name.lower().endswith(PACKED):
        yield out
        return
    with gzip.GzipFile("", "wb", LEVEL, out, mtime=0) as inner:
        yield cast(BinaryIO, inner)
