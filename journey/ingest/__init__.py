"""Ingest: from the bytes of a file to drafts for the log; what cannot be accepted is kept apart.

``source`` reads bytes, ``records`` and ``array`` cut them into records, ``jsonl`` and
``twitter_care`` parse a record into drafts, ``importers`` joins the two under one name, and
``quarantine`` keeps, encrypted, what was refused.
"""
