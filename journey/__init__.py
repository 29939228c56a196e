"""What makes it run: log, ingest, engine, ClickHouse and the command line.

For notebooks, ``journey.open`` gives a workspace to read.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as a type checker sees it, without loading `typing`
if TYPE_CHECKING:
    from os import PathLike

    from journey.notebook import View

__all__ = ["open"]


def open(folder: str | PathLike[str] | None = None) -> View:
    """A workspace to read, also while another process owns it.

    Args:
        folder: the workspace; ``JOURNEY_WORKSPACE``, else ``journey-data``, if none is given.

    Raises:
        WorkspaceError: it is no workspace.
        ConfigurationError: a ``JOURNEY_…`` variable is wrong.
    """
    from pathlib import Path

    from journey.notebook import View
    from journey.settings import from_environment

    settings = from_environment()
    return View(settings.workspace if folder is None else Path(folder), settings)
