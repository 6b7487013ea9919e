provider "aws" {
  region = var.aws_region
}

# The domains of one team share a deployment. A trigger file names its domain.
module "search" {
  source = "../../modules/opensearch-reindex"

  project_name = "search"
  environment  = var.environment
  domain_arns  = var.search_domain_arns
}

# A domain that other teams must not change has its own deployment, with its own bucket and its own role.
module "payments" {
  source = "../../modules/opensearch-reindex"

  project_name = "payments"
  environment  = var.environment
  domain_arns  = var.payments_domain_arns
}
