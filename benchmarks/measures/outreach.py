"""Planted outreach: whom each trigger reached, what kept the others back, by the ledger alone.

And what the outbox says of each message: in the end, and just before somebody approves some.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.child import Answer, Given
from journey.answers import find
from journey.bootstrap import Workspace
from journey.config.file import load
from journey.importing import import_live
from journey.outreach.approving import approve
from journey.outreach.box import outbox
from journey.previewing import why_not
from journey.sample.reach.files import PlantedOutreach, plant_outreach
from journey.sample.reach.story import AGAIN, CALLED_OFF
from journey.settings import Settings
from journey.workspace import make
from schemas.events import OutreachDecided
from schemas.times import parse_rfc3339, rfc3339

SEED = 7
EACH, EACH_QUICK = 40, 20
SHIPPED = Path(__file__).parents[2] / "docs" / "triggers.toml"
STARTED = "started"  # the record that a stage or a pain began something: no verdict

Verdict = tuple[str, str, int, str, str]  # when, what, step, by, channel
Key = tuple[str, str]  # customer, trigger
# How something stands at the door and by whose word, by customer, trigger and when it was decided.
Door = dict[tuple[str, str, str], tuple[str, str]]

# What the question why not says of what never began, by what the ledger calls it.
SAYS = {CALLED_OFF: "came while it waited", AGAIN: "it took place before"}


class Agreement(msgspec.Struct):
    """How a trigger and the ledger agree.

    Args:
        planted: entries of the ledger; ``about``: of stories that are about it.
        reached: people whom it reached; ``kept``: what kept others back -> people.
        doors: answers of the outbox that were held against the ledger.
        disagreements: what is other than in the ledger, in words.
    """

    planted: int = 0
    about: int = 0
    reached: int = 0
    kept: Counter[str] = msgspec.field(default_factory=Counter)
    doors: int = 0
    disagreements: list[str] = []


def journey(given: Given) -> Answer:
    """Plant, live through it, compare."""
    each = EACH_QUICK if given.size.is_quick else EACH
    folder = given.folder / "outreach"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    planted = plant_outreach(folder / "planted.jsonl", each, SEED)
    found = held(planted, folder / "workspace", Settings())
    figures = {name: float(len(one.disagreements)) for name, one in found.items()}
    facts: dict[str, Any] = {"events": planted.events, "of each": each}
    return Answer(figures, facts | {name: msgspec.to_builtins(one) for name, one in found.items()})


def held(planted: PlantedOutreach, folder: Path, settings: Settings) -> dict[str, Agreement]:
    """What the triggers that ship come to, held against a ledger, trigger by trigger.

    Args:
        folder: of a workspace that is made for it.
    """
    make(folder, with_key=settings.master_key is None)
    looked = f"reviewed_on = {planted.reviewed_on}"
    shipped = re.sub(r"reviewed_on = \S+", looked, SHIPPED.read_text(encoding="utf-8"))
    (folder / "journey.toml").write_text(shipped, encoding="utf-8")
    between: Door = {}

    def look_and_approve(workspace: Workspace) -> None:
        between.update(door(workspace, [allowed.trigger]))
        said = approve(workspace, allowed.trigger, allowed.by, allowed.number)
        assert said.approved == allowed.number, f"{said}"

    allowed = planted.approved
    meanwhile = {parse_rfc3339(allowed.time): look_and_approve}
    counts = import_live(folder, settings, "jsonl", planted.file, exactly=True, meanwhile=meanwhile)
    assert counts.appended == planted.events, f"{counts}"
    with Workspace(folder, settings) as workspace:
        return compared(workspace, entries_of(planted), between)


def door(workspace: Workspace, triggers: Iterable[str]) -> Door:
    """What the outbox says of all that these triggers decided."""
    most = workspace.log.last_position()
    items = [item for name in triggers for item in outbox(workspace, name, most=most)]
    return {(i.customer_id, i.trigger, i.decided_at): (i.status, i.approved_by) for i in items}


def entries_of(planted: PlantedOutreach) -> list[dict[str, Any]]:
    """The entries of a ledger, one for each person and trigger."""
    with Path(planted.ledger).open("rb") as ledger:
        next(ledger)  # the recipe
        return [msgspec.json.decode(line) for line in ledger]


def compared(
    workspace: Workspace, entries: Sequence[dict[str, Any]], between: Door | None = None
) -> dict[str, Agreement]:
    """What was decided in a workspace, held against entries of a ledger.

    Every verdict counts: its step, its time to the microsecond, its guardrail, its channel, how it
    stands at the door; and so does every one that is in no entry.

    Args:
        between: what the outbox said just before the approval, if it was asked.
    """
    rules = load(workspace.folder.path).rules
    told, in_the_end = _told(workspace), door(workspace, {entry["trigger"] for entry in entries})
    agreed: dict[str, Agreement] = defaultdict(Agreement)
    for entry in entries:
        name = entry["trigger"]
        one = agreed[name]
        customer = find(workspace, entry["customer"])[0]
        verdicts = told.pop((customer, name), [])
        planted = _planted(entry, rules.outreach.holdout_salt, customer)
        expected = _expected(planted)
        about = f"{entry['customer']}, {entry['story']}"
        one.planted += 1
        one.about += entry["is_about_it"]
        if verdicts != expected:
            one.disagreements.append(f"{about}: {verdicts}, in the ledger {expected}")
        for verdict in planted:
            key = customer, name, verdict["time"]
            for when, stands, written in _stands(verdict.get("door", {}), key, in_the_end, between):
                one.doors += 1
                if stands != written:
                    one.disagreements.append(f"{about}: {when} {stands}, in the ledger {written}")
        if any(verdict[1] == "decided" for verdict in verdicts):
            one.reached += 1
        else:
            one.kept[_last(verdicts) or entry.get("silent", "")] += 1
        says = SAYS.get(entry.get("silent", ""))
        if says is not None and name in rules.triggers:
            lines = why_not(workspace, rules, customer, name).considered
            if not any(says in line.came_to for line in lines):
                one.disagreements.append(f"{about}: {lines}")
    for (customer, name), verdicts in told.items():
        agreed[name].disagreements.append(f"{customer} is in no ledger: {verdicts}")
    return dict(sorted(agreed.items()))


def _planted(entry: dict[str, Any], salt: str, customer: str) -> list[dict[str, Any]]:
    """The verdicts that the ledger tells, the draw made as it is documented."""
    text = b"\0".join((salt.encode(), entry["trigger"].encode(), bytes.fromhex(customer)))
    drawn = int.from_bytes(sha256(text).digest()[:8]) / 2**64
    found: list[dict[str, Any]] = entry["held_out" if drawn < entry.get("share", 0) else "verdicts"]
    return found


def _expected(planted: Iterable[dict[str, Any]]) -> list[Verdict]:
    return sorted(
        (v["time"], v["what"], v["step"], v.get("by", ""), v.get("channel", "")) for v in planted
    )


def _stands(
    planted: dict[str, str], key: tuple[str, str, str], in_the_end: Door, between: Door | None
) -> Iterator[tuple[str, tuple[str, str] | None, tuple[str, str]]]:
    """When, how something stands by the outbox, and how by the ledger, where both are known."""
    if "end" in planted:
        yield "in the end", in_the_end.get(key), (planted["end"], planted.get("by", ""))
    if "between" in planted and between is not None:
        yield "before the approval", between.get(key), (planted["between"], "")


def _told(workspace: Workspace) -> dict[Key, list[Verdict]]:
    """Every verdict in the log, by customer and trigger."""
    found: dict[Key, list[Verdict]] = defaultdict(list)
    for _, event in workspace.log.read(0, workspace.log.last_position()):
        fact = event.fact
        if isinstance(fact, OutreachDecided) and fact.verdict != STARTED:
            found[event.customer_id.hex(), fact.trigger].append(_verdict(fact))
    return {key: sorted(verdicts) for key, verdicts in found.items()}


def _verdict(fact: OutreachDecided) -> Verdict:
    by = ""
    if fact.verdict == "ended":
        by = fact.reason.removesuffix(" came")
    elif fact.verdict != "decided":
        by = next(
            (g for g, said in zip(fact.guardrails, fact.verdicts, strict=True)
             if said == fact.verdict),
            fact.reason,
        )  # fmt: skip
    channel = fact.channel if fact.verdict == "decided" else ""
    return rfc3339(fact.decided_at), fact.verdict, fact.step + 1, by, channel


def _last(verdicts: list[Verdict]) -> str:
    """What kept the first message back."""
    if not verdicts:
        return ""
    _, what, _, by, _ = [verdict for verdict in verdicts if verdict[2] == verdicts[0][2]][-1]
    return f"ended by {by}" if what == "ended" else by
