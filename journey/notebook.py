"""A workspace in a notebook: ``journey.open("journey-data")``. It only reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import msgspec

from journey import answers
from journey.answers import Moment
from journey.beside import Beside, beside
from journey.bootstrap import Workspace
from journey.settings import Settings
from journey.workspace import Files
from projections.configuration import configuration
from projections.projection import NEVER
from projections.rulebook import Rulebook
from schemas.errors import UsageError, WorkspaceError
from schemas.events import ConfigurationPublished

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import pyarrow as pa


class View:
    """A workspace to ask.

    ``find``, ``timeline`` and ``state`` answer beside a process that owns the workspace. ``table``
    and ``query`` own it themselves, as ``journey query`` does, for as long as they take. Nothing
    is held open in between.

    Args:
        folder: the workspace.
        settings: of this process.

    Raises:
        WorkspaceError: it is no workspace.
        WorkspaceNewer: a newer version made it.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._files, self._settings = Files(folder), settings
        self._is_closed = False

    def find(self, identity: str) -> list[str]:
        """The ids of the customers who have this handle, e-mail address, order or other identity.

        Raises:
            WorkspaceError: nothing was recorded yet.
        """
        with self._beside() as opened:
            return answers.find(opened, identity)

    def timeline(self, customer: str, limit: int = 1000) -> list[Moment]:
        """What happened to a customer, by when it happened; the latest ``limit`` events.

        Args:
            customer: an id, 8 or more of its first digits, or an identity.

        Raises:
            NotFound: nobody is known by it.
            UsageError: several are.
        """
        with self._beside() as opened:
            return answers.timeline(opened, customer, limit)

    def state(self, customer: str) -> dict[str, Any]:
        """What the engine keeps of a customer: the name of each fold, and its state.

        Ids are hexadecimal; times are microseconds since 1970, durations microseconds.

        Raises:
            NotFound: nobody is known by it.
            WorkspaceError: the states were made under other rules.
        """
        with self._beside() as opened:
            return _state(opened, customer)

    def table(self, name: str) -> pa.Table:
        """The current rows of a published table: ``.to_pandas()``, ``polars.from_arrow(…)``.

        Raises:
            NotFound: no such table.
            WorkspaceBusy: another process owns the workspace, and says which.
        """
        with self._owned() as workspace:
            return answers.table(workspace, name)

    def query(self, name: str, /, **parameters: Any) -> pa.Table:
        """The answer of a named query; ``journey query`` lists them with their parameters.

        Raises:
            NotFound: no such query.
            UsageError: a parameter is unknown or does not fit.
            WorkspaceBusy: another process owns the workspace, and says which.
        """
        with self._owned() as workspace:
            return answers.query_table(workspace, name, parameters)

    def plot(self, name: str, /, **parameters: Any) -> go.Figure:
        """The picture of a named query's answer, a ``plotly.graph_objects.Figure``.

        Raises:
            UsageError: the query has no picture, or as ``query`` does.
            NotFound: no such query.
            WorkspaceBusy: another process owns the workspace, and says which.
        """
        from journey.clickhouse import queries
        from journey.pictures.catalogue import drawn_by, picture
        from journey.pictures.titles import titled

        asked = queries.named(name)
        drawn_by(name)  # refused before anything is asked
        with self._owned() as workspace:
            table = answers.query_table(workspace, name, parameters)
            rules = configuration(workspace.rules.document)
        return titled(picture(name, table, parameters, rules=rules), asked.about)

    def close(self) -> None:
        """Answer no more."""
        self._is_closed = True

    @contextmanager
    def _beside(self) -> Iterator[Beside]:
        self._check()
        with beside(self._files, self._settings) as opened:
            yield opened

    @contextmanager
    def _owned(self) -> Iterator[Workspace]:
        self._check()
        with Workspace(self._files.path, self._settings) as workspace:
            yield workspace

    def _check(self) -> None:
        if self._is_closed:
            raise UsageError("This workspace is closed: open it again with journey.open(…).")

    def __enter__(self) -> Self:
        """Nothing more to do."""
        return self

    def __exit__(self, *_: object) -> None:
        """Answer no more."""
        self.close()

    def __repr__(self) -> str:
        return f"<journey workspace {self._files.path}>"


def _state(opened: Beside, who: str) -> dict[str, Any]:
    customer = answers.customer_of(opened, who)
    document = next(
        event.fact.document
        for event in reversed(opened.log.published())
        if isinstance(event.fact, ConfigurationPublished)
    )
    rules = Rulebook(document)
    saved = opened.store.states([customer]).get(customer)
    if saved is None or opened.store.progress().get("rules") != rules.fingerprint:
        raise WorkspaceError(
            "The states were made under other rules or another configuration, or are not made yet: "
            "make them again (journey rebuild)."
        )
    told: dict[str, Any] = _named(rules.decoder.decode(saved))
    del told["book"]
    return {"customer_id": customer.hex(), **told}


def _named(value: Any) -> Any:
    """Structs with the names of their fields, bytes as digits, times that never come as None."""
    if isinstance(value, msgspec.Struct):
        return {name: _named(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {_named(key): _named(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_named(each) for each in value]
    if isinstance(value, bytes):
        return value.hex()
    return None if value in (NEVER, -NEVER) else value
