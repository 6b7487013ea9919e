"""Provide what both state machines run on: environment, errors, logs, endpoints."""
