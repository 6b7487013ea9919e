# Every invalid input is rejected before the plan. A run sets many inputs to one kind of invalid value, so that an accepted
# value shows as an input that did not fail. If a validation refers to another input, the other input must be valid in the
# run, because Terraform skips the validation otherwise. tests/unit/terraform/test_terraform_variables.py finds validations
# without a run.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  domain_arns = ["arn:aws:es:eu-central-1:123456789012:domain/search"]
}

run "too_small_or_too_short" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    allowed_endpoints           = [""]
    bucket_name                 = "ab"
    ca_certificates             = "-----BEGIN CERTIFICATE-----"
    domain_arns                 = []
    environment                 = ""
    event_max_age_seconds       = 59
    execution_timeout_seconds   = 59
    lambda_environment          = { A = "one letter" }
    lambda_memory               = 127
    lambda_reserved_concurrency = 0
    lambda_runtime              = "python3.10"
    lambda_timeout              = 119
    log_level                   = "TRACE"
    log_retention_days          = 2
    package                     = { file = "tests/mocks/package.zip", s3_bucket = "artifacts" }
    package_bucket              = "ab"
    role_path                   = ""
    tags                        = { "aws:team" = "search" }
    vpc_config                  = { subnet_ids = [], security_group_ids = ["sg-1"] }
  }

  expect_failures = [
    var.allowed_endpoints, var.bucket_name, var.ca_certificates, var.domain_arns, var.environment,
    var.event_max_age_seconds, var.execution_timeout_seconds, var.lambda_environment, var.lambda_memory,
    var.lambda_reserved_concurrency, var.lambda_runtime, var.lambda_timeout, var.log_level, var.log_retention_days,
    var.package, var.package_bucket, var.role_path, var.tags, var.vpc_config,
  ]
}

run "too_large_or_too_long" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    allowed_endpoints         = ["search.example.com:65536"]
    bucket_name               = "a123456789012345678901234567890123456789012345678901234567890123"
    ca_certificates           = "-----BEGIN CERTIFICATE-----\n${format("%02946d", 0)}\n-----END CERTIFICATE-----\n"
    domain_arns               = ["arn:aws:es:eu-central-1:123456789012:domain/a-name-of-twenty-nine-letters"]
    environment               = "a23456789-123456789-123456789-123"
    event_max_age_seconds     = 86401
    execution_timeout_seconds = 6120001
    lambda_layers             = [for number in range(6) : "arn:aws:lambda:eu-central-1:210987654321:layer:observe:${number}"]
    lambda_memory             = 10241
    lambda_timeout            = 901
    log_retention_days        = 3654
    package                   = { s3_bucket = "artifacts", s3_key = "package.zip", sha256 = "d41d8cd98f00b204e9800998ecf8427ee3b0c44298fc1c149afbf4c8996fb924" }
    package_bucket            = "a123456789012345678901234567890123456789012345678901234567890123"
    project_name              = "a23456789-123456789-123456789-123456789-123456789-123456789-12345"
    role_path                 = "/${format("%0511d", 0)}/"
    trigger_file_prefix       = format("%0513d", 0)
    vpc_config                = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"], egress = { vpc_id = "vpc-1", cidr_blocks = ["10.0.0.0/16"] } }
  }

  expect_failures = [
    var.allowed_endpoints, var.bucket_name, var.ca_certificates, var.domain_arns, var.environment,
    var.event_max_age_seconds, var.execution_timeout_seconds, var.lambda_layers, var.lambda_memory, var.lambda_timeout,
    var.log_retention_days, var.package, var.package_bucket, var.project_name, var.role_path, var.trigger_file_prefix,
    var.vpc_config,
  ]
}

