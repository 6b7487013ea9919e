# Names within the limits of AWS, and tags. The mocked provider validates many limits too.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  domain_arns = ["arn:aws:es:eu-central-1:123456789012:domain/search"]
}

run "the_defaults" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    create_alarms        = true
    create_dashboard     = true
    create_notifications = true
    vpc_config           = { subnet_ids = ["subnet-1"], egress = { vpc_id = "vpc-1", cidr_blocks = ["10.0.0.0/16"] } }
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
    error_message = "Each step has one function, named <project_name>-<environment>-<step>."
  }

  assert {
    condition = {
      alarms         = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => alarm.alarm_name }
      buckets        = [aws_s3_bucket.triggers["triggers"].bucket, aws_s3_bucket.packages[0].bucket]
      dashboard      = aws_cloudwatch_dashboard.this[0].dashboard_name
      package        = dirname(aws_s3_object.package[0].key)
      queue          = aws_sqs_queue.dead_letter[0].name
      roles          = [for role in [aws_iam_role.events, aws_iam_role.index_state_machine, aws_iam_role.lambda, aws_iam_role.notification, aws_iam_role.state_machine] : role[0].name]
      rules          = [aws_cloudwatch_event_rule.trigger_file.name, aws_cloudwatch_event_rule.notification[0].name]
      security_group = aws_security_group.lambda[0].name
      state_machines = [for machine in [aws_sfn_state_machine.reindex, aws_sfn_state_machine.index, aws_sfn_state_machine.notification[0]] : machine.name]
      topic          = aws_sns_topic.notification[0].name
      } == {
      alarms = {
        dead_letters     = "opensearch-reindex-dev-dead-letters"
        executions       = "opensearch-reindex-dev-executions"
        lambda_errors    = "opensearch-reindex-dev-lambda-errors"
        lambda_throttles = "opensearch-reindex-dev-lambda-throttles"
      }
      buckets        = ["opensearch-reindex-triggers-123456789012", "opensearch-reindex-packages-123456789012"]
      dashboard      = "opensearch-reindex-dev"
      package        = "opensearch-reindex-package/opensearch-reindex-dev"
      queue          = "opensearch-reindex-dev-dead-letters"
      roles          = [for role in ["events", "index-states", "lambda", "notification", "states"] : "opensearch-reindex-dev-${role}"]
      rules          = ["opensearch-reindex-dev-trigger-file", "opensearch-reindex-dev-notification"]
      security_group = "opensearch-reindex-dev-lambda"
      state_machines = ["opensearch-reindex-dev", "opensearch-reindex-dev-index", "opensearch-reindex-dev-notification"]
      topic          = "opensearch-reindex-dev-notification"
    }
    error_message = "Every name except the names of buckets begins with <project_name>-<environment>."
  }

  assert {
    condition = merge(
      { for step, log_group in aws_cloudwatch_log_group.step : step => log_group.name },
      { state_machine = aws_cloudwatch_log_group.state_machine.name, index_state_machine = aws_cloudwatch_log_group.index_state_machine.name },
      ) == merge(
      { for step, function in aws_lambda_function.step : step => "/aws/lambda/${function.function_name}" },
      { state_machine = "/aws/vendedlogs/states/opensearch-reindex-dev", index_state_machine = "/aws/vendedlogs/states/opensearch-reindex-dev-index" },
    )
    error_message = "Each log group has the name to which its service writes."
  }

  assert {
    condition = output.log_group_names == merge(
      { for step, log_group in aws_cloudwatch_log_group.step : step => log_group.name },
      { state_machine = aws_cloudwatch_log_group.state_machine.name, index_state_machine = aws_cloudwatch_log_group.index_state_machine.name },
    ) && output.dashboard_name == aws_cloudwatch_dashboard.this[0].dashboard_name && output.bucket_name == aws_s3_bucket.triggers["triggers"].bucket
    error_message = "The outputs return the created names."
  }
}

run "another_environment" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    environment  = "prod"
    project_name = "a23456789-123456789-123456789-123456"
  }

  assert {
    condition = (
      aws_s3_bucket.triggers["triggers"].bucket == "a23456789-123456789-123456789-123456-prod-triggers-123456789012" &&
      length(aws_s3_bucket.triggers["triggers"].bucket) == 63
    )
    error_message = "The name of the bucket has the environment, unless that is the default, and is shortened above 63 characters only."
  }
}

