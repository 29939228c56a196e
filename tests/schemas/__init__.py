"""Codec, contracts, envelope and times."""
