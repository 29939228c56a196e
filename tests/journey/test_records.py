"""Whatever a file holds, its records come out whole, and nothing of it is lost on the way.

Every case is fed whole and in pieces, because chunks end where they like.
"""

import gzip
import io
import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey.ingest.array import read_array
from journey.ingest.records import (
    RECORD_BYTES_MAX,
    BrokenRecord,
    Pieces,
    RawRecord,
    Record,
    read_lines,
)
from journey.ingest.source import CHUNK_BYTES_MAX, Source, open_source
from schemas.errors import NotFound, UsageError

FIXTURES = Path(__file__).parent.parent / "fixtures" / "ingest"
Reader = Callable[[Source], Iterator[Record]]
SIZES = [1, 2, 3, 7, 64, 1 << 30]
LONG = 50 * 1024 * 1024


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def read(reader: Reader, data: bytes, size: int = 1 << 30) -> list[tuple[int, bytes, str]]:
    """Line, bytes and code (empty for a good one) of every record."""
    found = []
    for record in reader(Source(cut(data, size))):
        if isinstance(record, RawRecord):
            found.append((record.line, record.data, ""))
        else:
            found.append((record.line, b"".join(record.data), record.code))
    return found


def long_chunks() -> Iterator[bytes]:
    yield b'{"a": 1}\n{"text": "'
    for _ in range(LONG // CHUNK_BYTES_MAX):
        yield b"x" * CHUNK_BYTES_MAX
    yield b'"}\n{"b": 2}\n'


# --- lines ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_lines_keep_their_numbers_and_bytes(size):
    data = b'{"a": 1}\n\n  \r\n{"b":\t"\xc3\xa9"}\r\nlast'
    assert read(read_lines, data, size) == [
        (1, b'{"a": 1}', ""),
        (4, b'{"b":\t"\xc3\xa9"}\r', ""),
        (5, b"last", ""),
    ]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("data", [b"", b"\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n", b" \t\n \n"])
def test_nothing_gives_nothing(data, size):
    assert read(read_lines, data, size) == []


@pytest.mark.parametrize("size", SIZES)
def test_a_byte_order_mark_is_no_part_of_the_first_line(size):
    assert read(read_lines, b"\xef\xbb\xbf{}\n\xef\xbb\xbf", size) == [
        (1, b"{}", ""),
        (2, b"\xef\xbb\xbf", ""),
    ]


@pytest.mark.parametrize("size", [4096, 1 << 30])
@pytest.mark.parametrize("end", [b"\n", b""])
def test_a_line_is_too_long_by_one_byte(size, end):
    fits, over = b"x" * RECORD_BYTES_MAX, b"y" * (RECORD_BYTES_MAX + 1)
    found = read(read_lines, fits + b"\n" + over + b"\nz" + end, size)
    assert [(line, len(data), code) for line, data, code in found] == [
        (1, len(fits), ""),
        (2, len(over), "record-too-long"),
        (3, 1, ""),
    ]
    assert found[1][1] == over


def test_fifty_megabytes_in_one_line_pass_through_little_memory():
    sizes = []
    tracemalloc.start()
    for record in read_lines(Source(long_chunks())):
        if isinstance(record, RawRecord):
            sizes.append((record.line, len(record.data)))
        else:
            sizes.append((record.line, sum(len(piece) for piece in record.data)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sizes == [(1, 8), (2, LONG + 12), (3, 8)]
    assert peak < 6 * RECORD_BYTES_MAX


def test_a_long_record_that_nobody_reads_is_an_error_not_a_loss():
    records = read_lines(Source(long_chunks()))
    next(records)
    assert isinstance(next(records), BrokenRecord)
    with pytest.raises(RuntimeError, match="left unread"):
        next(records)


def test_a_long_record_may_be_discarded_on_purpose():
    records = read_lines(Source(long_chunks()))
    next(records)
    broken = next(records)
    assert isinstance(broken, BrokenRecord)
    assert isinstance(broken.data, Pieces)
    next(broken.data)
    broken.data.discard()
    assert next(records) == RawRecord(3, b'{"b": 2}')


@given(st.lists(st.binary(max_size=20)), st.integers(1, 9), st.sampled_from([5, 1000]))
def test_lines_good_and_broken_add_up(rows, size, limit):
    data = b"\n".join(rows)
    if data.startswith((b"\x1f\x8b", b"\xef\xbb\xbf")):
        return  # says of itself that it is something else
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("journey.ingest.records.RECORD_BYTES_MAX", limit)
        found = read(read_lines, data, size)
    lines = {n: row for n, row in enumerate(data.split(b"\n"), 1) if row and not row.isspace()}
    told = {n: row for n, row, _ in found if row and not row.isspace()}
    assert told == lines
    assert {n for n, row, code in found if code} == {n for n, r, _ in found if len(r) > limit}


# --- gzip -------------------------------------------------------------------------------------

ROWS = [f'{{"row": {n}, "square": {n * n}}}'.encode() for n in range(200)]
ZIPPED = gzip.compress(b"\n".join(ROWS) + b"\n", mtime=0)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("padding", [b"", b"\0" * 5])
def test_gzip_is_known_by_its_first_bytes(size, padding):
    found = read(read_lines, ZIPPED + padding + gzip.compress(b"more\n"), size)
    assert [data for _, data, _ in found] == [*ROWS, b"more"]
    assert not any(code for _, _, code in found)


@pytest.mark.parametrize("kept", [2, 9, 11, len(ZIPPED) // 2, len(ZIPPED) - 9, len(ZIPPED) - 1])
@pytest.mark.parametrize("size", SIZES)
def test_truncated_gzip_gives_its_rows_then_the_reason(kept, size):
    found = read(read_lines, ZIPPED[:kept], size)
    *good, broken = found
    assert [data for _, data, _ in good] == ROWS[: len(good)]
    assert broken[0] == len(good) + 1
    assert broken[2] == "truncated-gzip"
    whole = b"\n".join([*(data for _, data, _ in good), broken[1]])
    assert (b"\n".join(ROWS) + b"\n").startswith(whole)
    if kept >= len(ZIPPED) - 9:
        assert len(good) >= len(ROWS) - 1


@pytest.mark.parametrize("size", SIZES)
def test_corrupt_gzip_gives_what_precedes_the_damage(size):
    bad = bytearray(ZIPPED)
    bad[-6] ^= 0xFF  # in the checksum: every row can still be read
    found = read(read_lines, bytes(bad), size)
    assert [data for _, data, _ in found] == [*ROWS, b""]
    assert found[-1][2] == "corrupt-gzip"
    assert not any(code for _, _, code in found[:-1])


@pytest.mark.parametrize("size", SIZES)
def test_rubbish_after_gzip_costs_no_row(size):
    found = read(read_lines, ZIPPED + b"rubbish that is no gzip", size)
    assert [data for _, data, _ in found[:-1]] == ROWS
    assert found[-1][2] == "corrupt-gzip"


def test_a_bomb_comes_in_small_chunks():
    bomb = gzip.compress(b" " * (20 * 1024 * 1024))
    assert max(map(len, Source([bomb]))) <= CHUNK_BYTES_MAX


@pytest.mark.parametrize("reader", [read_lines, read_array])
def test_damage_inside_a_long_record_is_told_beside_it(reader):
    data = b'[{"text": "' + b"x" * (2 * RECORD_BYTES_MAX) + b'"}]'
    found = read(reader, gzip.compress(data)[:-9])
    assert [code for _, _, code in found] == ["record-too-long", "truncated-gzip"]
    assert data.lstrip(b"[").rstrip(b"]").startswith(found[0][1].strip(b"[]")[:-9])


# --- arrays -----------------------------------------------------------------------------------

TRICKY = [
    b'{"a": "]}, {[\\" \\\\"}',
    b'{"b": [1, {"c": [[]]}, "\\\\\\""]}',
    b'"bare, text"',
    b"-1.5e3",
    b"[ ]",
    '{"é": "どこ"}'.encode(),
    b'{"bad" 1}',
]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("comma", [b",", b" ,\n ", b"\r\n,\t"])
def test_elements_keep_their_exact_bytes(comma, size):
    data = b"\xef\xbb\xbf \n[ " + comma.join(TRICKY) + b" ] \n"
    assert read(read_array, data, size) == [(n, e, "") for n, e in enumerate(TRICKY, 1)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("data", [b"[]", b" [ \n] ", b"\xef\xbb\xbf[]"])
def test_an_empty_array_has_no_records(data, size):
    assert read(read_array, data, size) == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("data", [b"", b"  ", b'{"a": 1}\n{"a": 2}', b"text", b"]"])
def test_what_is_no_array_is_refused_as_a_whole(data, size):
    with pytest.raises(UsageError, match="is not a JSON array"):
        read(read_array, data, size)


@pytest.mark.parametrize("size", SIZES)
def test_a_cut_array_gives_its_elements_then_one_broken_record(size):
    data = b"[" + b", ".join(TRICKY) + b"]"
    for kept in range(1, len(data)):
        *good, broken = read(read_array, data[:kept], size)
        assert [e for _, e, _ in good] == TRICKY[: len(good)]
        assert broken[2] == "truncated-array"
        rebuilt = b"[" + b", ".join([*(e for _, e, _ in good), broken[1]])
        assert rebuilt.rstrip(b" ,") == data[:kept].rstrip(b" ,")


@pytest.mark.parametrize("size", SIZES)
def test_missing_and_surplus_things_cost_no_neighbour(size):
    assert read(read_array, b'[1,, 2,] {"x": 1} ', size) == [
        (1, b"1", ""),
        (2, b"", "empty-element"),
        (3, b"2", ""),
        (4, b"", "empty-element"),
        (5, b'{"x": 1} ', "after-array"),
    ]
    assert [e for _, e, _ in read(read_array, b'[{"a": 1]}, {"b": 2}]', size)] == [
        b'{"a": 1]}',
        b'{"b": 2}',
    ]


@pytest.mark.parametrize("size", [4096, 1 << 30])
def test_a_long_element_is_handed_on_whole(size):
    long = b'{"text": "' + b"x, ]" * RECORD_BYTES_MAX + b'"}'
    found = read(read_array, b"[1, " + long + b" , 2]", size)
    assert [(n, e.strip(), code) for n, e, code in found] == [
        (1, b"1", ""),
        (2, long, "record-too-long"),
        (3, b"2", ""),
    ]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


@given(st.lists(VALUES, max_size=6), st.booleans(), st.sampled_from([None, 1]), st.integers(1, 9))
def test_arrays_lose_nothing(values, is_ascii, indent, size):
    data = json.dumps(values, ensure_ascii=is_ascii, indent=indent).encode(errors="replace")
    found = read(read_array, data, size)
    assert [json.loads(e) for _, e, _ in found] == json.loads(data)
    visible = sum(len(e) for _, e, _ in found) + max(len(found) - 1, 0) + 2
    between = len(data) - visible
    assert between >= 0
    assert between == 0 or between <= data.count(b" ") + data.count(b"\n")


@given(st.lists(VALUES, max_size=6), st.integers(0, 60), st.integers(1, 9))
def test_arrays_good_and_broken_add_up(values, kept, size):
    data = json.dumps(values, separators=(",", ":")).encode()[: kept + 1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("journey.ingest.array.RECORD_BYTES_MAX", 12)
        found = read(read_array, data, size)
    told = b"".join(element for _, element, _ in found)
    commas = max(max((n for n, _, _ in found), default=0) - 1, 0)
    is_whole = not any(code == "truncated-array" for _, _, code in found)
    assert len(told) + commas + 1 + is_whole == len(data)


# --- files ------------------------------------------------------------------------------------


def test_a_file_standard_input_and_gzip_read_alike(tmp_path):
    data = (FIXTURES / "touchpoints.jsonl").read_bytes()
    zipped = tmp_path / "touchpoints.jsonl.gz"
    zipped.write_bytes(gzip.compress(data))
    with open_source(FIXTURES / "touchpoints.jsonl") as source:
        expected = list(read_lines(source))
    assert [record.line for record in expected] == [1, 2, 4, 5, 6]
    with open_source(zipped) as source:
        assert list(read_lines(source)) == expected
    for stdin in (io.BytesIO(data), io.BytesIO(gzip.compress(data))):
        with open_source("-", stdin) as source:
            assert list(read_lines(source)) == expected
        assert not stdin.closed


def test_a_file_called_gz_must_be_gzip(tmp_path):
    path = tmp_path / "rows.jsonl.gz"
    for content, code in [(b"", "truncated-gzip"), (b'{"a": 1}\n', "corrupt-gzip")]:
        path.write_bytes(content)
        with open_source(path) as source:
            (broken,) = read_lines(source)
        assert isinstance(broken, BrokenRecord)
        assert broken.code == code


def test_what_cannot_be_opened_says_so(tmp_path):
    with pytest.raises(NotFound, match="check the path"):
        open_source(tmp_path / "nowhere.jsonl")
    with pytest.raises(UsageError, match="name a readable file"):
        open_source(tmp_path)
