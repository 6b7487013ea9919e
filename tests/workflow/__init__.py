"""The workflow: the state machines interpreted by moto, the real handlers, a real OpenSearch node."""
