"""State machines in moto's interpreter with real handlers and a real OpenSearch."""
