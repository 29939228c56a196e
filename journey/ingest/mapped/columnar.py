"""Rows of Parquet files and of databases: values with types, made into texts.

Rule 1: a value's text is exact: a decimal keeps its digits, a time its zone or the lack of one.
Rule 2: a row is kept as a JSON array of these texts, so that it can be read again by itself.
Rule 3: memory is flat: rows come in batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa

from journey.ingest.records import RECORD_BYTES_MAX, RawRecord, Record, too_long
from journey.ingest.source import STDIN
from schemas.errors import NotFound, UsageError

BATCH_ROWS = 1_000

Found = tuple[str, list[str], Iterator[Record]]  # what people call it, its columns, its rows


@contextmanager
def open_parquet(path: str) -> Iterator[Found]:
    """The rows of a Parquet file.

    Raises:
        NotFound: there is no such file.
        UsageError: it is no Parquet file, or is standard input, in which nothing can be looked up.
    """
    if path == STDIN:
        raise UsageError("Parquet cannot be read from standard input: name a file.")
    import pyarrow.parquet as pq  # 20 ms to load, and few files are of its kind

    try:
        file = pq.ParquetFile(path)
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}: check the path.") from None
    except (OSError, pa.ArrowException):
        raise UsageError(f"{path} is no Parquet file: name one, or import it as csv.") from None
    with file:
        batches = file.iter_batches(batch_size=BATCH_ROWS)
        rows = (
            row
            for batch in batches
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
        )
        name = path.rpartition("/")[2]
        yield name, list(file.schema_arrow.names), records(rows)


@contextmanager
def open_sql(url: str, query: str) -> Iterator[Found]:
    """The rows of a query, as the database gives them; the order is the query's to say.

    Args:
        url: as SQLAlchemy writes it. Its password is shown nowhere.
        query: one that reads.

    Raises:
        UsageError: SQLAlchemy or the driver is not installed, or the database refuses.
    """
    try:
        import sqlalchemy
    except ImportError:
        raise UsageError(
            "SQLAlchemy is not installed: pip install 'journey-engine[sql]', and the driver of "
            "your database."
        ) from None
    try:
        engine = sqlalchemy.create_engine(url)
    except sqlalchemy.exc.SQLAlchemyError:
        raise UsageError(
            "The URL is none of a database: write such as postgresql+psycopg://user@host/name."
        ) from None
    except ImportError as error:
        raise UsageError(
            f"The database's driver is not installed ({error.name}): install it with pip."
        ) from None
    name = f"{engine.url.get_backend_name()}:{engine.url.database or ''}"
    try:
        with engine.connect() as connection:
            # To the driver as it is written: a % or :name in it is no parameter.
            asking = connection.execution_options(yield_per=BATCH_ROWS, no_parameters=True)
            answer = asking.exec_driver_sql(query)
            yield name, list(answer.keys()), records(answer)
    except sqlalchemy.exc.DBAPIError as error:
        reason = " ".join(str(error.orig).split()).rstrip(".")
        raise UsageError(f"{name} refused the query ({reason}): correct URL or query.") from None
    except sqlalchemy.exc.SQLAlchemyError as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise UsageError(f"{name} cannot be asked ({reason}): correct URL or query.") from None
    finally:
        engine.dispose()


def records(rows: Iterable[Iterable[Any]]) -> Iterator[Record]:
    """Rows as records: JSON arrays of texts."""
    for number, row in enumerate(rows, 1):
        data = msgspec.json.encode([text(value) for value in row])
        if len(data) <= RECORD_BYTES_MAX:
            yield RawRecord(number, data)
        else:
            broken, pieces = too_long(number, iter((data,)))
            yield broken
            pieces.require_read()


def text(value: Any) -> str:
    """The text of a value, empty for none."""
    if value is None:
        return ""
    known = _TEXTS.get(type(value))
    return known(value) if known else _other(value)


def _time(value: datetime) -> str:
    return value.isoformat(" ")


def _other(value: Any) -> str:
    """Kin of what is known first: pandas' time is a datetime; then lists and structs, as JSON."""
    for kind, known in _TEXTS.items():
        if isinstance(value, kind):
            return known(value)
    plain = msgspec.to_builtins(value, enc_hook=str)
    return plain if isinstance(plain, str) else msgspec.json.encode(plain).decode()


_TEXTS: dict[type, Callable[[Any], str]] = {
    str: lambda value: value,
    bool: lambda value: "true" if value else "false",
    int: str,
    float: lambda value: "" if value != value else repr(value),  # NaN is how frames say nothing
    Decimal: lambda value: format(value, "f"),
    datetime: _time,
    date: date.isoformat,
    time: time.isoformat,
    bytes: bytes.hex,
}
