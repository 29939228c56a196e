"""A sample to import, the workspace that an undisturbed import makes of it, and what it holds."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import fastavro
import msgspec
import pytest

from journey.sample import write_jsonl
from tests.cli.runner import answer, init, journey

KEY = {"JOURNEY_MASTER_KEY": "5a" * 32}  # one key, so that ids are the same everywhere
START = datetime(2024, 3, 2, tzinfo=UTC)  # so long ago that no timer is due while tests run


class Held(NamedTuple):
    """What must be the same however often the import was killed."""

    event_ids: list[bytes]
    digests: list[dict[str, str]]


def held(workspace: Path) -> Held:
    """Every touchpoint's id, and the digest of each table in each partition."""
    export = workspace.parent / f"{workspace.name}.avro"
    answer("export", export, "--workspace", workspace, env=KEY)
    with export.open("rb") as file:
        proof = msgspec.json.decode(fastavro.reader(file).metadata["journey.proof"])
    with sqlite3.connect(workspace / "log.db") as log:
        ids = [
            row[0] for row in log.execute("SELECT event_id FROM stored_events ORDER BY event_id")
        ]
    log.close()
    return Held(ids, proof["digests"])


def sample(folder: Path, customers: int) -> tuple[Path, int]:
    """A generated file, and how many rows it has."""
    file = folder / "sample.jsonl"
    with file.open("wb") as out:
        rows = write_jsonl(out, customers=customers, days=90, seed=11, start=START)
    return file, rows


def imported(file: Path, workspace: Path, rows: int) -> Held:
    """Import to the end, hold the counts against the rows, verify, and say what is held."""
    counts = answer("import", "jsonl", file, "--workspace", workspace, env=KEY)
    assert counts["read"] + counts["skipped"] == rows
    assert counts["appended"] + counts["duplicates"] == counts["read"], counts
    assert journey("verify", "--workspace", workspace, env=KEY).code == 0
    return held(workspace)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, Held]:
    """Some thousand rows: the file, their number, and what an undisturbed import holds."""
    folder = tmp_path_factory.mktemp("small")
    file, rows = sample(folder, 650)
    return file, rows, imported(file, init(folder / "whole", KEY), rows)
