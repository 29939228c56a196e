"""Commands that bring the log to Kafka."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from threading import Event

import click

from journey.cli.app import CONTEXT, WORKSPACE, Context, cli
from journey.cli.show import out, progress
from schemas.errors import ConfigurationError

BEAT_S = 1.0  # between two looks at the log; every partition then learns how far time has come


@cli.command()
@click.option("--once", is_flag=True, help="Publish what there is, then end.")
@WORKSPACE
@CONTEXT
def relay(context: Context, once: bool, workspace: Path | None) -> None:
    """Publish the log to Kafka (JOURNEY_KAFKA), each event once, until stopped.

    Runs beside the process that owns the workspace. Stopped in any way, it goes on where the
    broker says. Schemas are registered at JOURNEY_REGISTRY; without one, ids are made from them.
    """
    settings = context.settings
    if not settings.kafka:
        raise ConfigurationError(
            "No broker is named: set JOURNEY_KAFKA=kafka://host:port, several hosts with commas."
        )
    from journey.stream.registry import ConfluentRegistry, OwnRegistry
    from journey.stream.relay import Relay
    from journey.workspace import opened_log

    registry = ConfluentRegistry(settings.registry) if settings.registry else OwnRegistry()
    log = opened_log(context.folder(workspace))
    with closing(registry), Relay(log, settings.kafka, registry) as publishing:
        with progress("Publishing") as shown:
            published = publishing.publish(shown)
        publishing.beat()
        out.print(f"Published {published:,} events.")
        pause = Event()
        while not once:
            pause.wait(BEAT_S)
            publishing.publish()
            publishing.beat()
