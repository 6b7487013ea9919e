"""Demo of the module on one machine, with three indices of real data: `make demo`."""
