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

output "bucket_name" {
  description = "Name of the bucket for trigger files."
  value       = module.opensearch_reindex.bucket_name
}

output "state_machine_arn" {
  description = "ARN of the state machine that a trigger file starts."
  value       = module.opensearch_reindex.state_machine_arn
}
