# The account of every mocked plan.

mock_data "aws_caller_identity" {
  defaults = {
    account_id = "123456789012"
    arn        = "arn:aws:sts::123456789012:assumed-role/deploy/session"
  }
}

mock_data "aws_iam_session_context" {
  defaults = {
    issuer_arn = "arn:aws:iam::123456789012:role/deploy"
  }
}

mock_data "aws_partition" {
  defaults = {
    dns_suffix = "amazonaws.com"
    partition  = "aws"
  }
}

mock_data "aws_region" {
  defaults = {
    id = "eu-central-1"
  }
}

# Every package is an empty file, so that the code in Lambda equals the object in S3 and package.zip in this folder.

mock_resource "aws_lambda_function" {
  defaults = {
    code_sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
  }
}

mock_resource "aws_s3_object" {
  defaults = {
    checksum_sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    version_id      = "version-created"
  }
}

# Computed values that a plan knows: IDs, and ARNs for the default names.

mock_resource "aws_security_group" {
  defaults = {
    id = "sg-created"
  }
}

mock_resource "aws_sns_topic" {
  defaults = {
    arn = "arn:aws:sns:eu-central-1:123456789012:opensearch-reindex-dev-notification"
  }
}

mock_resource "aws_sqs_queue" {
  defaults = {
    arn = "arn:aws:sqs:eu-central-1:123456789012:opensearch-reindex-dev-dead-letters"
    id  = "https://sqs.eu-central-1.amazonaws.com/123456789012/opensearch-reindex-dev-dead-letters"
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/opensearch-reindex-dev-dead-letters"
  }
}
