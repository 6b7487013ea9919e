"""What both state machines know of an index. No I/O."""
