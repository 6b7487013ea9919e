provider "aws" {
  region = var.aws_region
}

module "opensearch_reindex" {
  source = "../../modules/opensearch-reindex"

  project_name        = var.project_name
  environment         = var.environment
  domain_arns         = var.domain_arns
  create_bucket       = false
  bucket_name         = aws_s3_bucket.config.bucket
  trigger_file_prefix = "reindex/"
}
