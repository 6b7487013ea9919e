"""What runs the real parts locally (OpenSearch, an AWS emulator, Terraform), for the suites and the demo."""
