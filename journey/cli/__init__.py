"""The command line: parse, call one function that returns data, print."""

from journey.cli.app import main

__all__ = ["main"]
