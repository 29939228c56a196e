"""``journey config publish``: what journey.toml says is put in force, and meaning made again.

The file alone changes nothing that is folded. Publishing appends one event to every partition, in
one transaction: after a kill it is in force everywhere or nowhere. Decisions use what was in force
when their cause was recorded; states and tables are made again under the newest, unless all that
changed is what triggers do and say: no state rests on that.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from journey.audit.rebuild import Rebuilt, rebuild
from journey.bootstrap import Workspace
from journey.config.file import load
from journey.config.keys import Change, changes
from journey.config.published import differs
from journey.outreach.pausing import unpaused
from projections.configuration import configuration, document


class Enforced(msgspec.Struct, frozen=True):
    """What publishing did.

    Args:
        number: of the configuration in force now; 0 if nothing was recorded yet.
        published: whether it is a new one.
        changes: against the one before.
        rebuilt: how states and tables were made again; None if they were not, or need not be.
        resumed: triggers that were paused, and that the file lets run again.
    """

    number: int
    published: bool
    changes: list[Change]
    rebuilt: Rebuilt | None
    resumed: list[str] = []


def enforce(
    workspace: Workspace,
    *,
    rebuilds: bool = True,
    after_each: Callable[[int], None] = lambda _: None,
) -> Enforced:
    """Publish what journey.toml says, if it is not in force, and make again what rests on it.

    Into an empty log nothing is published: its first append does that.

    Args:
        rebuilds: whether states and tables are made again at once, where this workspace has them.
        after_each: told how many events each batch of the rebuild had.

    Raises:
        ConfigurationError: journey.toml is wrong somewhere, or what is in force cannot be read.
    """
    rules = load(workspace.folder.path).rules
    log = workspace.log
    if not log.configuration_number:
        return Enforced(0, False, [], None)
    _ = workspace.rules  # refuses what this version cannot read: nothing could be folded after it
    before = configuration(log.in_force)
    if not differs(before, rules):
        return Enforced(log.configuration_number, False, [], None)
    number = workspace.put_in_force(document(rules))
    made = None
    if rebuilds and not workspace.folder.has_workers and workspace.is_outdated:
        made = rebuild(workspace, after_each)
    workspace.catch_up_if_possible()
    return Enforced(number, True, changes(before, rules), made, unpaused(before, rules))