run "not_a_whole_number_or_not_supported" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    alarm_actions                  = ["arn:aws:sns:eu-central-1:123456789012:on-call", "on-call"]
    bucket_kms_key_arn             = "arn:aws:kms:eu-central-1:123456789012:alias/search"
    dead_letter_queue_arn          = "arn:aws:sns:eu-central-1:123456789012:dead-letters"
    domain_arns                    = ["arn:aws:s3:eu-central-1:123456789012:domain/search"]
    event_max_age_seconds          = 3600.5
    execution_timeout_seconds      = 7200.5
    kms_key_arn                    = "arn:aws:kms:eu-central-1:123456789012:alias/search"
    lambda_architecture            = "x86"
    lambda_code_signing_config_arn = "csc-0f6c334abcdea4d8b"
    lambda_layers                  = ["arn:aws:lambda:eu-central-1:210987654321:layer:observe"]
    lambda_memory                  = 512.5
    lambda_reserved_concurrency    = 1.5
    lambda_timeout                 = 300.5
    notification_topic_arn         = "arn:aws:sqs:eu-central-1:123456789012:topic"
    permissions_boundary           = "arn:aws:iam::123456789012:role/boundary"
    role_arns = {
      events              = "arn:aws:iam::123456789012:role/events"
      index_state_machine = "arn:aws:iam::123456789012:role/index-states"
      lambda              = "lambda"
      state_machine       = "arn:aws:iam::123456789012:role/states"
    }
    state_machine_log_level = "INFO"
    vpc_config              = { subnet_ids = ["subnet-1"], egress = { vpc_id = "vpc-1", cidr_blocks = ["10.0.0.0"] } }

    # Valid inputs to which the validations above refer.
    create_dead_letter_queue  = false
    create_notification_topic = false
    create_roles              = false
    package                   = { s3_bucket = "artifacts", s3_key = "signed.zip" }
  }

  expect_failures = [
    var.alarm_actions, var.bucket_kms_key_arn, var.dead_letter_queue_arn, var.domain_arns, var.event_max_age_seconds,
    var.execution_timeout_seconds, var.kms_key_arn, var.lambda_architecture, var.lambda_code_signing_config_arn,
    var.lambda_layers, var.lambda_memory, var.lambda_reserved_concurrency, var.lambda_timeout, var.notification_topic_arn,
    var.permissions_boundary, var.role_arns, var.state_machine_log_level, var.vpc_config,
  ]
}

run "wrong_characters" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    allowed_endpoints     = ["search.example.com,evil.example.com"]
    bucket_name           = "Bucket.with.dots"
    ca_certificates       = "ca.pem"
    domain_arns           = ["arn:aws:es:eu-central-1:123456789012:domain/*"]
    environment           = "Prod"
    lambda_environment    = { "HTTPS-PROXY" = "http://proxy.example.com:3128" }
    package_bucket        = "s3://artifacts"
    poll_interval_seconds = 30.5
    role_path             = "/search*/"
    trigger_file_prefix   = "reindex*"
    trigger_file_suffix   = "*.json"
    vpc_config            = { subnet_ids = ["sg-1"], security_group_ids = ["sg-1"] }
  }

  expect_failures = [
    var.allowed_endpoints, var.bucket_name, var.ca_certificates, var.domain_arns, var.environment, var.lambda_environment,
    var.package_bucket, var.poll_interval_seconds, var.role_path, var.trigger_file_prefix, var.trigger_file_suffix,
    var.vpc_config,
  ]
}

run "wrong_kind_of_value" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    allowed_endpoints  = ["https://search.example.com"]
    ca_certificates    = "-----BEGIN CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END CERTIFICATE-----\n"
    domain_arns        = ["arn:aws:aoss:eu-central-1:123456789012:collection/search"]
    lambda_environment = { LOG_LEVEL = "DEBUG" }
    package            = { file = "tests/mocks/package.zip", s3_bucket = "artifacts", s3_key = "package.zip" }
    # 7200 s are 1800 polls in addition to the first polls, which is more than the history of an execution can hold.
    poll_interval_seconds = 4
    project_name          = "1search"
    role_path             = "platform/"
    trigger_file_prefix   = "/reindex/"
    trigger_file_suffix   = "json"
    vpc_config            = { subnet_ids = ["subnet-1"], security_group_ids = ["subnet-1"] }
  }

  expect_failures = [
    var.allowed_endpoints, var.ca_certificates, var.domain_arns, var.lambda_environment, var.package,
    var.poll_interval_seconds, var.project_name, var.role_path, var.trigger_file_prefix, var.trigger_file_suffix,
    var.vpc_config,
  ]
}

