"""Rows by a mapping: what becomes of each, under which id, and why one is refused."""

import msgspec
import pytest

from journey.ingest import jsonl
from journey.ingest.mapped.forms import again, key_of, opened
from journey.ingest.records import RawRecord
from schemas.errors import CannotAccept, ConfigurationError, NotFound, UsageError
from schemas.times import parse_rfc3339, rfc3339

NOW = parse_rfc3339("2024-06-01T00:00:00Z")
SECRET = "Ann-Marie"

MAPPING = """\
id = {id}
duplicates = "{duplicates}"
{top}
[file]
{file}
[constants]
source = "shop"
type = "order-placed"
{constants}
[fields]
time = {{ column = "at", format = "%Y-%m-%d", zone = "UTC" }}
identities.email = "mail"
properties.amount = "total"
{fields}
"""
HEADER = "no,at,mail,total,note\n"


class Shop:
    """A file and a mapping in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.told = {"id": '["no"]', "duplicates": "once", "file": "", "constants": ""}
        self.told |= {"fields": "", "top": ""}

    def read(self, data, **told):
        """Everything that comes of the file."""
        file, mapping = self.folder / "shop.csv", self.folder / "shop.toml"
        file.write_bytes(data if isinstance(data, bytes) else data.encode())
        mapping.write_text(MAPPING.format(**self.told | told))
        with opened("csv", str(file), mapping) as found:
            self.name, self.kept = found.importer.name, found.importer.kept
            return list(found.importer.read(found.source, NOW))

    def draft(self, row, **told):
        ((draft,),) = (parsed.drafts for parsed in self.read(HEADER + row, **told))
        return draft

    def refusal(self, row, **told):
        (parsed,) = self.read(HEADER + row, **told)
        assert not parsed.drafts
        ((code, reason, data),) = ((r.code, r.reason, b"".join(r.data)) for r in parsed.rejected)
        assert parsed.line == 2
        assert data == row.encode()
        assert reason.endswith(".")
        assert SECRET not in reason
        return code, reason


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


def test_a_row_becomes_an_event(shop):
    draft = shop.draft("A-1,2024-05-01,ann@example.com,12.50,hi")
    assert (draft.source, draft.message_id) == ("shop", "A-1")
    assert rfc3339(draft.occurred_at) == "2024-05-01T00:00:00Z"
    assert draft.identities == {"email": ["ann@example.com"]}
    assert draft.fact.amount_micros == 12_500_000
    assert (draft.sequence, draft.sequence_given) == (2, False)


def test_what_no_field_holds_as_it_is_is_kept_sealed(shop):
    draft = shop.draft("A-1,2024-05-01,ann@example.com,12.50,hi")
    assert msgspec.json.decode(draft.fact.extra["columns"]) == {
        "at": "2024-05-01",
        "note": "hi",
    }
    assert draft.fact.extra.keys() == {"columns"}
    draft = shop.draft("A-1,2024-05-01,a@example.com,12.50,hi", id='["no", "note"]')
    assert '"no":"A-1"' in draft.fact.extra["columns"]  # the id is more than its text
    draft = shop.draft("A-1,2024-05-01,a@example.com,1,hi", top='drop = ["at", "note"]')
    assert draft.fact.extra is msgspec.UNSET


def test_a_column_is_never_taken_for_a_declared_property(shop):
    data = "no,at,mail,total,topic,name,text\n1,2024-05-01,a@example.com,1,x,Ann-Marie,z\n"
    ((draft,),) = (parsed.drafts for parsed in shop.read(data))
    assert draft.fact.topic == ""
    assert "Ann-Marie" in draft.fact.extra["columns"]


def test_fields_of_every_kind(shop):
    fields = """
