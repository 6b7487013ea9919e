"""What was met on real domains, each as a small case: `make test-cases`."""
