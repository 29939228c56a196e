"""An import that was cut short goes on where it was, and nothing is passed over that is not in."""

import gzip
import os
import random
from threading import Thread

import pyarrow.csv
import pyarrow.parquet
import pytest

from journey import importing
from journey.bootstrap import Workspace
from journey.resuming import Marks
from journey.settings import Settings
from journey.workspace import make

KEY = b"k" * 32
ROWS = 400
BATCH = 30
MAPPING = """
id = "row"
duplicates = "keep"
[constants]
source = "shop"
type = "page-viewed"
[fields]
time = { column = "at", format = "%Y-%m-%d %H:%M:%S", zone = "UTC" }
identities.email = "mail"
properties.url = "page"
"""


class Cut(Exception):
    """The import ends here, as by Ctrl-C."""


class Half:
    """Progress that ends an import after so many records."""

    def __init__(self, records):
        self.left = records

    def __call__(self, records):
        self.left -= records
        if self.left < 0:
            raise Cut


def rows():
    """Pages that were seen; every seventh row twice, every tenth without a good time."""
    for n in range(ROWS):
        at = f"2024-05-01 10:{n // 60 % 60:02}:{n % 60:02}" if n % 10 else f"no time {n}"
        row = at, f"person-{n % 23}@example.com", f"/page/{n % 5}"
        yield from [row] * (2 if n % 7 == 0 else 1)


def line(n, row):
    at, mail, page = row
    return (
        f'{{"id":"m-{n}","source":"shop","type":"page-viewed","time":"{at.replace(" ", "T")}Z",'
        f'"identities":{{"email":"{mail}"}},"properties":{{"url":"{page}"}}}}'
    )


def payload(n, row):
    at, mail, page = row
    return (
        f'{{"type":"page","messageId":"m-{n}","timestamp":"{at.replace(" ", "T")}Z",'
        f'"userId":"{mail}","properties":{{"url":"{page}"}}}}'
    )


def batched(calls):
    return "\n".join(f'{{"batch":[{",".join(calls[n : n + 7])}]}}' for n in range(0, len(calls), 7))


def write(folder, form):
    """A file of a form, and its mapping if it needs one."""
    lines = [line(n, row) for n, row in enumerate(rows())]
    calls = [payload(n, row) for n, row in enumerate(rows())]
    table = "at,mail,page\n" + "".join(",".join(row) + "\n" for row in rows())
    mapping = folder / "shop.toml"
    mapping.write_text(MAPPING)
    file = folder / "shop"
    match form:
        case "jsonl":
            file.write_text("\n".join(lines))
        case "jsonl, packed":
            file = folder / "shop.gz"
            file.write_bytes(gzip.compress("\n".join(lines).encode()))
        case "segment":
            file.write_text("[" + ",\n".join(calls) + "]")
        case "segment, batches":
            file.write_text(batched(calls))
        case "csv":
            file.write_text(table.replace("/page/3", '"/page\n3"'))
        case "csv, UTF-16":
            file.write_text(table, "utf-16")
        case "parquet":
            file.write_text(table)
            pyarrow.parquet.write_table(pyarrow.csv.read_csv(file), file)
    name = form.partition(",")[0]
    return name, file, mapping if name in ("csv", "parquet") else None


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr(importing, "APPEND_DRAFTS", BATCH)


def opened(folder):
    make(folder, with_key=False)
    return Workspace(folder, Settings(master_key=KEY))


def run(workspace, told, progress=lambda _: None):
    name, file, mapping = told
    return importing.import_file(workspace, name, str(file), progress, mapping)


def cut(workspace, told, records):
    with pytest.raises(Cut):
        run(workspace, told, Half(records))


def read_on(workspace, told):
    """Behind which record an import would go on."""
    place = Marks(workspace, told[0], told[1].name, {}).place()
    assert place is not None
    return place.records


def held(workspace):
    """Everything that an import may leave behind."""
    events = workspace.log.read(0, 100_000)
    refused = workspace.quarantine.entries()
    return (
        sorted(e.event_id for _, e in events),
        sorted((e.importer, e.line, e.code, workspace.quarantine.bytes_of(e.id)) for e in refused),
    )


FORMS = [
    "jsonl",
    "jsonl, packed",
    "segment",
    "segment, batches",
    "csv",
    "csv, UTF-16",
    "parquet",
]


