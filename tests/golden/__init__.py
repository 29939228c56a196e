"""Bytes of every released version: what was written once can be read for ever."""
