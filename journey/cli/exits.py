"""Exit codes: one table, documented, never reused."""

from __future__ import annotations

import sqlite3

from eventsourcing import persistence

from journey.cli import STOPPED
from schemas.errors import (
    AnalyticsError,
    CannotAccept,
    ClockWentBack,
    ConfigurationError,
    ContractError,
    IntegrityError,
    JourneyError,
    NotFound,
    StreamError,
    UsageError,
    WorkspaceBusy,
    WorkspaceError,
    WorkspaceNewer,
)

OK = 0
DIFFERENCES = 1  # verify found something
WRONG_USE = 2
_UNUSABLE = (4, "the folder is no workspace, or cannot be used")
_DAMAGED = (9, "what is stored was changed or damaged")

# error -> (exit code, what it means). The first that fits counts, so kinds stand before their kin.
EXITS: dict[type[JourneyError], tuple[int, str]] = {
    NotFound: (3, "what was named does not exist: a file, a customer, a decision, a query"),
    UsageError: (WRONG_USE, "a wrong command, option or parameter"),
    WorkspaceBusy: (5, "another process owns the workspace"),
    WorkspaceNewer: (6, "a newer version made the workspace"),
    WorkspaceError: _UNUSABLE,
    ClockWentBack: (7, "the machine's clock is behind the log"),
    ConfigurationError: (8, "a setting, a mapping or journey.toml is wrong"),
    IntegrityError: _DAMAGED,
    ContractError: _DAMAGED,  # a stored event that cannot be read as what it says it is
    AnalyticsError: (10, "ClickHouse refused or could not be reached"),
    CannotAccept: (11, "the input cannot be read at all"),
    StreamError: (13, "Kafka or the schema registry refused or could not be reached"),
    JourneyError: (12, "any other refusal"),
}


def exit_code(error: JourneyError) -> int:
    """The exit code of an error."""
    return next(code for kind, (code, _) in EXITS.items() if isinstance(error, kind))


# Refusals of the machine and of SQLite, which no command can do anything about.
FOREIGN = (OSError, sqlite3.Error, persistence.PersistenceError)
_DAMAGE = (sqlite3.DatabaseError, persistence.DatabaseError)
_REFUSAL = (sqlite3.OperationalError, persistence.OperationalError)  # kin of the former


def foreign(error: Exception) -> tuple[int, str]:
    """Exit code and sentence for one of ``FOREIGN``."""
    if isinstance(error, OSError):
        what, why = error.filename or "A file", error.strerror or str(error)
        told = f"{what} cannot be used ({why}): see that it may be read and written"
        return _UNUSABLE[0], f"{told}, and that the disk is not full."
    if isinstance(error, _DAMAGE) and not isinstance(error, _REFUSAL):
        told = f"A database of the workspace is damaged ({error}): run 'journey verify'"
        return _DAMAGED[0], f"{told}; if it fails as well, restore the workspace from a backup."
    told = f"A database of the workspace cannot be used ({error}): see that it may be written"
    return _UNUSABLE[0], f"{told}, that no other program holds it and that the disk is not full."


def codes() -> dict[int, str]:
    """All exit codes and what they mean, in order."""
    found = {OK: "done", DIFFERENCES: "verify found differences"}
    found[STOPPED] = "stopped by Ctrl-C: what was acknowledged is kept"
    return dict(sorted((found | dict(EXITS.values())).items()))
