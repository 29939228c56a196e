"""The log: what was said, kept once and for ever, sealed and in order."""
