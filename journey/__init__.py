"""What makes it run: log, ingest, engine, ClickHouse and the command line."""
