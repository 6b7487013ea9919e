# The smallest possible domain, to try the module with. For your own domains, set create_domain = false and domain_arns.

# The administrator of fine-grained access control is an exact ARN: the role of the caller, not of the session.
data "aws_iam_session_context" "applier" {
  count = var.create_domain ? 1 : 0

  arn = data.aws_caller_identity.current.arn
}

resource "aws_opensearch_domain" "search" {
  count = var.create_domain ? 1 : 0
  #checkov:skip=CKV_AWS_84:Slow logs and error logs are for production, and this domain is for trying the module
  #checkov:skip=CKV_AWS_317:Audit logs are for production, and this domain is for trying the module
  #checkov:skip=CKV_AWS_318:Dedicated masters in three zones are for production, and this domain is for trying the module
  #checkov:skip=CKV2_AWS_59:Dedicated masters are for production, and this domain is for trying the module
  #checkov:skip=CKV_AWS_137:See ../vpc for a domain in a VPC; this domain allows only the Lambda role

  domain_name    = var.domain_name
  engine_version = "OpenSearch_2.19"
  tags           = var.tags

  cluster_config {
    instance_type  = "t3.small.search"
    instance_count = 1
  }

  ebs_options {
    ebs_enabled = true
    volume_size = 10
    volume_type = "gp3"
  }

  encrypt_at_rest {
    enabled    = true
    kms_key_id = aws_kms_key.reindex.arn
  }

  node_to_node_encryption {
    enabled = true
  }

  domain_endpoint_options {
    enforce_https       = true
    tls_security_policy = "Policy-Min-TLS-1-2-PFS-2023-10"
  }

  advanced_security_options {
    enabled                        = true
    internal_user_database_enabled = false

    master_user_options {
      master_user_arn = coalesce(var.domain_master_user_arn, data.aws_iam_session_context.applier[0].issuer_arn)
    }
  }
}

# A separate resource avoids a cycle: the module needs the ARN of the domain, and the policy needs the role of the module.
# With fine-grained access control, also map the role to an OpenSearch role, see docs/permissions.md.
resource "aws_opensearch_domain_policy" "search" {
  count = length(aws_opensearch_domain.search)

  domain_name = aws_opensearch_domain.search[0].domain_name
  access_policies = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Reindex"
      Effect    = "Allow"
      Principal = { AWS = module.opensearch_reindex.lambda_role_arn }
      Action    = ["es:ESHttpGet", "es:ESHttpPost", "es:ESHttpPut"]
      Resource  = "${aws_opensearch_domain.search[0].arn}/*"
    }]
  })
}
