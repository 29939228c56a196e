"""What an import folds by itself and what workers fold from Kafka is published as the same rows."""

import gzip
import json
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pytest

from journey.audit.published import rows_by_partition
from journey.bootstrap import Workspace
from journey.sample import write_jsonl
from journey.settings import from_environment
from projections.tables import TABLES
from replay.digest import digest, rows_of
from tests.cli.runner import ROOT, journey

KEY = {"JOURNEY_MASTER_KEY": "5a" * 32}  # one key, so that ids are the same in both
START = datetime(2024, 3, 2, tzinfo=UTC)  # so long ago that no timer is due while tests run
MAPPING = ROOT / "docs" / "mappings" / "ecom.toml"
SMALL_ROWS = 4_000
GENERATED = {False: (100, 90), True: (24_000, 365)}  # customers and days: 1,000 and 1 M rows
LIMIT_S = 3_600.0


class Published(NamedTuple):
    """Of all partitions together, by table."""

    digests: dict[str, list[str]]
    rows: dict[str, int]


@pytest.fixture
def load(request, tmp_path, full_size):
    """How one of the sources is imported."""
    if request.param == "generated":
        with (tmp_path / "sample.jsonl").open("wb") as out:
            customers, days = GENERATED[full_size]
            write_jsonl(out, customers=customers, days=days, seed=3, start=START)
        return "jsonl", tmp_path / "sample.jsonl"
    shared: Path = request.getfixturevalue("shared_data")
    if request.param == "twitter_care":
        return "twitter-care", shared / "twitter_care" / "conversations.json"
    file = tmp_path / "ecom.csv"
    with gzip.open(shared / "ecom" / "ecom.csv.gz") as rows, file.open("wb") as out:
        out.writelines(rows if full_size else islice(rows, SMALL_ROWS))
    return "csv", file, "--mapping", MAPPING


def done(*arguments, env):
    ran = journey(*arguments, env=KEY | env, limit_s=LIMIT_S)
    assert (ran.code, ran.err) == (0, ""), (arguments, ran.text[-2000:])
    return ran.text


def published(workspace, env):
    digests: dict[str, list[str]] = {table.name: [] for table in TABLES}
    rows = dict.fromkeys(digests, 0)
    with Workspace(workspace, from_environment(KEY | env)) as opened:
        for _, told in rows_by_partition(opened.analytics, opened.log.partitions):
            for table in TABLES:
                digests[table.name].append(digest(table, rows_of(told[table.name])))
                rows[table.name] += told[table.name].num_rows
    return Published(digests, rows)


@pytest.mark.timeout(LIMIT_S)
@pytest.mark.parametrize("load", ["twitter_care", "ecom", "generated"], indirect=True)
def test_both_forms_publish_the_same(load, broker, database, tmp_path):
    alone, shared = ("--workspace", tmp_path / "alone"), ("--workspace", tmp_path / "shared")
    done("init", *alone, env={})
    done("import", *load, *alone, env={})
    env = {"JOURNEY_KAFKA": f"kafka://{broker.address}", "JOURNEY_CLICKHOUSE": database}
    done("init", "--workers", *shared, env=env)
    appended = json.loads(done("import", *load, "--json", *shared, env=env))["appended"]
    done("relay", "--once", *shared, env=env)
    done("worker", "--once", "--states", tmp_path / "states", env=env)
    one, other = published(alone[1], {}), published(shared[1], env)
    assert one.rows["touchpoints"] == appended > 1_000
    assert other.rows == one.rows
    assert other.digests == one.digests
    assert len({each for of in one.digests.values() for each in of}) > 64, "of nothing at all"
