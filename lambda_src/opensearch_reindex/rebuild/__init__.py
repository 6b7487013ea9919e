"""State machine `reindex_index`: rebuild one index, one file a step."""
