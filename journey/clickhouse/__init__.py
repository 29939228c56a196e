"""The published tables in ClickHouse: in this process by chDB, or on a server."""
