provider "aws" {
  region = var.aws_region
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  name      = "${var.project_name}-${var.environment}"
  root_arn  = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"
  logs_name = "${local.name}-access-logs-${data.aws_caller_identity.current.account_id}"
}

module "opensearch_reindex" {
  source = "../../modules/opensearch-reindex"

  project_name         = var.project_name
  environment          = var.environment
  permissions_boundary = var.permissions_boundary
  role_path            = "/opensearch-reindex/"
  tags                 = var.tags

  domain_arns       = var.create_domain ? aws_opensearch_domain.search[*].arn : var.domain_arns
  allowed_endpoints = var.allowed_endpoints
  ca_certificates   = var.ca_certificates

  kms_key_arn           = aws_kms_key.reindex.arn
  force_destroy         = var.force_destroy
  bucket_access_logging = { bucket = aws_s3_bucket.access_logs.bucket, prefix = "triggers/" }
  trigger_file_prefix   = "reindex/"

  lambda_architecture         = "arm64"
  lambda_memory               = 1024
  lambda_reserved_concurrency = var.lambda_reserved_concurrency
  lambda_runtime              = "python3.12"
  lambda_tracing              = true
  state_machine_tracing       = true

  execution_timeout_seconds = 43200
  poll_interval_seconds     = var.poll_interval_seconds
  event_max_age_seconds     = 900

  create_alarms        = var.create_alarms
  create_dashboard     = true
  create_notifications = true
  notify_on_success    = var.notify_on_success
}

# Notifications and alarms by email.
resource "aws_sns_topic_subscription" "people" {
  for_each = var.notification_emails

  topic_arn = module.opensearch_reindex.notification_topic_arn
  protocol  = "email"
  endpoint  = each.value
}

# The module provides the statements that its services need. The caller adds the administration of the key.
resource "aws_kms_key" "reindex" {
  description             = "Trigger files, logs, notifications and undelivered events of ${local.name}"
  deletion_window_in_days = 7
  enable_key_rotation     = true
  tags                    = var.tags
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid       = "Administer"
        Effect    = "Allow"
        Principal = { AWS = local.root_arn }
        Action    = "kms:*"
        Resource  = "*"
      }],
      jsondecode(module.opensearch_reindex.kms_key_policy_statements),
    )
  })
}
