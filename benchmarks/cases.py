"""The benchmarks: what runs beside what, which figures come of it, and their targets."""

from __future__ import annotations

from importlib.resources import files

from benchmarks.case import OURS, PARTS, REFERENCE, REST, Case, Figure, Side
from benchmarks.cases_of_outreach import OF_OUTREACH
from projections.configuration import DEFAULT, document
from projections.pains.kinds import Kind
from projections.rulebook import Rulebook

# In the order of a durable append. The log's own code does the same one event after the other.
PARTS_OF_APPEND = ("hash", "index", "keys", "encode", "seal", "insert")


def _append(name: str, ids: str, runs: int) -> Case:
    given = {"ids": ids}
    parts = [
        Figure(name=f"part: {part}", unit="µs/event", key=part, side=PARTS)
        for part in PARTS_OF_APPEND
    ]
    return Case(
        name=name,
        about=f"Durable append through the log API, batches of 1,000, {ids} ids.",
        runs=runs,
        sides={
            OURS: Side("SqliteEventLog.append, one fsync a batch", "append", given),
            REFERENCE: Side(
                "executemany of the same stored bytes, ready-made, into a bare table (position "
                "INTEGER PRIMARY KEY, state BLOB), with the same batches and pragmas (WAL, "
                "synchronous=FULL)",
                "append-reference",
                given,
            ),
            PARTS: Side(
                "each part of the append by itself, over one batch after the other; one run",
                "append-parts",
                given,
                once=True,
            ),
        },
        figures=[
            Figure(
                name="append", unit="events/s", key="events_per_s", beside="events_per_s",
                more_is_better=True, judged="ratio", floor=0.08, goal=0.15,
            ),
            Figure(
                name="last tenth by first", unit="ratio", key="last_by_first",
                beside="last_by_first", more_is_better=True, floor=0.75,
            ),
            Figure(name="peak memory", unit="MiB", key="peak_mib", beside="peak_mib"),
            Figure(name="whole append", unit="µs/event", key="us", beside="us"),
            *parts,
            Figure(name=f"part: {REST}", unit="µs/event", key=REST, side=PARTS),
        ],
        notes=[
            "encode: codec and envelope; hash: event ids, leaves, keyed hashes of identities and "
            "conversations; index: dedupe, placing, writing both indexes; keys: making and "
            "committing the keys of new persons; insert: executemany into the log's table with "
            "its unique indexes, and the commit.",
            "The unexplained rest is the median of the whole append less the parts: receipts, "
            "loops, caches and garbage that a part by itself does not see.",
        ],
    )  # fmt: skip


def _import(form: str, sample: str, about: str, reference: str) -> Case:
    return Case(
        name=f"import-{form}",
        about=f"import_file of the sample as {about}: the whole path.",
        before=(sample,),
        runs=3,
        sides={
            OURS: Side(f"import_file of a {form} file into an empty workspace", "import",
                       {"form": form}),
            REFERENCE: Side(
                f"{reference}, which go as bare rows into SQLite: no checks, no seals, no folds, "
                "no tables",
                "import-reference",
                {"form": form},
            ),
        },
        figures=[
            Figure(
                name=f"import {form}", unit="events/s", key="events_per_s", beside="events_per_s",
                more_is_better=True, floor=10_000, goal=25_000,
            ),
            Figure(name="CPU, importing process", unit="µs/event", key="own_cpu_us"),
            Figure(name="CPU, follower", unit="µs/event", key="follower_cpu_us"),
            Figure(
                name="peak memory", unit="MiB", key="all_mib", beside="peak_mib", floor=1024,
            ),
            Figure(
                name="last tenth by first", unit="ratio", key="last_by_first",
                beside="last_by_first", more_is_better=True, floor=0.9,
            ),
        ],
    )  # fmt: skip


_WORKSPACE = "The workspace is the one that the whole path made."

