"""Importers: one way to read any form, and to read one record of it again."""

import io
from pathlib import Path

import pytest

from journey.ingest.importers import IMPORTERS, importer
from journey.ingest.source import Source, open_source
from schemas.errors import NotFound
from schemas.times import parse_rfc3339

FIXTURES = Path(__file__).parent.parent / "fixtures" / "ingest"
NOW = parse_rfc3339("2024-06-01T00:00:00Z")
LINE = (
    b'{"id": "m-1", "source": "desk", "type": "message-received", "conversation": "c-1", '
    b'"time": "2024-05-01T12:00:00Z"}'
)


@pytest.mark.parametrize("size", [1, 5, 1 << 20])
def test_a_file_is_read_line_by_line_whole_and_in_pieces(size):
    data = (FIXTURES / "touchpoints.jsonl").read_bytes() + b"rubbish\n" + LINE + b"\n"
    chunks = (data[at : at + size] for at in range(0, len(data), size))
    items = list(importer("jsonl").read(Source(chunks), NOW))
    assert [(i.line, len(i.drafts), len(i.rejected)) for i in items] == [
        (1, 1, 0),
        (2, 1, 0),
        (4, 1, 0),
        (5, 1, 0),
        (6, 1, 0),
        (7, 0, 1),
        (8, 1, 0),
    ]
    (rejected,) = items[5].rejected
    assert (rejected.code, b"".join(rejected.data)) == ("bad-json", b"rubbish")


def test_a_record_is_parsed_again_as_it_was_read():
    with open_source("-", io.BytesIO(LINE)) as source:
        (item,) = importer("jsonl").read(source, NOW)
    assert importer("jsonl").parse(LINE, 1, NOW) == item
    (again,) = importer("jsonl").parse(b"[]", 3, NOW).rejected
    assert again.code == "not-an-object"


def test_importers_are_known_by_name():
    assert all(name == known.name and known.about for name, known in IMPORTERS.items())
    with pytest.raises(NotFound, match="use one of jsonl, twitter-care"):
        importer("csv")
