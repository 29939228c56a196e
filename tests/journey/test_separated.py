"""Rows of a CSV file: cut the same whole and in pieces, with the bytes in which they came."""

import codecs
import csv
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey.ingest.mapped.mapping import File
from journey.ingest.mapped.separated import Rows, encoding_of
from journey.ingest.records import RECORD_BYTES_MAX, BrokenRecord, RawRecord
from journey.ingest.source import Source
from schemas.errors import CannotAccept

PIECES = [1, 2, 5, 1 << 20]


def cut(data, size=1 << 20, **told) -> list[tuple[int, list[str] | str, bytes]]:
    file = File(**told)
    source = Source(data[at : at + size] for at in range(0, len(data), size))
    rows = Rows(file, encoding_of(file, source))
    found: list[tuple[int, list[str] | str, bytes]] = []
    for record in rows.cut(source):
        if isinstance(record, BrokenRecord):
            found.append((record.line, record.code, b"".join(record.data)))
        else:
            try:
                found.append((record.line, rows.values(record.data), record.data))
            except CannotAccept as refused:
                found.append((record.line, refused.code, record.data))
    return found


def texts(data, size=1 << 20, **told):
    return [row for _, row, _ in cut(data, size, **told)]


@pytest.mark.parametrize("size", PIECES)
@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (b"a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        (b"a,b\r\n1,2", [["a", "b"], ["1", "2"]]),
        (b'a,"b,c"\n', [["a", "b,c"]]),
        (b'a,"b ""c"""\n"""",x\n', [["a", 'b "c"'], ['"', "x"]]),
        (b'a,"b\n\nc",d\ne,f,g\n', [["a", "b\n\nc", "d"], ["e", "f", "g"]]),
        (b'a,"b\r\nc"\r\nd,e\r\n', [["a", "b\r\nc"], ["d", "e"]]),
        (b'a,5" disk\nc,d\n', [["a", '5" disk'], ["c", "d"]]),
        (b'"",""\n', [["", ""]]),
        (b"a\n\n  \nb\n", [["a"], ["b"]]),
        (b"a,b\rc,d\n", ["bad-row"]),
        (b'a,"b"c,d\ne,f\n', ["bad-row", ["e", "f"]]),
        (b"a\0b,c\n", [["a\0b", "c"]]),
        (codecs.BOM_UTF8 + "ä,b\n".encode(), [["ä", "b"]]),
        (codecs.BOM_UTF16_LE + "ä,b\nc,😀\n".encode("utf-16-le"), [["ä", "b"], ["c", "😀"]]),
        (codecs.BOM_UTF16_BE + "ä,b\nc,😀\n".encode("utf-16-be"), [["ä", "b"], ["c", "😀"]]),
        (b"\xe4,b\nc,d\n", ["wrong-encoding", ["c", "d"]]),
        (b"", []),
    ],
)
def test_rows_are_cut(data, rows, size):
    assert texts(data, size) == rows


@pytest.mark.parametrize("size", PIECES)
def test_other_dialects(size):
    assert texts(b"a;b\n", size, delimiter=";") == [["a", "b"]]
    assert texts(b"a|'b|c'\n", size, delimiter="|", quote="'") == [["a", "b|c"]]
    assert texts(b'a,"b\nc",d\n', size, quote="") == [["a", '"b'], ['c"', "d"]]
    assert texts(b" a  b \r\n c d\n", size, delimiter="whitespace") == [["a", "b"], ["c", "d"]]
    assert texts(b"ab  c\nd\n", size, widths=[2, 3]) == [["ab", "c"], ["d", ""]]
    assert texts(b"ab  cd e\n", size, widths=[2, 3]) == ["bad-row"]
    assert texts(b"\xe4\x80,b\n", size, encoding="cp1252") == [["ä€", "b"]]
    assert texts("ä,b\n".encode("utf-16-le"), size, encoding="utf-16") == [["ä", "b"]]
    assert texts("ä,b\n".encode("utf-16-be"), size, encoding="UTF-16-BE") == [["ä", "b"]]


@pytest.mark.parametrize("size", PIECES)
def test_an_open_quote_costs_its_own_line(size):
    data = b'1,a\n2,"open\n3,c\n4,"closed",d\n5,"x\ny"\n6,"never\n7,g\n'
    assert cut(data, size) == [
        (1, ["1", "a"], b"1,a"),
        (2, "open-quote", b'2,"open'),
        (3, ["3", "c"], b"3,c"),
        (4, ["4", "closed", "d"], b'4,"closed",d'),
        (5, ["5", "x\ny"], b'5,"x\ny"'),
        (7, "open-quote", b'6,"never'),
        (8, ["7", "g"], b"7,g"),
    ]