sequence = "n"
conversation = { columns = ["a", "b"], join = "/" }
actor.kind = { column = "who", values = { c = "customer", r = "bot" } }
actor.id = { column = "n", floats = true }
properties.topic = { column = "b", default = "none" }
properties.tags = { column = "tags", as = "list", split = ";" }
properties.score = { column = "big", as = "number", decimal = ",", thousands = "." }
properties.vip = { column = "vip", as = "flag" }
properties.level = { column = "who", values = { c = 1.5, r = false } }
properties.received_at = { column = "n", format = "unix" }
"""
    data = "no,at,mail,total,a,b,who,tags,big,vip,n\n1,2024-05-01,a@example.com,1,"
    rows = data + 'x,y,r," a;b; ;","1.234,50",Yes,1714559400\n2,2024-05-01,b@example.com,1,x,'
    first, second = (p.drafts[0] for p in shop.read(rows + ",c,,,,1714559401\n", fields=fields))
    assert (first.conversation, first.sequence, first.sequence_given) == ("x/y", 1714559400, True)
    assert (first.fact.actor_kind, first.fact.actor) == ("bot", "1714559400")
    assert (first.fact.topic, first.fact.tags) == ("y", ["a", "b"])
    extra = {name: first.fact.extra[name] for name in ("score", "vip", "level")}
    assert extra == {"score": "1234.50", "vip": "true", "level": "false"}  # exactly
    assert rfc3339(first.fact.received_at) == "2024-05-01T10:30:00Z"
    assert (second.conversation, second.fact.topic, second.fact.tags) == ("x", "none", [])
    assert second.fact.extra["level"] == "1.5"
    assert "score" not in second.fact.extra


def test_texts_for_nothing(shop):
    row = "1,2024-05-01,a@example.com,NULL,-"
    draft = shop.draft(row, file='empty = ["NULL", "-"]')
    assert draft.fact.amount_micros == shop.draft("1,2024-05-01,a@example.com,,").fact.amount_micros
    assert "note" not in draft.fact.extra["columns"]


@pytest.mark.parametrize(
    ("row", "code", "column", "told"),
    [
        ("1,Ann-Marie,a@example.com,1,", "bad-time", "column at, time", {}),
        ("1,45413,a@example.com,1,", "serial-date", "column at, time", {}),
        ("1,,a@example.com,1,", "missing-field", "column at, time", {}),
        ("1,1850-01-01,a@example.com,1,", "too-early", "column at, time", {}),
        ("1,2024-07-01,a@example.com,1,", "far-future", "column at, time", {}),
        ("1,2024-05-01,a@example.com,Ann-Marie,", "bad-amount", "column total, amount", {}),
        ("1,2024-05-01,,1,", "names-nobody", "identities", {}),
        ("1,2024-05-01, ,1,", "empty-value", "column mail, identities.email", {}),
        (",2024-05-01,a@example.com,1,", "missing-field", "column no, id", {}),
        ("3.0,2024-05-01,a@example.com,1,", "spreadsheet-number", "column no, id", {}),
        ("5.7E+17,2024-05-01,a@example.com,1,", "spreadsheet-number", "column no, id", {}),
        ('"5,7e+17",2024-05-01,a@example.com,1,', "spreadsheet-number", "column no, id", {}),
        ("1,2024-05-01,3.0,1,", "spreadsheet-number", "column mail, identities.email", {}),
        (
            "1,2024-05-01,a@example.com,1,3.0",
            "spreadsheet-number",
            "column note, properties.order_id",
            {"fields": 'properties.order_id = "note"'},
        ),
        (
            "1,2024-05-01,a@example.com,1,Ann-Marie",
            "unknown-value",
            "column note, channel",
            {"fields": 'channel = { column = "note", values = { a = "web" } }'},
        ),
        (
            "1,2024-05-01,a@example.com,1,Ann-Marie",
            "bad-channel",
            "column note, channel",
            {"fields": 'channel = "note"'},
        ),
        (
            "1,2024-05-01,a@example.com,1,Ann-Marie",
            "bad-number",
            "column note, sequence",
            {"fields": 'sequence = "note"'},
        ),
        (
            "1,2024-05-01,a@example.com,1,Ann-Marie",
            "bad-flag",
            "column note, properties.vip",
            {"fields": 'properties.vip = { column = "note", as = "flag" }'},
        ),
        ("1,2024-05-01,a@example.com,1,a\0b", "nul-character", "column note, ", {}),
        ("1,2024-05-01,a@example.com,1", "column-count", "4 columns, not 5", {}),
        ("1,2024-05-01,a@example.com,1,Ann-Marie,x", "column-count", "6 columns, not 5", {}),
        (f"1,2024-05-01,a@example.com,1,{'x' * 100_001}", "text-too-long", "column note, ", {}),
        (f"1,2024-05-01,a@example.com,1,{'x' * 140_000}", "bad-row", "shorten", {}),
    ],
)
def test_a_row_is_refused_with_column_and_remedy(shop, row, code, column, told):
    found, reason = shop.refusal(row, **told)
    assert found == code
    assert column in reason


def test_floats_are_ids_where_the_mapping_says_so(shop):
    row, floats = "1,2024-05-01,a@example.com,1,3.0", '{ column = "note", floats = true }'
    draft = shop.draft(row, fields=f"properties.order_id = {floats}")
    assert draft.fact.order_id == "3.0"
    for text in ("57E17", "1.2.0", "3.01", "0x10", "2024-05-01"):  # no spreadsheet writes these
        draft = shop.draft(f"{text},2024-05-01,a@example.com,1,")
        assert draft.message_id == text


def test_ids_of_several_columns_never_collide(shop):
    rows = "a|b,2024-05-01,a@example.com,1,c\na,2024-05-01,a@example.com,1,b|c\n"
    drafts = [p.drafts[0] for p in shop.read(HEADER + rows, id='["no", "note"]')]
    assert [d.message_id for d in drafts] == ["a\\|b|c", "a|b\\|c"]


def test_the_id_of_a_row_is_its_texts_however_they_are_written(shop):
    plain = shop.draft("1,2024-05-01,a@example.com,1,x", id='"row"')
    quoted = shop.draft('"1",2024-05-01,"a@example.com",1,"x"\r\n', id='"row"')
    other = shop.draft("11,2024-05-01,a@example.com,1,", id='"row"')
    assert plain.message_id == quoted.message_id
    assert len(plain.message_id) == 32
    assert other.message_id != plain.message_id


ROW = "1,2024-05-01,a@example.com,1,x"


@pytest.mark.parametrize("id_", ['["no"]', '"row"'])
def test_equal_rows_are_events_of_their_own_or_one(shop, id_):
    data = HEADER + "\n".join([ROW, ROW.replace("1,x", "2,x"), ROW + "\r", ROW[:-1] + '"x"'])
    once = [p.drafts[0].message_id for p in shop.read(data, id=id_)]
    kept = [p.drafts[0].message_id for p in shop.read(data, id=id_, duplicates="keep")]
    assert once[0] == once[2] == once[3] == kept[0]
    assert kept == [once[0], once[1], f"{once[0]}#2", f"{once[0]}#3"]
    again_ = [p.drafts[0].message_id for p in shop.read(data, id=id_, duplicates="keep")]
    assert again_ == kept


def test_a_refused_row_is_read_again_as_it_was(shop):
    bad = ROW.replace("2024", "20240")
    parsed = shop.read(HEADER + f"{bad}\n{bad}\n{ROW}\nx\nx\n{ROW}", duplicates="keep")
    names = [p.again or shop.name for p in parsed]
    assert [name.partition("#")[2] for name in names] == ["", "2", "", "", "2", "2"]
    assert {key_of(name) for name in names} == {shop.name}
    for name, first in zip(names, parsed, strict=True):
        for rejected in first.rejected:
            data = b"".join(rejected.data)
            (anew,) = again(name, shop.kept).parse(data, first.line, NOW).rejected
            assert (anew.code, anew.reason) == (rejected.code, rejected.reason)
    second = again(names[1], shop.kept).parse(ROW.encode(), 3, NOW)
    assert second.drafts[0].message_id == "1#2"


def test_columns_come_from_the_header_or_the_mapping(shop):
    names = 'columns = ["no", "at", "mail", "total", "note"]'
    for file, data in [
        (f"header = false\n{names}", ROW),
        (names, f"a,a,a,a,a\n{ROW}"),
        ("skip = 2", f"An export\nof today\n{HEADER}{ROW}"),
        ('delimiter = ";"', (HEADER + ROW).replace(",", ";")),
        ('encoding = "utf-16"', (HEADER + ROW).encode("utf-16-le")),
    ]:
        ((draft,),) = (p.drafts for p in shop.read(data, file=file))
        assert draft.message_id == "1"


@pytest.mark.parametrize(
    ("data", "told", "why"),
    [
        (b"", {}, "has no header: it is empty"),
        (b"\n\n", {}, "has no header: it is empty"),
        ("no,at,mail,total,no\n", {}, "more than one column no"),
        ("no;at\n", {}, "there is no column at: the columns are no;at"),
        ("no,at,mail,total\n", {"fields": 'brand = "shop"'}, "fields.brand: there is no column"),
        ("no,at,mail,total\n", {"top": 'drop = ["x"]'}, "drop: there is no column x"),
        ("no,at,mail,total\n", {"id": '["x"]'}, "id: there is no column x"),
        ("a,b\n", {"file": 'columns = ["no"]'}, "has 2 columns, the mapping names 1"),
        (b"\xe4,b\n", {}, "line 1, the header: The row is not utf-8"),
        (b"a,b\rc,d\r", {}, "carriage return"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_at_once(shop, data, told, why):
    with pytest.raises((UsageError, ConfigurationError)) as refused:
        shop.read(data, **told)
    assert why in str(refused.value)


def test_a_file_or_form_that_is_not_there(shop, tmp_path):
    shop.read(HEADER)
    mapping = tmp_path / "shop.toml"
    with pytest.raises(NotFound, match="no file"), opened("csv", str(tmp_path / "x"), mapping):
        pass
    with pytest.raises(NotFound, match="no form"), opened("tsv", str(tmp_path / "x"), mapping):
        pass


@pytest.mark.parametrize("more", ["", "\0", "x" * 100_001])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_row_is_read_as_its_line_is(tmp_path, more, encoding):
    """``journey mapping check`` shows the line; the import takes a shorter way to the same."""
    rows = HEADER + f"1,2024-05-01,a@b.c,12.50,{more}\n2,2024-05-02,3.0,7.5,b\n,x,,y,\n"
    fields = 'properties.weight = { column = "total", as = "number" }'
    shop = Shop(tmp_path)
    told = shop.told | {"fields": fields, "constants": 'properties.shop = "Berlin"'}
    file, mapping = tmp_path / "shop.csv", tmp_path / "shop.toml"
    file.write_bytes(rows.encode(encoding))
    mapping.write_text(MAPPING.format(**told))
    with opened("csv", str(file), mapping) as found:
        for record in found.importer.cut(found.source):
            assert isinstance(record, RawRecord)
            parsed = found.importer.parse(record.data, record.line, NOW)
            try:
                draft = jsonl.parse(found.table.line(record.data), record.line, NOW)
            except CannotAccept as refused:
                assert [r.code for r in parsed.rejected] == [refused.code]
            else:
                assert parsed.drafts == [draft]
