"""Event logs of process mining, written from the log: XES and OCEL 2.0."""
