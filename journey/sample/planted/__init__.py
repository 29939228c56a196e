"""Planted pains: made-up stories with a known end, each of a person of their own.

Rule 1: a story is a case of one kind of pain, or just misses it, by a second, a point, an invited
    move, an answer at the last moment. Whether it does is written down here by who made the story
    up; none of the rules that look for pains is asked, and none of their settings is read.
Rule 2: one event in fifty arrives late.
Rule 3: the same arguments give the same bytes.
"""
