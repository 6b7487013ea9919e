"""The table of engines, strategies and scenarios."""
