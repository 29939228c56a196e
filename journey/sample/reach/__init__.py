"""Planted outreach: made-up people who must be reached by a trigger, and people who must not.

Rule 1: whether somebody is reached, when, where and by which step, and what keeps the others back
    is written down here by who made the story up, after what ``docs/triggers.md`` promises. None of
    the rules that decide is asked, and none of their settings is read.
Rule 2: a story tells of every trigger that it touches, not only of the one that it is about.
Rule 3: what is drawn for a holdout cannot be known here: such an entry says what comes either way.
Rule 4: the same arguments give the same bytes.
"""
