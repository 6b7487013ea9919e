provider "aws" {
  region = var.aws_region
}

module "opensearch_reindex" {
  source = "../../modules/opensearch-reindex"

  project_name          = var.project_name
  environment           = var.environment
  bucket_name           = var.bucket_name
  domain_arns           = var.domain_arns
  allowed_endpoints     = var.allowed_endpoints
  ca_certificates       = var.ca_certificates
  poll_interval_seconds = var.poll_interval_seconds

  # Trigger files are instructions, not data, so that they can be deleted with the bucket.
  force_destroy = true
}