_CASES = (
    _append("append", "time-led", 5),
    _append("append-random-ids", "random", 3),
    Case(
        name="whole-path",
        about="import_file of touchpoints: parse, check, identify, append, fold, publish.",
        before=("make-sample",),
        runs=3,
        sides={
            OURS: Side("import_file of a jsonl file into an empty workspace", "whole-path"),
            REFERENCE: Side(
                "msgspec decodes the same lines, which go as bare rows into SQLite in batches of "
                "2,000 (WAL, synchronous=FULL): no checks, no seals, no folds, no tables",
                "whole-path-reference",
            ),
        },
        figures=[
            Figure(
                name="whole path", unit="events/s", key="events_per_s", beside="events_per_s",
                more_is_better=True, floor=10_000, goal=25_000,
            ),
            Figure(
                name="peak memory", unit="MiB", key="all_mib", beside="peak_mib", floor=1024,
            ),
            Figure(
                name="last tenth by first", unit="ratio", key="last_by_first",
                beside="last_by_first", more_is_better=True, floor=0.9,
            ),
            Figure(name="timers and last rows", unit="s", key="end_s"),
        ],
        notes=[
            "Peak memory is that of the importing process and its follower together.",
            "'No slowing down but for noise' is taken as 0.9 of the first tenth.",
            "The end (timers up to now, last rows) is part of the whole, not of the last tenth.",
        ],
    ),
    Case(
        name="verify",
        about="verify: the log folded afresh and held against states, rows and decisions.",
        before=("make-workspace",),
        sides={
            OURS: Side("verify_workspace of an open workspace, one worker a core", "verify"),
            REFERENCE: Side(
                "reading all stored rows and SHA-256 of each, in one process", "verify-reference"
            ),
        },
        figures=[
            Figure(
                name="verify", unit="events/s", key="events_per_s", beside="events_per_s",
                more_is_better=True, floor=40_000, goal=100_000,
            ),
            Figure(
                name="peak memory", unit="MiB", key="peak_mib", beside="peak_mib",
            ),
        ],
        notes=[_WORKSPACE, "Peak memory is that of the largest process, not of all together."],
    ),
    Case(
        name="queries",
        about="Every named query with its defaults, warm.",
        before=("make-workspace",),
        sides={
            OURS: Side("Analytics.query", "queries"),
            REFERENCE: Side("SELECT count() FROM touchpoints, same adapter", "queries-reference"),
        },
        figures=[
            Figure(
                name=f"query {query}", unit="s", key=query, beside="count", floor=0.5, goal=0.2
            )
            for query in sorted(
                entry.name.removesuffix(".sql")
                for entry in (files("journey.clickhouse") / "queries").iterdir()
                if entry.name.endswith(".sql")
            )
        ],
        notes=[_WORKSPACE, "Each run: every query once to warm up, then the median of three."],
    ),
    Case(
        name="refold",
        about="Refold of one customer with 1,000 events, in a large workspace.",
        before=("make-workspace", "make-regular"),
        sides={
            OURS: Side("reading by position and folding; then a late event, end to end", "refold"),
            REFERENCE: Side("reading the same rows by position from SQLite", "refold-reference"),
        },
        figures=[
            Figure(
                name="refold", unit="ms", key="refold_ms", beside="read_ms", floor=60, goal=30
            ),
            Figure(
                name="late event", unit="ms", key="late_ms", beside="read_ms", floor=60, goal=30
            ),
        ],
        notes=[
            f"{_WORKSPACE} The customer is added to it first.",
            "refold: the customer's events read from the log and folded from nothing. late event: "
            "what Engine.catch_up takes for one in the middle: what came before it is folded once, "
            "what follows without it and with it; it notes what was wrong, and commits.",
            "Each run: the median of 15.",
        ],
    ),
)  # fmt: skip

