"""The command line as its users see it: real processes, real exit codes."""
