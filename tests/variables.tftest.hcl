# Every mistake is refused before anything is planned. A run makes one mistake in each of many inputs: a kind of
# mistake that was let through shows as the input that did not fail. project_name is checked beside environment,
# poll_interval_seconds beside execution_timeout_seconds, and stall_timeout_seconds beside poll_interval_seconds: not in the
# same run, as the check waits for the other input.

mock_provider "aws" {
  source = "./tests/mocks"
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
    allowed_endpoints         = [""]
    bucket_name               = "ab"
    ca_certificates           = "-----BEGIN CERTIFICATE-----"
    domain_arns               = []
    environment               = ""
    execution_timeout_seconds = 59
    lambda_memory             = 127
    lambda_runtime            = "python3.10"
    lambda_timeout            = 119
    log_level                 = "TRACE"
    log_retention_days        = 2
    tags                      = { "aws:team" = "search" }
    vpc_config                = { subnet_ids = [], security_group_ids = ["sg-1"] }
  }

  expect_failures = [
    var.allowed_endpoints, var.bucket_name, var.ca_certificates, var.domain_arns, var.environment,
    var.execution_timeout_seconds, var.lambda_memory, var.lambda_runtime, var.lambda_timeout, var.log_level,
    var.log_retention_days, var.tags, var.vpc_config,
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
    execution_timeout_seconds = 31536001
    lambda_memory             = 10241
    lambda_timeout            = 901
    log_retention_days        = 3654
    # One more than a Lambda function's name has room for.
    project_name = "a23456789-123456789-123456789-123456789"
    environment  = "prod"
    vpc_config   = { subnet_ids = ["subnet-1"], security_group_ids = [] }
  }

  expect_failures = [
    var.allowed_endpoints, var.bucket_name, var.ca_certificates, var.domain_arns, var.execution_timeout_seconds,
    var.lambda_memory, var.lambda_timeout, var.log_retention_days, var.project_name, var.vpc_config,
  ]
}

run "not_a_whole_number_or_not_a_domain" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    domain_arns               = ["arn:aws:s3:eu-central-1:123456789012:domain/search"]
    execution_timeout_seconds = 7200.5
    lambda_memory             = 512.5
    lambda_timeout            = 300.5
  }

  expect_failures = [var.domain_arns, var.execution_timeout_seconds, var.lambda_memory, var.lambda_timeout]
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
    poll_interval_seconds = 30.5
    vpc_config            = { subnet_ids = ["sg-1"], security_group_ids = ["sg-1"] }
  }

  expect_failures = [
    var.allowed_endpoints, var.bucket_name, var.ca_certificates, var.domain_arns, var.environment, var.poll_interval_seconds,
    var.vpc_config,
  ]
}

run "something_else" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    allowed_endpoints = ["https://search.example.com"]
    ca_certificates   = "-----BEGIN CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END CERTIFICATE-----\n"
    domain_arns       = ["arn:aws:aoss:eu-central-1:123456789012:collection/search"]
    # 7200 s are 7200 looks at the copy, more than the history of an execution holds.
    poll_interval_seconds = 1
    project_name          = "1search"
    vpc_config            = { subnet_ids = ["subnet-1"], security_group_ids = ["subnet-1"] }
  }

  expect_failures = [
    var.allowed_endpoints, var.ca_certificates, var.domain_arns, var.poll_interval_seconds, var.project_name, var.vpc_config,
  ]
}

run "more_than_a_host" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    allowed_endpoints     = ["search.example.com/_search"]
    domain_arns           = ["arn:aws:es:eu-central-1:123456789012:domain/search/index"]
    environment           = "prod-"
    poll_interval_seconds = 0
  }

  expect_failures = [var.allowed_endpoints, var.domain_arns, var.environment, var.poll_interval_seconds]
}

run "one_bad_entry_among_good_ones" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    allowed_endpoints     = ["search.example.com", "search.example.com:port"]
    domain_arns           = ["arn:aws:es:eu-central-1:123456789012:domain/search", "search"]
    poll_interval_seconds = 3601
    project_name          = "open_search"
    vpc_config            = { subnet_ids = ["subnet-1", "sg-1"], security_group_ids = ["sg-1"] }
  }

  expect_failures = [var.allowed_endpoints, var.domain_arns, var.poll_interval_seconds, var.project_name, var.vpc_config]
}

run "a_copy_that_is_given_up_before_it_is_looked_at" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    poll_interval_seconds = 1000
  }

  expect_failures = [var.stall_timeout_seconds]
}

run "a_copy_that_is_given_up_while_opensearch_still_tries" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    stall_timeout_seconds = 59
  }

  expect_failures = [var.stall_timeout_seconds]
}
