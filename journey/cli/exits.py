"""Exit codes: one table, documented, never reused."""

from __future__ import annotations

from schemas.errors import (
    AnalyticsError,
    CannotAccept,
    ClockWentBack,
    ConfigurationError,
    IntegrityError,
    JourneyError,
    NotFound,
    UsageError,
    WorkspaceBusy,
    WorkspaceError,
    WorkspaceNewer,
)

OK = 0
DIFFERENCES = 1  # verify found something

# error -> (exit code, what it means). The first that fits counts, so kinds stand before their kin.
EXITS: dict[type[JourneyError], tuple[int, str]] = {
    NotFound: (3, "what was named does not exist: a file, a customer, a decision, a query"),
    UsageError: (2, "a wrong command, option or parameter"),
    WorkspaceBusy: (5, "another process owns the workspace"),
    WorkspaceNewer: (6, "a newer version made the workspace"),
    WorkspaceError: (4, "the folder is no workspace, or cannot be used"),
    ClockWentBack: (7, "the machine's clock is behind the log"),
    ConfigurationError: (8, "a setting is unknown or wrong"),
    IntegrityError: (9, "what is stored was changed or damaged"),
    AnalyticsError: (10, "ClickHouse refused or could not be reached"),
    CannotAccept: (11, "the input cannot be read at all"),
    JourneyError: (12, "any other refusal"),
}


def exit_code(error: JourneyError) -> int:
    """The exit code of an error."""
    return next(code for kind, (code, _) in EXITS.items() if isinstance(error, kind))
