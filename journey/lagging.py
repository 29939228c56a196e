"""How far behind the relay and the workers of a workspace are, if its broker can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from journey.bootstrap import Workspace
from journey.ports import Lag
from schemas.errors import StreamError

if TYPE_CHECKING:
    from journey.clickhouse.driver_adapter import DriverAnalytics


def lags(workspace: Workspace) -> list[Lag]:
    """How far behind they are on Kafka; nothing where there is neither broker nor worker.

    Raises:
        StreamError: no broker is named, it cannot be reached, or it has another log.
    """
    has_workers = workspace.folder.has_workers
    if not workspace.kafka:
        if has_workers:
            raise StreamError(
                "Workers fold this log, and no broker is named: set JOURNEY_KAFKA to see how far "
                "they are."
            )
        return []
    from journey.stream.feeding import group_of
    from journey.stream.lag import lags

    def group() -> str:
        return group_of(cast("DriverAnalytics", workspace.analytics).place)

    log = workspace.log
    heads = {partition: log.head(partition) for partition in range(log.partitions)}
    found = lags(workspace.kafka, log.name(), heads, group)
    return found if has_workers else found[:1]
