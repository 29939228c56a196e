"""Pain points: where customers suffer, how badly, and what it costs.

Rule 1: each kind is one rule in one place: a module here for each group of kinds, and a line in
    ``kinds`` for each kind, from which its documentation is made. Thresholds are in the section
    ``pains``.
Rule 2: a pain is known by its kind, the conversation or order it is about, and the event that
    caused it; so it is counted once. An unanswered turn that gets its answer too late is the same
    pain from then on under another name.
Rule 3: what follows a pain within its time, contacts about the same and refunds, adds to its cost.
"""
