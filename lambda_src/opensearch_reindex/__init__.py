"""Rebuild OpenSearch indices behind their aliases; handlers.py calls this package."""
