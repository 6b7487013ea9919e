"""Every safety check of lambda_src, taken out once: a test has to notice it."""
