"""Feeds a file to a workspace at the times in it, and goes on where it was killed.

As ``import --live`` does, but for a log that has been begun: run as a process of its own.
"""

import sys
from pathlib import Path

from journey.bootstrap import Workspace
from journey.clock import SimulatedClock
from journey.ingest.importers import importer
from journey.ingest.records import BrokenRecord
from journey.ingest.source import open_source
from journey.settings import from_environment
from schemas.times import LATEST

BATCH = 8


def main(folder: Path, file: str) -> None:
    clock = SimulatedClock(LATEST)
    with Workspace(folder, from_environment(), clock) as workspace, open_source(file) as source:
        form = importer("jsonl")
        drafts = [
            draft
            for record in form.cut(source)
            if not isinstance(record, BrokenRecord)
            for draft in form.parse(record.data, record.line, LATEST).drafts
        ]
        clock.put(drafts[0].occurred_at)
        workspace.log.mark_simulated()
        for number, batch in enumerate(drafts[n : n + BATCH] for n in range(0, len(drafts), BATCH)):
            at = [draft.occurred_at for draft in batch]
            workspace.log.append(batch, at=at)
            clock.put(at[-1])
            workspace.engine.advance(to=at[-1])
            if number % 4 == 0:
                workspace.engine.flush()
        workspace.engine.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
