"""What the code runs on: environment, logs, errors, endpoints, time limits."""