def test_an_open_quote_does_not_hold_the_whole_file():
    line = b"x" * 1000 + b",1\n"
    data = b'0,"open\n' + line * (3 * RECORD_BYTES_MAX // len(line))
    found = cut(data, 1 << 16)
    assert found[0] == (1, "open-quote", b'0,"open')
    assert [line for line, _, _ in found] == list(range(1, len(found) + 1))
    assert len(found) == data.count(b"\n")


@pytest.mark.parametrize("end", [b"", b'"x\n'])
def test_quotes_that_open_and_close_on_every_line_take_no_longer(end):
    data = b'x","""\n' * 100_000 + end  # hours, if each line were tried against all that follow
    found = cut(data, 1 << 16)
    assert len(found) == data.count(b"\n")
    assert {what for _, what, _ in found[:100_000]} == {"open-quote"}


def test_a_long_row_is_handed_on_in_pieces_even_behind_an_open_quote():
    long = b"x" * (RECORD_BYTES_MAX + 1)
    found = cut(b'1,"open\n' + long + b"\n3,c\n", 1 << 16)
    assert [(line, what) for line, what, _ in found] == [
        (1, "open-quote"),
        (2, "record-too-long"),
        (3, ["3", "c"]),
    ]
    assert found[1][2] == long


def test_bytes_of_utf_16_are_those_of_the_file():
    lone = "a,b\n".encode("utf-16-le") + b"c\0,\0\x00\xd8\n\0" + "e,f".encode("utf-16-le")
    found = cut(codecs.BOM_UTF16_LE + lone, 3)
    assert found == [
        (1, ["a", "b"], b"a\0,\0b\0"),
        (2, "wrong-encoding", b"c\0,\0\x00\xd8"),
        (3, ["e", "f"], b"e\0,\0f\0"),
    ]
    assert cut(codecs.BOM_UTF16_LE + b"a\0b", 3)[-1][1] == "truncated-character"


def test_of_a_damaged_file_all_whole_rows_come():
    packed = gzip.compress(b"".join(b"%d,%d\n" % (n, n * n) for n in range(50_000)))
    for data in (packed[: len(packed) // 2], packed[: len(packed) // 2] + b"rubbish"):
        *rows, last = cut(data, 1000)
        assert len(rows) > 10_000
        assert all(row == [str(n), str(n * n)] for n, (_, row, _) in enumerate(rows))
        assert last[1] in ("truncated-gzip", "corrupt-gzip")


def test_gzip_holds_any_encoding():
    text = "ä,😀\n"
    for data in (codecs.BOM_UTF16_BE + text.encode("utf-16-be"), codecs.BOM_UTF8 + text.encode()):
        assert texts(gzip.compress(data), 3) == [["ä", "😀"]]


SIGNS = st.text(alphabet='ab,"\n\r ', max_size=60).map(str.encode)


@given(SIGNS, st.integers(1, 7))
def test_pieces_change_nothing_and_no_byte_is_lost(data, size):
    whole = cut(data)
    assert whole == cut(data, size)
    kept = b"".join(record for _, _, record in whole)
    assert sorted(kept.translate(None, b"\n ,\r")) == sorted(data.translate(None, b"\n ,\r"))


@given(st.lists(st.lists(st.text(alphabet='ab,"\n ', min_size=1), min_size=2, max_size=2)))
def test_what_is_quoted_as_it_should_be_is_read_as_it_was(rows):
    data = "".join(
        ",".join('"' + value.replace('"', '""') + '"' for value in row) + "\n" for row in rows
    )
    assert texts(data.encode(), 3) == rows
    assert all(isinstance(r, RawRecord) for r in Rows(File(), "utf-8").cut(Source([data.encode()])))


@given(
    st.text(st.sampled_from('ab;,\t "\r\0é'), min_size=1, max_size=12).filter(lambda t: t.strip()),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(['"', ""]),
)
def test_a_row_without_quotes_is_split_as_the_reader_splits_it(text, delimiter, quote):
    dialect = {"quoting": csv.QUOTE_MINIMAL, "quotechar": quote} if quote else {"quoting": 3}
    reader = csv.reader((text,), delimiter=delimiter, strict=True, **dialect)
    try:
        meant = next(reader)
    except csv.Error:
        meant = None
    try:
        found = Rows(File(delimiter=delimiter, quote=quote), "utf-8").values(text.encode())
    except CannotAccept:
        found = None
    assert found == meant
