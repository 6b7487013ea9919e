"""What the pipeline costs: measured side by side with what OpenSearch alone can do, and written to docs/."""
