"""Scenarios that run on every engine."""