@pytest.mark.parametrize("form", FORMS)
def test_an_import_that_is_cut_short_goes_on(tmp_path, form):
    told = write(tmp_path, form)
    with opened(tmp_path / "whole") as workspace:
        whole = run(workspace, told)
        assert whole.skipped == 0
        assert whole.appended > 300 < whole.quarantined * 10
        reference = held(workspace)
    chance, skipped = random.Random(form), 0
    for share in sorted(chance.uniform(0.2, 0.95) for _ in range(4)):
        with opened(tmp_path / "cut") as workspace:
            cut(workspace, told, share * whole.read)
    with opened(tmp_path / "cut") as workspace:
        last = run(workspace, told)
        skipped = last.skipped
        assert last.read + last.skipped == whole.read
        assert held(workspace) == reference
        again = run(workspace, told)
        assert (again.read, again.skipped, again.appended) == (whole.read, 0, 0)
        assert again.duplicates == whole.appended + whole.duplicates
        assert held(workspace) == reference
    assert skipped > whole.read // 10


def test_no_more_than_two_batches_come_twice(tmp_path):
    told = write(tmp_path, "jsonl")
    with opened(tmp_path / "w") as workspace:
        cut(workspace, told, 300)
        assert 0 < run(workspace, told).duplicates <= 2 * BATCH


@pytest.mark.parametrize("change", ["first line", "last line that was in", "shorter", "other name"])
def test_another_file_is_read_from_its_start(tmp_path, change):
    told = name, file, _ = write(tmp_path, "jsonl")
    with opened(tmp_path / "w") as workspace:
        cut(workspace, told, 300)
        lines = file.read_text().split("\n")
        if change == "first line":
            lines[1] = lines[1].replace("m-1", "n-1")
        elif change == "last line that was in":
            place = read_on(workspace, told)
            lines[place - 1] = lines[place - 1].replace("m-", "n-")
        elif change == "shorter":
            lines = lines[:100]
        else:
            told = name, tmp_path / "other", None
        told[1].write_text("\n".join(lines))
        counts = run(workspace, told)
        assert (counts.skipped, counts.read) == (0, len(lines))
        assert counts.appended + counts.duplicates + counts.quarantined == len(lines)


def test_a_file_that_grew_is_read_on(tmp_path):
    told = _, file, _ = write(tmp_path, "jsonl")
    with opened(tmp_path / "w") as workspace:
        cut(workspace, told, 300)
        with file.open("a") as more:
            more.write("\n" + line("new", ("2024-05-02 10:00:00", "new@example.com", "/")))
        counts = run(workspace, told)
        assert counts.skipped > 100
        assert workspace.log.find("new@example.com")


def test_another_mapping_passes_over_nothing(tmp_path):
    told = _, _, mapping = write(tmp_path, "csv")
    with opened(tmp_path / "w") as workspace:
        cut(workspace, told, 300)
        mapping.write_text(MAPPING.replace("properties.url", "properties.name"))
        counts = run(workspace, told)
        assert counts.skipped == 0
        assert counts.differing > 0


def test_what_quarantine_lost_is_read_again(tmp_path):
    """It can be made again by importing again, as the documentation says: here too."""
    told = _, file, _ = write(tmp_path, "jsonl")
    with opened(tmp_path / "w") as workspace:
        cut(workspace, told, 300)
    for store in (tmp_path / "w").glob("quarantine.db*"):
        store.unlink()
    with opened(tmp_path / "w") as workspace:
        counts = run(workspace, told)
        assert counts.skipped == 0
        assert len(workspace.quarantine.entries()) == file.read_text().count("noTtime")


def test_a_pipe_is_read_whatever_came_before(tmp_path):
    told = name, file, _ = write(tmp_path, "jsonl")
    pipe = tmp_path / "p" / "shop"
    pipe.parent.mkdir()
    os.mkfifo(pipe)
    with opened(tmp_path / "w") as workspace:
        cut(workspace, told, 300)
        data = file.read_bytes()
        writer = Thread(target=lambda: pipe.write_bytes(data))
        writer.start()
        counts = importing.import_file(workspace, name, str(pipe))
        writer.join()
        assert (counts.skipped, counts.read) == (0, data.count(b"\n") + 1)


def test_names_of_files_do_not_lie_in_the_log(tmp_path):
    told = write(tmp_path, "csv")
    _, file, mapping = told
    named = file.rename(tmp_path / "secret-name.csv")
    with opened(tmp_path / "w") as workspace:
        cut(workspace, ("csv", named, mapping), 300)
        assert workspace.log.noted(workspace.log.note_name("csv", named.name)) == ""
    for log in (tmp_path / "w").glob("log.db*"):
        assert b"secret-name" not in log.read_bytes()
