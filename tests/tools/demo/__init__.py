"""`make demo`: three indices of real data rebuilt by the real module, on this machine. Run as `python -m demo`."""
