"""Chaos tests of rebuilds while applications write: `make chaos`."""
