"""Rebuilds on a node with the security plugin, by the role of docs/permissions.md."""