run "more_than_allowed" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    allowed_endpoints     = ["search.example.com/_search"]
    domain_arns           = ["arn:aws:es:eu-central-1:123456789012:domain/search/index"]
    environment           = "prod-"
    lambda_environment    = { AWS_REGION = "eu-central-1" }
    package               = { file = "tests/mocks/package.zip", s3_object_version = "7" }
    poll_interval_seconds = 0
    role_path             = "/platform"
    trigger_file_suffix   = "/reindex.json"
    vpc_config            = { subnet_ids = ["subnet-1"], egress = { vpc_id = "vpc-1", security_group_ids = ["sg-1", "vpc-1"] } }
  }

  expect_failures = [
    var.allowed_endpoints, var.domain_arns, var.environment, var.lambda_environment, var.package,
    var.poll_interval_seconds, var.role_path, var.trigger_file_suffix, var.vpc_config,
  ]
}

run "one_invalid_entry_among_valid_entries" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    allowed_endpoints     = ["search.example.com", "search.example.com:port"]
    domain_arns           = ["arn:aws:es:eu-central-1:123456789012:domain/search", "search"]
    lambda_environment    = { HTTPS_PROXY = "http://proxy.example.com:3128", TZ = "Europe/Berlin" }
    package               = { file = "tests/mocks/package.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
    poll_interval_seconds = 3601
    project_name          = "open_search"
    vpc_config            = { subnet_ids = ["subnet-1", "sg-1"], security_group_ids = ["sg-1"] }
  }

  expect_failures = [
    var.allowed_endpoints, var.domain_arns, var.lambda_environment, var.package, var.poll_interval_seconds,
    var.project_name, var.vpc_config,
  ]
}

run "existing_resources_without_a_name" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    bucket_access_logging          = { bucket = "access-logs" }
    bucket_name                    = null
    dead_letter_queue_arn          = null
    lambda_code_signing_config_arn = "arn:aws:lambda:eu-central-1:123456789012:code-signing-config:csc-0f6c334abcdea4d8b"
    notification_topic_arn         = null
    package                        = { file = "no/such/package.zip" }
    role_arns                      = { lambda = "arn:aws:iam::123456789012:role/lambda" }
    stall_timeout_seconds          = 59
    vpc_config                     = { subnet_ids = ["subnet-1"], egress = { vpc_id = "vpc-1" } }

    # Valid inputs to which the validations above refer.
    create_bucket             = false
    create_dead_letter_queue  = false
    create_notification_topic = false
    create_roles              = false
  }

  expect_failures = [
    var.bucket_access_logging, var.bucket_name, var.dead_letter_queue_arn, var.notification_topic_arn, var.package,
    var.role_arns, var.stall_timeout_seconds, var.vpc_config,
  ]
}

run "existing_resources_with_create_true" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    create_package_bucket          = true
    package_bucket                 = "artifacts"
    dead_letter_queue_arn          = "arn:aws:sqs:eu-central-1:123456789012:dead-letters"
    lambda_code_signing_config_arn = "arn:aws:lambda:eu-central-1:123456789012:code-signing-config:csc-0f6c334abcdea4d8b"
    notification_topic_arn         = "arn:aws:sns:eu-central-1:123456789012:topic"
    # stall_timeout_seconds must allow two polls.
    poll_interval_seconds = 1000
    role_arns             = { events = "arn:aws:iam::123456789012:role/events" }
    stall_timeout_seconds = 1999
    vpc_config            = { subnet_ids = ["subnet-1"], egress = { vpc_id = "vpc-1", prefix_list_ids = ["pl-1", "10.0.0.0/16"] } }
  }

  expect_failures = [
    var.create_package_bucket, var.dead_letter_queue_arn, var.lambda_code_signing_config_arn, var.notification_topic_arn, var.role_arns,
    var.stall_timeout_seconds, var.vpc_config,
  ]
}

run "missing_bucket_name_and_missing_role" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    bucket_name = "s3://bucket"
    role_arns = {
      events              = "arn:aws:iam::123456789012:role/events"
      index_state_machine = "arn:aws:iam::123456789012:role/index-states"
      lambda              = "arn:aws:iam::123456789012:role/lambda"
      state_machine       = "arn:aws:iam::123456789012:role/states"
    }
    stall_timeout_seconds = 600.5
    vpc_config            = { subnet_ids = ["subnet-1"] }

    # Valid inputs to which the validations above refer.
    create_bucket        = false
    create_notifications = true
    create_roles         = false
  }

  expect_failures = [
    var.bucket_name, var.role_arns, var.stall_timeout_seconds, var.vpc_config,
  ]
}
