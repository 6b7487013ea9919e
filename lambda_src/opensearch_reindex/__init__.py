"""Rebuild OpenSearch indices behind their aliases: all code of the Lambda functions but the handlers themselves."""
