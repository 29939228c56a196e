"""The bytes of one input: a file, standard input, or either of them compressed with gzip.

Rule 1: nothing that could be read is lost. Of damaged gzip, every byte before the damage comes out.
Rule 2: memory is flat: no chunk is longer than ``CHUNK_BYTES_MAX``, however well it compresses.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from schemas.errors import CannotAccept, NotFound, UsageError

CHUNK_BYTES_MAX = 256 * 1024
"""Long enough that cutting, not reading, takes the time; short enough to forget about."""

STDIN = "-"
GZIP_MAGIC = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"
GZIP_WINDOW = 31  # 15 bits of window, +16: with gzip's header and checksum


class Damaged(CannotAccept):
    """The input cannot be read any further."""


class Source:
    """Chunks of an input, up to its end or its damage.

    Args:
        chunks: the bytes as they are stored; decompressed here if they are gzip.
        name: what people call the input.
        compressed: it must be gzip, as its name says; else gzip is known by its first bytes.
        file: closed with the source.

    Attributes:
        damage: why the input could not be read to its end; None while all is well.
    """

    def __init__(
        self,
        chunks: Iterable[bytes],
        name: str = "input",
        *,
        compressed: bool = False,
        file: BinaryIO | None = None,
    ) -> None:
        self.name = name
        self.damage: Damaged | None = None
        self._chunks = _plain(iter(chunks), compressed)
        self._ahead: list[bytes] = []
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._ahead:
            return self._ahead.pop()
        try:
            while not (chunk := next(self._chunks)):
                pass  # nobody need tell an empty chunk from the end
            return chunk
        except Damaged as damage:
            self.damage = damage
            raise StopIteration from None

    def put_back(self, chunk: bytes) -> None:
        """Let the next chunk be this one: what a reader took too much of."""
        if chunk:
            self._ahead.append(chunk)

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()


def open_source(path: str | Path, stdin: BinaryIO | None = None) -> Source:
    """Open a file by its path, or standard input by ``-``. Use it in a ``with`` statement.

    Args:
        path: a file, compressed with gzip or not.
        stdin: what ``-`` means, if not the process's own standard input; never closed here.

    Raises:
        NotFound: there is no such file.
        UsageError: it cannot be opened.
    """
    if str(path) == STDIN:
        return Source(_read(stdin or sys.stdin.buffer), "standard input")
    try:
        file = Path(path).open("rb")  # noqa: SIM115 - the Source closes it
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}: check the path.") from None
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror}): name a readable file, or - for stdin."
        ) from None
    name = Path(path).name
    return Source(_read(file), name, compressed=name.endswith(".gz"), file=file)


def _read(file: BinaryIO) -> Iterator[bytes]:
    # read1 hands out what a pipe has now: whoever types or tails is not kept waiting.
    read = getattr(file, "read1", file.read)
    while chunk := read(CHUNK_BYTES_MAX):
        yield chunk


def _plain(chunks: Iterator[bytes], compressed: bool) -> Iterator[bytes]:
    """The chunks decompressed where they are gzip, and without a byte order mark."""
    start, chunks = _start(chunks, len(GZIP_MAGIC))
    if compressed or start.startswith(GZIP_MAGIC):
        chunks = _inflate(chunks)
    start, chunks = _start(chunks, len(BOM))
    if start.startswith(BOM):
        yield next(chunks)[len(BOM) :]
    yield from chunks


def _start(chunks: Iterator[bytes], length: int) -> tuple[bytes, Iterator[bytes]]:
    """At least ``length`` bytes, if there are so many, and all the chunks with these in front.

    Damage met on the way is met again by whoever reads on.
    """
    start = b""
    try:
        while len(start) < length and (chunk := next(chunks, None)) is not None:
            start += chunk
    except Damaged as damage:
        chunks = _raise(damage)
    return start, chain([start] if start else [], chunks)


def _raise(damage: Damaged) -> Iterator[bytes]:
    yield from ()
    raise damage


def _inflate(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Decompress the members of a gzip file. (``gzip.open`` loses what precedes an error.)"""
    engine = zlib.decompressobj(GZIP_WINDOW)
    for stored in chunks:
        chunk = stored
        while chunk:
            if engine.eof:
                chunk = chunk.lstrip(b"\0")  # padding is allowed after a member
                if not chunk:
                    break
                engine = zlib.decompressobj(GZIP_WINDOW)
            before = engine.copy()
            try:
                plain = engine.decompress(chunk, CHUNK_BYTES_MAX)
            except zlib.error:
                yield _salvage(before, chunk)
                raise Damaged(
                    "corrupt-gzip",
                    "The gzip data are corrupt from here on; rows before may have suffered too: "
                    "fetch the file again and import it, what is known already is not doubled.",
                ) from None
            if plain:
                yield plain
            chunk = engine.unused_data if engine.eof else engine.unconsumed_tail
    while not engine.eof and (plain := engine.decompress(b"", CHUNK_BYTES_MAX)):
        yield plain
    if not engine.eof:
        raise Damaged(
            "truncated-gzip",
            "The gzip data end too early: fetch the file again and import it, "
            "what is known already is not doubled.",
        )


def _salvage(engine: zlib._Decompress, chunk: bytes) -> bytes:
    """What the good bytes at the start of a bad chunk stand for.

    It is no longer than a chunk: the call that failed would have stopped at that length.
    """
    kept = bytearray()
    for place in range(len(chunk)):
        try:
            kept += engine.decompress(chunk[place : place + 1])
        except zlib.error:
            break
    return bytes(kept)
