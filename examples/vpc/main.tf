provider "aws" {
  region = var.aws_region
}

module "opensearch_reindex" {
  source = "../../modules/opensearch-reindex"

  project_name = var.project_name
  environment  = var.environment
  domain_arns  = var.domain_arns

  vpc_config = {
    subnet_ids = values(aws_subnet.private)[*].id
    egress = {
      vpc_id             = aws_vpc.this.id
      prefix_list_ids    = [aws_vpc_endpoint.s3.prefix_list_id]
      security_group_ids = [aws_security_group.domain.id, aws_security_group.endpoints.id]
    }
  }
}

# For the domain. Only the functions reach it, on port 443, until you allow other clients.
resource "aws_security_group" "domain" {
  name        = "${local.name}-domain"
  description = "The OpenSearch domain"
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_ingress_rule" "domain" {
  security_group_id            = aws_security_group.domain.id
  description                  = "HTTPS from the Lambda functions"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = module.opensearch_reindex.security_group_id
}