_MORE = (
    Case(
        name="folds",
        about="The folds of 5,000 customers: what each projection costs an event.",
        before=("make-workspace",),
        runs=3,
        sides={OURS: Side("refold_meaning, plain, then with a watch around each", "folds")},
        figures=[
            Figure(name="all folds", unit="µs/event", key="all"),
            *(
                Figure(name=projection.name, unit="µs/event", key=projection.name)
                for projection in Rulebook(document(DEFAULT)).meaning
            ),
            Figure(name="between them", unit="µs/event", key="between"),
        ],
        notes=[
            _WORKSPACE,
            "A watch's own time is taken off. Between them: timers, rows of touchpoints, signs on "
            "their way, sorting.",
        ],
    ),
    _import("csv", "make-table", "a table of 28 columns", "the csv module reads the same rows"),
    _import("segment", "make-segment", "calls of Segment", "msgspec decodes the same calls"),
    Case(
        name="ten-million",
        about="import_file of ten times as many touchpoints, jsonl: is the end as the beginning?",
        before=("make-sample",),
        runs=1,
        times=10,
        is_long=True,
        sides={OURS: Side("import_file into an empty workspace", "long-import")},
        figures=[
            Figure(
                name="whole path", unit="events/s", key="events_per_s", more_is_better=True,
                floor=10_000, goal=25_000,
            ),
            Figure(
                name="last tenth by first", unit="ratio", key="last_by_first",
                more_is_better=True, floor=0.9,
            ),
            Figure(
                name="CPU of last tenth by first", unit="ratio", key="cpu_last_by_first",
            ),
            Figure(name="peak memory", unit="MiB", key="all_mib", floor=1024),
            Figure(
                name="memory, last tenth by third", unit="ratio", key="memory_growth", floor=1.1,
            ),
            Figure(name="disk", unit="B/event", key="disk_b"),
        ],
        notes=[
            "The facts tell each tenth: rate, CPU and resident memory of both processes, and how "
            "large the files are.",
            "CPU seconds count what others on the machine do far less than wall time does.",
        ],
    ),
    Case(
        name="paths",
        about="Questions of paths on ten times as many touchpoints, settled and warm.",
        before=("make-paths",),
        runs=1,
        times=10,
        is_long=True,
        sides={
            OURS: Side("Analytics.query", "paths"),
            REFERENCE: Side("the same by hand for bare chDB, two threads too", "paths-reference"),
        },
        figures=[
            figure
            for query in ("funnel", "directly-follows", "retention", "top-paths", "step-matrix")
            for figure in (
                Figure(name=query, unit="s", key=query, beside=query, floor=1.0, goal=0.5),
                Figure(
                    name=f"{query} by hand", unit="s", key=query, beside=query, judged="ratio",
                    floor=1 / 1.5, goal=1 / 1.2,
                ),
            )
        ],
        notes=[
            "Rows are made by the engine, each customer's times spread over a year. Each month is "
            "one part, so that no replaced rows are looked for.",
            "By hand: arrays of tuples, or windowFunnel, which tells no times.",
            "Each run: every question once to warm up, then the median of three.",
        ],
    ),
    Case(
        name="report",
        about="The report of a large workspace: written by the command, opened in Chromium.",
        before=("make-workspace",),
        runs=3,
        sides={
            OURS: Side("journey report, a process of its own; then the page", "report"),
            REFERENCE: Side("a page of nothing but Plotly's script", "report-reference"),
        },
        figures=[
            Figure(name="report", unit="s", key="seconds", floor=20, goal=8),
            Figure(name="CPU of it", unit="s", key="cpu_s"),
            Figure(
                name="opened", unit="s", key="opened_s", beside="opened_s", floor=2, goal=1
            ),
            Figure(name="file", unit="MB", key="mb", beside="mb", floor=8),
        ],
        notes=[
            _WORKSPACE,
            "Opened: from asking a browser that runs to the second frame after loading, the "
            "median of three. Needs Chromium.",
        ],
    ),
    Case(
        name="pains",
        about="Planted pains, cases and near misses of every kind: what is found, by the ledger.",
        runs=1,
        sides={OURS: Side("import_file of planted touchpoints, then the table pains", "pains")},
        figures=[
            Figure(
                name=f"{kind}, {figure}", unit="share", key=f"{kind} {figure}",
                more_is_better=True, floor=1.0,
            )
            for kind in Kind
            for figure in ("precision", "recall")
        ],
        notes=[
            "A pain counts as found if it is of the right kind and customer and begins at the "
            "right microsecond.",
            "Near misses miss by a second, a point, an invited move or an answer at the last "
            "moment. One event in fifty arrives late.",
        ],
    ),
    Case(
        name="stream",
        about="Relay and workers on a real broker, with the tables on a server.",
        before=("make-sample",),
        runs=1,
        is_long=True,
        sides={OURS: Side("import, relay, one worker, two, and halves by themselves", "stream")},
        figures=[
            Figure(
                name="relay", unit="events/s", key="relay", more_is_better=True, floor=50_000,
                goal=150_000,
            ),
            Figure(name="append alone", unit="events/s", key="append", more_is_better=True),
            Figure(name="one process", unit="events/s", key="embedded", more_is_better=True),
            Figure(name="one worker", unit="events/s", key="worker", more_is_better=True),
            Figure(
                name="worker by one process", unit="ratio", key="by_embedded",
                more_is_better=True, floor=0.8, goal=1.0,
            ),
            Figure(
                name="two workers by one", unit="ratio", key="two_by_one", more_is_better=True,
                floor=1.15, goal=1.5,
            ),
            Figure(
                name="all partitions by the slower half", unit="ratio", key="halves",
                more_is_better=True, floor=1.9,
            ),
        ],
        notes=[
            "Needs Java, Maven and a ClickHouse server (JOURNEY_TEST_CLICKHOUSE). Broker, server "
            "and workers share the machine.",
            "A worker's time begins with its process and ends when all is in ClickHouse.",
            "Halves are folded one after the other in one process, as if each had a machine.",
        ],
    ),
)  # fmt: skip

CASES: dict[str, Case] = {case.name: case for case in (*_CASES, *_MORE, *OF_OUTREACH)}
