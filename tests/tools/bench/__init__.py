"""Benchmark of the module beside OpenSearch alone: `make bench`."""
