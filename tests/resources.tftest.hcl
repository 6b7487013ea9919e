# What a plan makes of the inputs. ARNs are written from names, so a plan knows all but what AWS gives out.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  domain_arns = ["arn:aws:es:eu-central-1:123456789012:domain/search"]
}

run "the_defaults" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  assert {
    condition = { for step, function in aws_lambda_function.step : step => [function.function_name, function.handler] } == {
      get_trigger_file     = ["opensearch-reindex-dev-get-trigger-file", "handlers.get_trigger_file_handler"]
      create_index         = ["opensearch-reindex-dev-create-index", "handlers.create_index_handler"]
      update_aliases       = ["opensearch-reindex-dev-update-aliases", "handlers.update_aliases_handler"]
      start_reindex        = ["opensearch-reindex-dev-start-reindex", "handlers.start_reindex_handler"]
      check_reindex_status = ["opensearch-reindex-dev-check-reindex-status", "handlers.check_reindex_status_handler"]
      remove_alias         = ["opensearch-reindex-dev-remove-alias", "handlers.remove_alias_handler"]
      delete_index         = ["opensearch-reindex-dev-delete-index", "handlers.delete_index_handler"]
    }
    error_message = "There is one function a step, named <project_name>-<environment>-<step>."
  }

  assert {
    condition = alltrue([
      for function in aws_lambda_function.step :
      function.runtime == "python3.11" && function.architectures == tolist(["x86_64"]) &&
      function.memory_size == 512 && function.timeout == 300 && length(function.vpc_config) == 0
    ])
    error_message = "A function runs Python 3.11 on x86_64 with 512 MB for up to 300 s, outside of any VPC."
  }

  assert {
    condition = alltrue([
      for function in aws_lambda_function.step : function.environment[0].variables == tomap({
        ALLOWED_ENDPOINTS     = ""
        CA_CERTIFICATES       = ""
        DOMAIN_ARNS           = "arn:aws:es:eu-central-1:123456789012:domain/search"
        LOG_LEVEL             = "INFO"
        POLL_INTERVAL_SECONDS = "30"
        STALL_TIMEOUT_SECONDS = "1800"
      })
    ])
    error_message = "The functions' environment is the one lambda_src/environment.py reads."
  }

  assert {
    condition     = length(distinct([for function in aws_lambda_function.step : "${function.filename} ${function.source_code_hash}"])) == 1
    error_message = "All functions run the same package."
  }

  assert {
    condition = concat(
      [for log_group in aws_cloudwatch_log_group.step : log_group.retention_in_days],
      [aws_cloudwatch_log_group.state_machine.retention_in_days, aws_cloudwatch_log_group.index_state_machine.retention_in_days],
    ) == [for _ in range(9) : 365]
    error_message = "Each of the nine logs is kept for a year."
  }

  assert {
    condition = alltrue([
      for step, log_group in aws_cloudwatch_log_group.step :
      log_group.name == "/aws/lambda/${aws_lambda_function.step[step].function_name}"
    ])
    error_message = "A function's log group has the name Lambda writes to."
  }

  assert {
    condition = (
      aws_sfn_state_machine.reindex.name == "opensearch-reindex-dev" &&
      aws_sfn_state_machine.index.name == "opensearch-reindex-dev-index" &&
      aws_cloudwatch_log_group.state_machine.name == "/aws/vendedlogs/states/opensearch-reindex-dev" &&
      aws_cloudwatch_log_group.index_state_machine.name == "/aws/vendedlogs/states/opensearch-reindex-dev-index"
    )
    error_message = "The state machines and their logs are named <project_name>-<environment> and <project_name>-<environment>-index."
  }

  assert {
    condition     = aws_s3_bucket.triggers.bucket == "opensearch-reindex-triggers-123456789012"
    error_message = "The bucket is named after the account."
  }

  assert {
    condition = (
      aws_s3_bucket_versioning.triggers.versioning_configuration[0].status == "Enabled" &&
      one(aws_s3_bucket_server_side_encryption_configuration.triggers.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "AES256" &&
      aws_s3_bucket_ownership_controls.triggers.rule[0].object_ownership == "BucketOwnerEnforced" &&
      aws_s3_bucket_notification.triggers.eventbridge
    )
    error_message = "The bucket is versioned, encrypted, free of ACLs, and tells EventBridge."
  }

  assert {
    condition = (
      aws_s3_bucket_public_access_block.triggers.block_public_acls && aws_s3_bucket_public_access_block.triggers.block_public_policy &&
      aws_s3_bucket_public_access_block.triggers.ignore_public_acls && aws_s3_bucket_public_access_block.triggers.restrict_public_buckets
    )
    error_message = "The bucket cannot be made public."
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.triggers.policy).Statement == [{
      Sid       = "DenyWithoutTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::opensearch-reindex-triggers-123456789012", "arn:aws:s3:::opensearch-reindex-triggers-123456789012/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "Without TLS nobody reaches the bucket."
  }

  assert {
    condition = (
      aws_s3_bucket_lifecycle_configuration.triggers.rule[0].status == "Enabled" &&
      aws_s3_bucket_lifecycle_configuration.triggers.rule[0].expiration[0].days == 30 &&
      aws_s3_bucket_lifecycle_configuration.triggers.rule[0].noncurrent_version_expiration[0].noncurrent_days == 30 &&
      aws_s3_bucket_lifecycle_configuration.triggers.rule[0].abort_incomplete_multipart_upload[0].days_after_initiation == 1
    )
    error_message = "Trigger files expire after 30 days, overwritten ones and halves of uploads too."
  }

  assert {
    condition = aws_cloudwatch_event_rule.trigger_file.state == "ENABLED" && jsondecode(aws_cloudwatch_event_rule.trigger_file.event_pattern) == {
      source        = ["aws.s3"]
      "detail-type" = ["Object Created"]
      detail = {
        bucket = { name = ["opensearch-reindex-triggers-123456789012"] }
        object = { key = [{ suffix = ".json" }] }
      }
    }
    error_message = "The rule fires for new *.json objects of the bucket alone."
  }

  assert {
    condition     = aws_cloudwatch_event_target.state_machine.retry_policy[0].maximum_event_age_in_seconds == 3600
    error_message = "An upload that could not start an execution for an hour starts none."
  }
}

run "the_inputs_reach_the_resources" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    allowed_endpoints         = ["search.example.com", "127.0.0.1:9200", "localhost:65535"]
    bucket_name               = "another-bucket"
    ca_certificates           = "-----BEGIN CERTIFICATE-----\n${format("%02945d", 0)}\n-----END CERTIFICATE-----\n" # as long as possible
    domain_arns               = ["arn:aws-us-gov:es:us-gov-west-1:210987654321:domain/one", "arn:aws:es:eu-central-1:123456789012:domain/other-1"]
    environment               = "p"
    execution_timeout_seconds = 2700
    lambda_memory             = 10240
    lambda_runtime            = "python3.13"
    lambda_timeout            = 900
    log_level                 = "DEBUG"
    log_retention_days        = 0
    poll_interval_seconds     = 1
    stall_timeout_seconds     = 600
    # With the environment 42 characters, the most that is possible.
    project_name = "a23456789-123456789-123456789-123456789-1"
    tags         = { team = "search" }
    vpc_config = {
      subnet_ids         = ["subnet-1", "subnet-2"]
      security_group_ids = ["sg-1"]
    }
  }

  assert {
    condition = alltrue([
      for function in aws_lambda_function.step : (
        function.runtime == "python3.13" && function.memory_size == 10240 && function.timeout == 900 &&
        function.tags == tomap({ team = "search" }) &&
        function.vpc_config[0].subnet_ids == toset(["subnet-1", "subnet-2"]) && function.vpc_config[0].security_group_ids == toset(["sg-1"])
      )
    ])
    error_message = "Runtime, memory, time-out, tags and VPC reach every function."
  }

  assert {
    condition = alltrue([
      for function in aws_lambda_function.step : function.environment[0].variables == tomap({
        ALLOWED_ENDPOINTS     = "search.example.com,127.0.0.1:9200,localhost:65535"
        CA_CERTIFICATES       = var.ca_certificates
        DOMAIN_ARNS           = "arn:aws-us-gov:es:us-gov-west-1:210987654321:domain/one,arn:aws:es:eu-central-1:123456789012:domain/other-1"
        LOG_LEVEL             = "DEBUG"
        POLL_INTERVAL_SECONDS = "1"
        STALL_TIMEOUT_SECONDS = "600"
      })
    ])
    error_message = "Endpoints, certificates, domains, log level and poll interval reach every function."
  }

  assert {
    condition     = max([for function in aws_lambda_function.step : length(function.function_name)]...) == 64
    error_message = "The longest name allowed makes a function's name as long as Lambda allows."
  }

  assert {
    condition = (
      aws_s3_bucket.triggers.bucket == "another-bucket" &&
      jsondecode(aws_cloudwatch_event_rule.trigger_file.event_pattern).detail.bucket.name == ["another-bucket"] &&
      strcontains(aws_s3_bucket_policy.triggers.policy, "arn:aws:s3:::another-bucket/*") &&
      strcontains(aws_iam_role_policy.lambda.policy, "arn:aws:s3:::another-bucket/*")
    )
    error_message = "Bucket, rule and policies are about the bucket named."
  }

  assert {
    condition = (
      jsondecode(aws_sfn_state_machine.reindex.definition).TimeoutSeconds == 2700 &&
      jsondecode(aws_sfn_state_machine.index.definition).TimeoutSeconds == 2700
    )
    error_message = "The time-out reaches both state machines."
  }

  assert {
    condition     = alltrue([for log_group in aws_cloudwatch_log_group.step : log_group.retention_in_days == 0])
    error_message = "The retention reaches the logs."
  }

  assert {
    condition = alltrue([
      for tags in [
        aws_s3_bucket.triggers.tags, aws_cloudwatch_event_rule.trigger_file.tags, aws_sfn_state_machine.reindex.tags,
        aws_sfn_state_machine.index.tags, aws_iam_role.lambda.tags, aws_iam_role.events.tags, aws_iam_role.state_machine.tags,
        aws_iam_role.index_state_machine.tags, aws_cloudwatch_log_group.state_machine.tags, aws_cloudwatch_log_group.step["create_index"].tags,
      ] : tags == tomap({ team = "search" })
    ])
    error_message = "The tags reach everything that can have them."
  }
}
