provider "aws" {
  region = var.aws_region
}

# Domains that the same people look after share a deployment: a trigger file names the domain it is for.
module "search" {
  source = "../../modules/opensearch-reindex"

  project_name = "search"
  environment  = var.environment
  domain_arns  = var.search_domain_arns
}

# Domains whose indices others must not touch get one of their own: another bucket to upload to, another role to let in.
module "payments" {
  source = "../../modules/opensearch-reindex"

  project_name = "payments"
  environment  = var.environment
  domain_arns  = var.payments_domain_arns
}
