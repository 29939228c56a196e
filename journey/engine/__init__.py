"""The engine: one loop from the log to states, tables and decisions."""
