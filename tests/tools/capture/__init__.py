"""`make capture`: a picture of the demo in a terminal, for the README."""
