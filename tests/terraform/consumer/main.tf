# The stack of a team that uses the module, with the tests that the team writes for it.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.51, < 7.0"
    }
  }
}

module "opensearch_reindex" {
  source = "../../../modules/opensearch-reindex"

  domain_arns = ["arn:aws:es:eu-central-1:123456789012:domain/search"]
}

# A deployment whose package lies in a bucket of the same apply: its name is unknown in the first plan.
resource "aws_s3_bucket" "artifacts" {
  bucket = "artifacts-of-the-team"
}

resource "aws_s3_bucket_versioning" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id

  versioning_configuration {
    status = "Enabled"
  }
}

module "opensearch_reindex_of_artifacts" {
  source = "../../../modules/opensearch-reindex"

  project_name          = "artifacts"
  domain_arns           = ["arn:aws:es:eu-central-1:123456789012:domain/search"]
  create_package_bucket = false
  package_bucket        = aws_s3_bucket_versioning.artifacts.bucket
}

output "bucket_name" {
  description = "Name of the bucket for trigger files."
  value       = module.opensearch_reindex.bucket_name
}

output "state_machine_arn" {
  description = "ARN of the state machine that a trigger file starts."
  value       = module.opensearch_reindex.state_machine_arn
}