# The longest names that the module does not shorten, except for the bucket.
run "the_longest_names" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    create_alarms        = true
    create_dashboard     = true
    create_notifications = true
    environment          = "p"
    project_name         = "a23456789-123456789-123456789-123456789-1"
    tags                 = { team = "search", "cost centre" = "4711" }
    vpc_config           = { subnet_ids = ["subnet-1"], egress = { vpc_id = "vpc-1", cidr_blocks = ["10.0.0.0/16"] } }
  }

  assert {
    condition     = aws_sfn_state_machine.reindex.name == "a23456789-123456789-123456789-123456789-1-p"
    error_message = "A name of 43 characters is not shortened."
  }

  assert {
    condition     = aws_s3_bucket.triggers["triggers"].bucket == "a23456789-123456789-123456789-12-${substr(sha256("a23456789-123456789-123456789-123456789-1-p"), 0, 8)}-triggers-123456789012"
    error_message = "The name of the bucket is shortened to 63 characters, the maximum of S3."
  }

  assert {
    condition     = max([for function in aws_lambda_function.step : length(function.function_name)]...) == 64
    error_message = "The longest name leads to a function name of 64 characters, the maximum of Lambda."
  }

  assert {
    condition = alltrue([
      for role in [aws_iam_role.events, aws_iam_role.index_state_machine, aws_iam_role.lambda, aws_iam_role.notification, aws_iam_role.state_machine] :
      length(role[0].name) <= 64
    ]) && length(aws_cloudwatch_event_rule.trigger_file.name) <= 64 && length(aws_cloudwatch_event_rule.notification[0].name) <= 64
    error_message = "Names of roles and rules have at most 64 characters."
  }

  assert {
    condition = alltrue([
      for name in [aws_sfn_state_machine.reindex.name, aws_sfn_state_machine.index.name, aws_sfn_state_machine.notification[0].name, aws_sqs_queue.dead_letter[0].name] :
      length(name) <= 80
    ]) && length(aws_s3_bucket.triggers["triggers"].bucket) == 63 && length(aws_s3_bucket.packages[0].bucket) == 63
    error_message = "Names of state machines and queues have at most 80 characters, those of buckets 63."
  }

  assert {
    condition = alltrue([
      for resource in concat(
        values(aws_cloudwatch_log_group.step), values(aws_cloudwatch_metric_alarm.this), values(aws_lambda_function.step),
        values(aws_s3_bucket.triggers), values(aws_vpc_security_group_egress_rule.lambda),
        aws_cloudwatch_event_rule.notification, aws_iam_role.events, aws_s3_bucket.packages, aws_iam_role.index_state_machine, aws_iam_role.lambda,
        aws_iam_role.notification, aws_iam_role.state_machine, aws_security_group.lambda, aws_sfn_state_machine.notification,
        aws_sns_topic.notification, aws_sqs_queue.dead_letter,
        [
          aws_cloudwatch_event_rule.trigger_file, aws_cloudwatch_log_group.index_state_machine, aws_cloudwatch_log_group.state_machine,
          aws_sfn_state_machine.index, aws_sfn_state_machine.reindex,
        ],
      ) : resource.tags == tomap({ team = "search", "cost centre" = "4711" })
    ])
    error_message = "The tags reach everything that can have them."
  }
}

# Character 34 is a hyphen, after which the name is cut.
run "one_character_more" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    environment  = "p"
    project_name = "a23456789-123456789-123456789-123-56789-12"
  }

  assert {
    condition     = aws_sfn_state_machine.reindex.name == "a23456789-123456789-123456789-123-${substr(sha256("a23456789-123456789-123456789-123-56789-12-p"), 0, 8)}"
    error_message = "A longer name is cut and ends in a hash, with one hyphen between."
  }
}

run "the_longest" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    environment  = "a23456789-123456789-123456789-12"
    project_name = "a23456789-123456789-123456789-123456789-123456789-123456789-1234"
  }

  assert {
    condition     = can(regex("^a23456789-123456789-123456789-1234-[0-9a-f]{8}$", aws_sfn_state_machine.reindex.name))
    error_message = "The longest name is shortened to 34 characters and a hash."
  }

  assert {
    condition = (
      length(aws_sfn_state_machine.reindex.name) == 43 && max([for function in aws_lambda_function.step : length(function.function_name)]...) == 64 &&
      aws_s3_bucket.triggers["triggers"].bucket == "a23456789-123456789-123456789-12-${substr(sha256("a23456789-123456789-123456789-123456789-123456789-123456789-1234-a23456789-123456789-123456789-12"), 0, 8)}-triggers-123456789012" &&
      length(aws_s3_bucket.triggers["triggers"].bucket) == 63
    )
    error_message = "A shortened name is as long as the longest that is kept, so each name made of it fits."
  }
}

run "the_longest_with_another_end" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    environment  = "a23456789-123456789-123456789-13"
    project_name = "a23456789-123456789-123456789-123456789-123456789-123456789-1234"
  }

  assert {
    condition = (
      aws_s3_bucket.triggers["triggers"].bucket != run.the_longest.bucket_name &&
      substr(aws_s3_bucket.triggers["triggers"].bucket, 0, 33) == substr(run.the_longest.bucket_name, 0, 33)
    )
    error_message = "Two long names that differ at their end stay different."
  }
}
