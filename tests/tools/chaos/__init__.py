"""Everything that can go wrong, done to real indices while applications write to them: `python -m chaos --help`."""
