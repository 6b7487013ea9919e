# What the local AWS cannot make, or does not tell again, of the examples: the domain (the provider waits for ever) and the
# alarms. tests/stack applies all the rest, vpc only in `make test-all`: so here it is planned.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

# Gives out nothing before an apply, as AWS does.
mock_provider "aws" {
  alias  = "at_first"
  source = "./tests/mocks"
}

run "complete_makes_a_domain_that_lets_in_the_role_of_the_steps_alone" {
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
    error_message = "The domain is encrypted at rest and on the way, and has fine-grained access control."
  }

  assert {
    condition     = aws_opensearch_domain.search[0].advanced_security_options[0].master_user_options[0].master_user_arn == "arn:aws:iam::123456789012:role/deploy"
    error_message = "Who applies administers the domain, as the role behind the session."
  }

  assert {
    condition = jsondecode(aws_opensearch_domain_policy.search[0].access_policies).Statement == [{
      Sid       = "Reindex"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::123456789012:role/opensearch-reindex/opensearch-reindex-dev-lambda" }
      Action    = ["es:ESHttpGet", "es:ESHttpPost", "es:ESHttpPut"]
      Resource  = "arn:aws:es:eu-central-1:123456789012:domain/reindex-trial/*"
    }]
    error_message = "The domain lets in the role of the steps and nobody else."
  }

  assert {
    condition     = output.domain_endpoint == "https://search-reindex-trial.eu-central-1.es.amazonaws.com"
    error_message = "The endpoint is given as a trigger file names it."
  }

  assert {
    condition     = toset(keys(output.alarm_arns)) == toset(["dead_letters", "executions", "lambda_errors", "lambda_throttles"])
    error_message = "Every alarm is there."
  }

  assert {
    condition = [for statement in jsondecode(aws_kms_key.reindex.policy).Statement : statement.Sid] == [
      "Administer", "EncryptLogs", "EncryptAlarmNotifications", "EncryptDeadLetters",
    ]
    error_message = "The key's policy has its administration and what the module says."
  }
}

run "complete_takes_domains_that_exist_in_place_of_one_of_its_own" {
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
    error_message = "No domain is made, and none of another's is touched."
  }

  assert {
    condition     = length(output.alarm_arns) == 0
    error_message = "create_alarms switches the alarms off."
  }
}

run "complete_refuses_both_a_domain_of_its_own_and_others" {
  command = plan

  module {
    source = "./examples/complete"
  }

  variables {
    domain_arns = ["arn:aws:es:eu-central-1:123456789012:domain/search"]
  }

  expect_failures = [var.domain_arns]
}

run "vpc_is_planned_in_one_go_while_all_its_ids_are_to_be_made" {
  command = plan

  module {
    source = "./examples/vpc"
  }

  providers = {
    aws = aws.at_first
  }

  override_data {
    target = data.aws_availability_zones.available
    values = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }

  # Terraform takes a check that has to wait for an apply as failed.
  override_resource {
    target          = module.opensearch_reindex.aws_lambda_function.step
    override_during = plan
    values          = { code_sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  }

  override_resource {
    target          = module.opensearch_reindex.aws_s3_object.package
    override_during = plan
    values          = { checksum_sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  }

  variables {
    domain_arns = ["arn:aws:es:eu-central-1:123456789012:domain/search"]
  }

  assert {
    condition     = [for subnet in aws_subnet.private : [subnet.availability_zone, subnet.cidr_block]] == [["eu-central-1a", "10.0.0.0/20"], ["eu-central-1b", "10.0.16.0/20"]]
    error_message = "The functions are in two zones."
  }
}
