# The parts of the examples that the local AWS does not support: the domain, whose creation never ends there, and the alarms,
# which it returns without their metrics. tests/stack applies the rest, but vpc only in `make test-all`, so vpc is planned here.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

# Computed values are unknown at plan, like on AWS.
mock_provider "aws" {
  alias  = "unknown_at_plan"
  source = "./tests/mocks"
}

run "complete_creates_a_domain_that_allows_only_the_lambda_role" {
  command = plan

  module {
    source = "./examples/complete"
  }

  override_resource {
    target          = aws_opensearch_domain.search
    override_during = plan
    values          = { arn = "arn:aws:es:eu-central-1:123456789012:domain/reindex-trial", endpoint = "search-reindex-trial.eu-central-1.es.amazonaws.com" }
  }

  override_resource {
    target          = aws_kms_key.reindex
    override_during = plan
    values          = { arn = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d" }
  }

  override_resource {
    target          = module.opensearch_reindex.aws_iam_role.lambda
    override_during = plan
    values          = { arn = "arn:aws:iam::123456789012:role/opensearch-reindex/opensearch-reindex-dev-lambda" }
  }

  assert {
    condition = (
      aws_opensearch_domain.search[0].encrypt_at_rest[0].enabled && aws_opensearch_domain.search[0].node_to_node_encryption[0].enabled &&
      aws_opensearch_domain.search[0].domain_endpoint_options[0].enforce_https && aws_opensearch_domain.search[0].advanced_security_options[0].enabled
    )
    error_message = "The domain has encryption at rest and in transit, and fine-grained access control."
  }

  assert {
    condition     = aws_opensearch_domain.search[0].advanced_security_options[0].master_user_options[0].master_user_arn == "arn:aws:iam::123456789012:role/deploy"
    error_message = "The role behind the caller's session administers the domain."
  }

  assert {
    condition = jsondecode(aws_opensearch_domain_policy.search[0].access_policies).Statement == [{
      Sid       = "Reindex"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::123456789012:role/opensearch-reindex/opensearch-reindex-dev-lambda" }
      Action    = ["es:ESHttpGet", "es:ESHttpPost", "es:ESHttpPut"]
      Resource  = "arn:aws:es:eu-central-1:123456789012:domain/reindex-trial/*"
    }]
    error_message = "The domain allows the Lambda role and no other principal."
  }

  assert {
    condition     = output.domain_endpoint == "https://search-reindex-trial.eu-central-1.es.amazonaws.com"
    error_message = "The output has the form of opensearch_endpoint in a trigger file."
  }

  assert {
    condition     = toset(keys(output.alarm_arns)) == toset(["dead_letters", "executions", "lambda_errors", "lambda_throttles"])
    error_message = "The example creates every alarm."
  }

  assert {
    condition = [for statement in jsondecode(aws_kms_key.reindex.policy).Statement : statement.Sid] == [
      "Administer", "EncryptLogs", "EncryptAlarmNotifications", "EncryptDeadLetters",
    ]
    error_message = "The key policy has the administration statement and the statements of the module."
  }
}

run "complete_uses_existing_domains" {
  command = plan

  module {
    source = "./examples/complete"
  }

  override_resource {
    target          = aws_kms_key.reindex
    override_during = plan
    values          = { arn = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d" }
  }

  variables {
    create_alarms = false
    create_domain = false
    domain_arns   = ["arn:aws:es:eu-central-1:123456789012:domain/search"]
  }

  assert {
    condition     = length(aws_opensearch_domain.search) == 0 && length(aws_opensearch_domain_policy.search) == 0 && output.domain_endpoint == null
    error_message = "The example creates no domain and changes no existing domain."
  }

  assert {
    condition     = length(output.alarm_arns) == 0
    error_message = "create_alarms = false creates no alarms."
  }
}

run "complete_rejects_domain_arns_if_it_creates_a_domain" {
  command = plan

  module {
    source = "./examples/complete"
  }

  variables {
    domain_arns = ["arn:aws:es:eu-central-1:123456789012:domain/search"]
  }

  expect_failures = [var.domain_arns]
}

run "vpc_can_be_planned_while_all_ids_are_unknown" {
  command = plan

  module {
    source = "./examples/vpc"
  }

  providers = {
    aws = aws.unknown_at_plan
  }

  override_data {
    target = data.aws_availability_zones.available
    values = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }

  variables {
    domain_arns = ["arn:aws:es:eu-central-1:123456789012:domain/search"]
  }

  assert {
    condition     = [for subnet in aws_subnet.private : [subnet.availability_zone, subnet.cidr_block]] == [["eu-central-1a", "10.0.0.0/20"], ["eu-central-1b", "10.0.16.0/20"]]
    error_message = "The functions are in two availability zones."
  }
}
