"""Commands that bring the log to Kafka, and from there into the tables."""

from __future__ import annotations

import os
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Event

import click

from journey.cli.app import CONTEXT, WORKSPACE, Context, cli
from journey.cli.exits import OK, exit_code
from journey.cli.show import err, out, progress
from schemas.errors import ConfigurationError, JourneyError

BEAT_S = 1.0  # between two looks at the log; every partition then learns how far time has come


@cli.command()
@click.option("--once", is_flag=True, help="Publish what there is, then end.")
@WORKSPACE
@CONTEXT
def relay(context: Context, once: bool, workspace: Path | None) -> None:
    """Publish the log to Kafka (JOURNEY_KAFKA), each event once, until stopped.

    Runs beside the process that owns the workspace. Stopped in any way, it goes on where the
    broker says. Schemas are registered at JOURNEY_REGISTRY; without one, ids are made from them.
    Where workers fold, it also records what they decide and lets time pass, whenever nobody else
    owns the workspace.
    """
    settings = context.settings
    if not settings.kafka:
        raise ConfigurationError(
            "No broker is named: set JOURNEY_KAFKA=kafka://host:port, several hosts with commas."
        )
    from journey.stream.recording import Recording
    from journey.stream.registry import ConfluentRegistry, OwnRegistry
    from journey.stream.relay import Relay
    from journey.workspace import Files, opened_log

    registry = ConfluentRegistry(settings.registry) if settings.registry else OwnRegistry()
    folder = context.folder(workspace)
    log, files = opened_log(folder), Files(folder)
    with closing(registry), Relay(log, settings.kafka, registry) as publishing, ExitStack() as more:
        recording = None
        if files.has_workers:
            told = (publishing.name, publishing.partitions)
            recording = more.enter_context(Recording(folder, settings, *told))
        with progress("Publishing") as shown:
            published = publishing.publish(shown)
        publishing.beat()
        out.print(f"Published {published:,} events.")
        pause = Event()
        while not once:
            if recording is None:
                pause.wait(BEAT_S)
            else:
                recording.go_on(BEAT_S)
            publishing.publish()
            publishing.beat()


@cli.command()
@click.option(
    "--states",
    type=click.Path(path_type=Path),
    default=Path("journey-states"),
    show_default=True,
    help="A folder for what is folded: a cache. Workers of one machine may share it.",
)
@click.option("--once", is_flag=True, help="End when everything that Kafka has is in ClickHouse.")
@CONTEXT
def worker(context: Context, states: Path, once: bool) -> None:
    """Fold the log on Kafka (JOURNEY_KAFKA) into ClickHouse (JOURNEY_CLICKHOUSE), until stopped.

    Several workers share the partitions. Killed in any way, another one goes on.
    """
    import asyncio
    import signal

    from journey.bootstrap import opened_worker

    async def work() -> None:
        with (
            progress("Folding") as shown,
            opened_worker(context.settings, states, shown, err.print, _give_up) as working,
        ):
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, working.stop)
            await working.run(until_done=once)

    asyncio.run(work())


def _give_up(failure: Exception | None) -> None:
    """End at once: threads of Faust wait for a broker that is gone, and hold the process."""
    code = OK
    if failure is not None:
        code = exit_code(failure) if isinstance(failure, JourneyError) else 1
        err.print(str(failure), style="red", markup=False, highlight=False, soft_wrap=True)
    os._exit(code)
