"""Parts that the suites and the tools share: OpenSearch, a local AWS, Terraform."""
