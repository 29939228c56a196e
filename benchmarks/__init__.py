"""Benchmarks: every figure beside a reference that ran in the same minutes on the same machine.

Rule 1: a run is a process of its own, and the runs of both sides take turns (A B A B …), so that
    what else the machine does falls on both.
Rule 2: what is reported is the median of the runs, with the least and the greatest, and the number
    of runs; nothing is left out.
Rule 3: only what a figure is about is timed: making data and opening files are not.
"""
