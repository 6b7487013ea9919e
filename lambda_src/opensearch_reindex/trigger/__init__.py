"""State machine `reindex`: read a trigger file and decide whether it may run."""
