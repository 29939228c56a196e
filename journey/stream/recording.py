"""The way back from workers: what they decided goes into the log, and time passes for them.

Only the owner of a workspace may write its log. So this takes the workspace for a moment, when
nobody else has it. While an import has it, decisions wait on Kafka and time stands still.
"""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Any, Self

from journey.bootstrap import Workspace
from journey.settings import Settings
from journey.stream import kafka, wire
from journey.stream.acts import Inbox
from projections.projection import Act
from schemas.errors import WorkspaceBusy

PASS_TIME_S = 5.0  # between two times that workers are told; each is a message a partition


class Recording:
    """Records what the workers of one workspace decide.

    Args:
        folder: the workspace.
        settings: of this process.
        log: what tells its log from every other.
        partitions: how many that has.
    """

    def __init__(self, folder: Path, settings: Settings, log: str, partitions: int) -> None:
        from confluent_kafka.admin import AdminClient

        self._folder, self._settings = folder, settings
        admin = AdminClient(kafka.client(settings.kafka))
        kafka.make_topics(admin, {wire.ACTS: partitions, wire.QUARANTINE: 1})
        self._inbox = Inbox(settings.kafka, log, partitions)
        self._waiting: list[Act] = []
        self._passed_at = 0.0

    def go_on(self, wait_s: float) -> None:
        """Record what comes within this time; let time pass when it is due."""
        self._waiting += self._inbox.waiting(wait_s)
        is_due = monotonic() >= self._passed_at + PASS_TIME_S
        if not self._waiting and not is_due:
            return
        try:
            with Workspace(self._folder, self._settings) as workspace:
                if self._waiting:
                    workspace.log.record(self._waiting)
                    self._inbox.recorded()
                    self._waiting = []
                if is_due:
                    workspace.log.now()
                    self._passed_at = monotonic()
        except WorkspaceBusy:
            return

    def close(self) -> None:
        """Let go of the connection."""
        self._inbox.close()

    def __enter__(self) -> Self:
        """Nothing more to do."""
        return self

    def __exit__(self, *_: Any) -> None:
        """Close."""
        self.close()
