"""Lifelike sample data: touchpoints of people who do not exist, and a ledger of what was planted.

Rule 1: the same arguments give the same bytes. One `random.Random(seed)`, and no clock.
Rule 2: lines come in order of time; memory grows with the customers, never with the days.
Rule 3: the ledger is written by the generator as it plants, never read back from its output.
Rule 4: values are of no one: example.com, shop.example, `+1555…`, `+81900…` (not allocated).
"""

from journey.sample.book import Planted
from journey.sample.stream import generate, write_jsonl

__all__ = ["Planted", "generate", "write_jsonl"]
