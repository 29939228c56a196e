"""Whether what a customer says is about the matter that they came with before."""

from __future__ import annotations


def same_matter(topic: str, brand: str, other_topic: str, other_brand: str) -> tuple[bool, bool]:
    """Whether two matters of one customer may be the same, and whether that is only assumed.

    An unknown topic matches any, and so does the brand where only one of them is known. Where
    neither is known there may be one brand only: that says nothing against it.
    """
    is_same = topic == other_topic or not (topic and other_topic)
    fits = is_same and (brand == other_brand or not (brand and other_brand))
    return fits, not (topic and other_topic) or brand != other_brand
