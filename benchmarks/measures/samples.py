"""Made-up data, the same in every run: drafts for the log, and files for the import."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from math import ceil
from pathlib import Path
from random import Random

import msgspec

from benchmarks.case import Size
from benchmarks.child import Answer, Given
from journey.ports import Draft
from journey.sample import Planted, generate
from schemas.events import MessageReceived

SEED = 7
BATCH_DRAFTS = 1_000
START = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 120  # the sample is cut where it has enough lines, which is before
EACH = 8  # events of one person in that time, about; for more of them it takes more days
STEP_US = 10_000  # between two messages
MESSAGES_OF_CONVERSATION = 10
_WORDS = [
    "when",
    "will",
    "my",
    "order",
    "with",
    "the",
    "red",
    "shoes",
    "arrive",
    "because",
    "it",
    "was",
    "promised",
    "for",
]


def batches(size: Size, ids: str) -> Iterator[list[Draft]]:
    """Messages of customers drawn at random, in batches. Stored, one has about 300 bytes.

    Args:
        ids: ``time-led`` or ``random``; the former rise from draft to draft.
    """
    random = Random(SEED).random
    told = [0] * size.customers
    start = int(START.timestamp()) * 1_000_000
    is_led = ids == "time-led"
    for first in range(0, size.events, BATCH_DRAFTS):
        batch = []
        for n in range(first, min(first + BATCH_DRAFTS, size.events)):
            customer = int(random() * size.customers)
            conversation = f"c-{customer}-{told[customer] // MESSAGES_OF_CONVERSATION}"
            told[customer] += 1
            at = start + n * STEP_US
            batch.append(_draft(n, customer, conversation, at, at if is_led else None, random()))
        yield batch


def _draft(
    n: int, customer: int, conversation: str, at: int, id_time: int | None, chance: float
) -> Draft:
    identities = {"user_id": [f"u-{customer:07d}"]}
    turn = int(chance * len(_WORDS))
    fact = MessageReceived(
        channel="messaging",
        direction="inbound",
        actor_kind="customer",
        topic="delivery",
        message_id=f"m-{n:08d}",
        conversation_id=conversation,
        identities=identities,
        text=" ".join([*_WORDS[turn:], *_WORDS[:turn]]) + "?",
        is_question=True,
        assessed_by="mark.v1",
    )
    return Draft(
        source="benchmark",
        message_id=f"m-{n:08d}",
        fact=fact,
        occurred_at=at,
        identities=identities,
        conversation=conversation,
        id_time=id_time,
        sequence=n,
    )


def sample_file(folder: Path, size: Size) -> Path:
    """Where the generated touchpoints are."""
    return folder / f"sample-{size.events}-{size.people}.jsonl"


def make_sample(given: Given) -> Answer:
    """Generate the touchpoints, once."""
    path = sample_file(given.folder, given.size)
    if not path.exists():
        planted = Planted()
        days = DAYS * ceil(given.size.events / given.size.people / EACH)
        lines = generate(
            customers=given.size.people, days=days, seed=SEED, start=START, planted=planted
        )
        _write(path, islice(lines, given.size.events), given.size.events)
    return Answer({}, {"bytes": path.stat().st_size})


def _write(path: Path, lines: Iterator[dict[str, object]], wanted: int) -> None:
    encoder, written = msgspec.json.Encoder(), 0
    beside = path.with_suffix(".part")
    with beside.open("wb") as file:
        while batch := list(islice(lines, 64)):
            file.write(encoder.encode_lines(batch))
            written += len(batch)
    assert written == wanted, f"the sample has {written} lines, not {wanted}: raise DAYS"
    beside.rename(path)  # a file cut short by a kill must not be taken for the sample
