"""Mutations: remove every safety check of lambda_src once; a test must notice it."""
