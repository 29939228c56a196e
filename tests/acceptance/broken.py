"""A generated file in which nearly every line is broken in a way of its own."""

import gzip
import json
import zlib
from pathlib import Path
from typing import Any, NamedTuple

LONG = 50_000_000


def touchpoint(number: int, **changed: Any) -> bytes:
    """One good line, or one that is spoilt by ``changed``; None takes a field away."""
    told: dict[str, Any] = {
        "id": f"m-{number}",
        "source": "desk",
        "type": "message-received",
        "time": "2024-03-01T08:00:00Z",
        "identities": {"email": f"person{number}@example.com"},
        "channel": "email",
        "properties": {"text": "Where is my parcel?"},
    }
    told |= changed
    return json.dumps({k: v for k, v in told.items() if v is not None}).encode()


REPLY = touchpoint(30, type="message-sent", identities=None, conversation="c-9")
OPENER = touchpoint(31, conversation="c-9", time="2024-03-01T07:00:00Z")
GOOD = [touchpoint(1), touchpoint(2), touchpoint(3, time="2024-03-01T09:00:00+01:00")]
# What is wrong -> the line.
BAD: dict[str, list[bytes]] = {
    "bad-json": [b'{"id": "m-10", ', b"\0\0\0\0", b'{"id":"m-1\0","source":"desk"}'],
    "not-utf8": [touchpoint(11).replace(b"person11", b"\xff\xfe\xe4")],
    "no-time-zone": [touchpoint(12, time="2024-03-01T08:00:00")],
    "far-future": [touchpoint(13, time="2124-03-01T08:00:00Z")],
    "bad-time": [touchpoint(14, time="yesterday")],
    "missing-field": [touchpoint(15, time=None), touchpoint(16, id=None)],
    "wrong-type": [touchpoint(17, identities="ann"), touchpoint(18, time=1_709_280_000)],
    "nul-character": [touchpoint(19, properties={"text": "a\0b"})],
    "not-an-object": [b"[1, 2]", b"42"],
    "names-nobody": [touchpoint(20, identities=None)],
    "record-too-long": [touchpoint(21, properties={"text": "a" * LONG})],
    "nobody": [REPLY],
    "told-differently": [touchpoint(1, channel="chat")],
}


class Generated(NamedTuple):
    """The file, and what must become of it."""

    file: Path
    lines: dict[int, tuple[str, bytes]]  # line -> its code and bytes, of the bad ones
    appended: int
    duplicates: int

    @property
    def quarantined(self) -> int:
        return len(self.lines)

    @property
    def reasons(self) -> dict[str, int]:
        return {code: len(lines) for code, lines in BAD.items()}


def generate(folder: Path) -> Generated:
    """Write it: good lines among bad ones, an empty one, and one good line twice."""
    rows: list[tuple[str, bytes]] = [("", GOOD[0])]
    for code, lines in BAD.items():
        rows += [(code, line) for line in lines]
        rows.append(("blank", b"   "))
    rows += [("", line) for line in GOOD]
    file = folder / "broken.jsonl"
    file.write_bytes(b"\r\n".join(line for _, line in rows))
    numbered = enumerate(rows, 1)
    # A line's end is \n: what stands before it, \r included, is the record.
    bad = {n: (code, line + b"\r") for n, (code, line) in numbered if code not in ("", "blank")}
    return Generated(file, bad, appended=len(GOOD), duplicates=1)


def truncated_gzip(folder: Path) -> tuple[Path, int]:
    """A gzip file cut in the middle, and how many whole lines it still gives."""
    lines = [touchpoint(n) for n in range(1000, 2000)]
    packed = gzip.compress(b"\n".join(lines) + b"\n", mtime=0)
    cut = packed[: len(packed) // 2]
    file = folder / "cut.jsonl.gz"
    file.write_bytes(cut)
    return file, zlib.decompressobj(31).decompress(cut).count(b"\n")
