"""Where the parts are put together: the one file that names concrete classes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

import msgspec
from eventsourcing import persistence

from journey import faults
from journey.clickhouse.chdb_adapter import ChdbAnalytics
from journey.clock import SystemClock
from journey.config.file import load
from journey.engine.engine import Engine
from journey.engine.store import Commit, StateStore
from journey.ingest.quarantine import Quarantine
from journey.log.keys import KeyStore, WorkspaceKeys
from journey.log.sqlite_log import SqliteEventLog
from journey.ports import Analytics, Clock
from journey.settings import Settings
from journey.upgrade import upgrade
from journey.workspace import Folder
from projections.configuration import document
from projections.rulebook import Rulebook
from projections.tables import TABLES, Table
from schemas.errors import ConfigurationError, IntegrityError, WorkspaceError

if TYPE_CHECKING:
    from journey.stream.worker import Worker

PLACE = "tables"  # so the progress names where rows are published; empty: in the folder
RESTORE = "restore it from a backup"
REBUILD = "delete it with its -wal and -shm, then run 'journey rebuild'"


class Published(NamedTuple):
    """The published tables.

    Args:
        place: which they are, wherever that is; empty: those of the folder.
        newest: the highest revision in the tables of a generation, ``None`` if there are none.
            A server has a life apart from the folder; tables in the folder always go with it.
    """

    tables: Analytics
    place: str
    newest: Callable[[int], int | None]


class Workspace:
    """An open workspace. The parts that cost time to start do so when first used.

    Args:
        folder: where it is.
        settings: of this process.
        clock: tells the time; a simulation brings its own.
        tables: what is published.

    Raises:
        WorkspaceError: and its kinds, see ``Folder``.
        ClockWentBack: the machine's clock is wrong.
        IntegrityError: one of its files is damaged, or the log is older than what was made of it.
    """

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        clock: Clock | None = None,
        tables: Sequence[Table] = TABLES,
    ) -> None:
        self.tables = tuple(tables)
        self.fault = settings.fault
        self._server, self.kafka = settings.clickhouse, settings.kafka
        if self.fault is not None:
            faults.arm(*self.fault)
        with ExitStack() as opened:  # closes what was opened when something else cannot be
            self.folder = opened.enter_context(Folder(folder))
            self.clock: Clock = clock or SystemClock()
            self.keys = WorkspaceKeys(self.folder.master_key(settings.master_key))
            with _opening(self.folder.keys, RESTORE):
                self._people = KeyStore(str(self.folder.keys), self.keys.wrap)
                opened.callback(self._people.close)
            with _opening(self.folder.path, RESTORE):
                upgrade(self.folder)
            with _opening(self.folder.log, RESTORE):
                self.log = SqliteEventLog(
                    str(self.folder.log), self.keys, self._people, self.clock, lambda: self._first
                )
                opened.callback(self.log.close)
            with _opening(self.folder.states, REBUILD):
                self.store = StateStore(str(self.folder.states))
                opened.callback(lambda: self.store.close())
                self._check_progress()
            self._opened = opened.pop_all()

    def _check_progress(self) -> None:
        """No state may know more than the log: new events would be taken for folded ones."""
        known = int(self.store.progress().get("checkpoint", 0))
        if known > self.log.last_position():
            raise IntegrityError(
                f"{self.folder.log} ends at {self.log.last_position()}, but {known} events were "
                f"folded already: restore the newest log.db; if this is the newest, delete "
                f"{self.folder.states} and run 'journey rebuild'."
            )

    @property
    def configuration(self) -> str:
        """The document in force: the newest that was published, whatever journey.toml says since.

        Raises:
            ConfigurationError: none was published yet, and journey.toml is wrong somewhere.
        """
        return self.log.in_force or self._first

    @cached_property
    def _first(self) -> str:
        """What the first append publishes; read once, so that folds before it use the same."""
        return document(load(self.folder.path).rules)

    def put_in_force(self, document: str) -> int:
        """Publish a configuration; its number. States and tables are outdated then."""
        number = self.log.publish(document)
        for made in ("rules", "engine", "_prepared"):
            self.__dict__.pop(made, None)
        return number

    @cached_property
    def rules(self) -> Rulebook:
        """What is folded, under the configuration in force.

        Raises:
            ConfigurationError: it is none that this version can read.
        """
        try:
            return Rulebook(self.configuration, self.tables)
        except (msgspec.DecodeError, ValueError) as error:
            raise ConfigurationError(
                f"The configuration in force (number {self.log.configuration_number}) cannot be "
                f"read by this version ({error}): use the version that published it."
            ) from None

    @property
    def is_outdated(self) -> bool:
        """Whether states and tables were made under other rules, or by an older version.

        Questions are answered from them as they are until 'journey rebuild' has made new ones.
        """
        if self.folder.has_workers:
            tables = self.__dict__.get("_of_workers")  # known once somebody asked for them
            ours = f" {self.rules.shown}"
            return tables is not None and not str(tables.owner).endswith(ours)
        progress = self.store.progress()
        if not progress.get("checkpoint"):
            return False
        known = progress.get("rules", self.rules.fingerprint)
        return bool(known != self.rules.fingerprint)

    @property
    def analytics(self) -> Analytics:
        """The published tables, made ready for the generation in use, or as they were.

        Raises:
            WorkspaceError: they are elsewhere, or not of these states.
        """
        if self.folder.has_workers:
            return self._of_workers
        return self._as_they_were if self.is_outdated else self._prepared

    @cached_property
    def _prepared(self) -> Analytics:
        tables = self._as_they_were
        tables.prepare(self.tables, int(self.store.progress().get("generation", 1)))
        return tables

    @property
    def _as_they_were(self) -> Analytics:
        published = self._published
        if self._is_estranged():
            here = f"at {self._server.shown}" if self._server else f"in {self.folder.tables}"
            raise WorkspaceError(
                f"The tables {here} do not go with the states of this workspace: make both again "
                "(journey rebuild), or set JOURNEY_CLICKHOUSE as it was before."
            )
        progress = self.store.progress()
        if published.place != progress.get(PLACE, ""):
            self.store.commit(Commit([], [], [], [], [], [], {PLACE: published.place}))
        return published.tables

    def next_tables(self, generation: int) -> tuple[Analytics, dict[str, str]]:
        """Empty tables for a rebuild, wherever they are to be from now on.

        Returns:
            The tables, and what the progress of whoever fills them has to say of the place.
        """
        tables, place, _ = self._published
        if self._is_estranged():
            tables.prepare(self.tables, generation - 1)  # drops all that was ever published here
        else:
            tables = self.analytics
        tables.discard(generation)  # what a killed rebuild left
        tables.make(self.tables, generation)
        return tables, {PLACE: place}

    def _is_estranged(self) -> bool:
        """Whether rows were published elsewhere, or these by states that are no more."""
        progress, published = self.store.progress(), self._published
        newest = published.newest(int(progress.get("generation", 1)))
        if newest is not None and newest > int(progress.get("revision", 0)):
            return True
        is_elsewhere = newest is None or published.place != progress.get(PLACE, "")
        return is_elsewhere and bool(progress.get("checkpoint"))

    @cached_property
    def _published(self) -> Published:
        if self._server is None:
            local = ChdbAnalytics(self.folder.tables)
            self._opened.callback(local.close)
            return Published(local, "", lambda _: 0)
        # Loaded only where it is used: it takes its time.
        from journey.clickhouse.driver_adapter import DriverAnalytics

        server = DriverAnalytics(self._server, self.folder.id())
        self._opened.callback(server.close)

        def newest(generation: int) -> int | None:
            return server.newest(() if self.is_outdated else self.tables, generation)

        return Published(server, server.place, newest)

    @cached_property
    def _of_workers(self) -> Analytics:
        """The tables that workers fill, to be read."""
        if self._server is None:
            raise ConfigurationError(
                f"Workers fold {self.folder.path}, and no server has their tables: name it in "
                "JOURNEY_CLICKHOUSE."
            )
        from journey.clickhouse.driver_adapter import DriverAnalytics
        from journey.stream.feeding import log_mark

        server = DriverAnalytics(self._server, log_mark(self.log.name()), only_read=True)
        self._opened.callback(server.close)
        return server

    def catch_up(self) -> None:
        """Fold and publish what the last command left, unless workers do.

        Raises:
            WorkspaceError: states and tables were made under other rules.
        """
        if not self.folder.has_workers:
            self.engine.catch_up()
            self.engine.flush()

    def catch_up_if_possible(self) -> None:
        """The same for a question, which older tables answer as well."""
        if not self.is_outdated:
            self.catch_up()

    def may_fold(self) -> None:
        """See to it before anything is appended that it will be folded.

        Raises:
            WorkspaceError: states and tables were made under other rules.
        """
        if not self.folder.has_workers:
            _ = self.engine

    def needs_states(self) -> None:
        """See to it that what is asked for can be told: without states it would seem empty.

        Raises:
            WorkspaceError: workers fold this log, and have its states.
        """
        if self.folder.has_workers:
            raise WorkspaceError(
                f"Workers fold {self.folder.path}: this is for workspaces that fold by themselves. "
                "To fold anew, start 'journey worker' on an empty database."
            )

    def let_time_pass(self) -> None:
        """Let time come to now, here or where workers fold, and publish what comes of it."""
        if self.folder.has_workers:
            self.log.now()
        else:
            self.engine.advance()
            self.engine.flush()
            self.analytics.settle()

    @cached_property
    def engine(self) -> Engine:
        """The engine, where it stopped.

        Raises:
            WorkspaceError: workers fold this log, or states were made under other rules.
        """
        self.needs_states()
        self.log.is_followed = True
        return Engine(self.log, self.store, self.analytics, self.configuration, tables=self.tables)

    @cached_property
    def quarantine(self) -> Quarantine:
        """What could not be accepted."""
        with _opening(self.folder.quarantine, RESTORE):
            quarantine = Quarantine(self.folder.quarantine, self.keys.quarantine, self.clock)
        self._opened.callback(quarantine.close)
        return quarantine

    def replace_states(self, beside: Path, generation: int) -> None:
        """Put a state file made beside the old one in its place, and its tables into use.

        The rename is the moment of the switch; a kill before it leaves the old, after it the new.
        """
        self.store.close()
        for end in ("-wal", "-shm"):
            Path(f"{self.folder.states}{end}").unlink(missing_ok=True)
        beside.replace(self.folder.states)
        self.store = StateStore(str(self.folder.states))
        self._published.tables.prepare(self.tables, generation)
        self.__dict__.pop("engine", None)

    def close(self) -> None:
        """Close everything that was opened."""
        self._opened.close()

    def __enter__(self) -> Self:
        """Nothing more to do."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close everything."""
        self.close()


@contextmanager
def opened_worker(
    settings: Settings,
    folder: Path,
    progress: Callable[[int], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
    give_up: Callable[[Exception | None], None] = lambda _: None,
) -> Iterator[Worker]:
    """A worker of the log on Kafka, ready to run.

    Args:
        folder: for what it folds; workers of one machine may share it.
        progress: told how many events were folded.
        say: told what an operator should know.
        give_up: see ``Worker``.

    Raises:
        ConfigurationError: no broker or no ClickHouse server is named.
        StreamError: the broker cannot be reached, or nothing was published yet.
        WorkspaceError: the database has the tables of another log, or of other rules.
    """
    if not settings.kafka:
        raise ConfigurationError(
            "No broker is named: set JOURNEY_KAFKA=kafka://host:port, several hosts with commas."
        )
    if settings.clickhouse is None:
        raise ConfigurationError(
            "No ClickHouse server is named: set JOURNEY_CLICKHOUSE=clickhouse://host/database."
        )
    from journey.clickhouse.driver_adapter import DriverAnalytics
    from journey.stream.app import Feed
    from journey.stream.feeding import group_of, told
    from journey.stream.publishing import GENERATION
    from journey.stream.worker import Worker

    if settings.fault is not None:
        faults.arm(*settings.fault)
    found = told(settings.kafka)
    mark = found.mark(Rulebook(found.document).shown)
    with closing(DriverAnalytics(settings.clickhouse, mark)) as tables:
        tables.prepare(TABLES, GENERATION)
        name = tables.place.rpartition(" ")[2]
        newest = (found.document, found.number)
        feed = Feed(settings.kafka, found.log, group_of(tables.place), *newest)
        yield Worker(feed, tables, folder / name, progress, say, give_up)


@contextmanager
def _opening(file: Path, remedy: str) -> Iterator[None]:
    """Say of a database that does not open which one it is, and what to do about it."""
    try:
        yield
    except (sqlite3.OperationalError, persistence.OperationalError) as error:
        raise WorkspaceError(
            f"{file} cannot be used ({error}): see that it may be written, that no other program "
            "holds it and that the disk is not full."
        ) from error
    except (sqlite3.DatabaseError, persistence.DatabaseError) as error:
        raise IntegrityError(f"{file} is damaged ({error}): {remedy}.") from error
