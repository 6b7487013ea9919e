# Encryption with keys of one's own. What a bucket that exists gets of it is in bucket.tftest.hcl.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  domain_arns = ["arn:aws:es:eu-central-1:123456789012:domain/search"]
}

run "without_a_key" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    create_alarms        = true
    create_notifications = true
  }

  assert {
    condition = (
      aws_sqs_queue.dead_letter[0].kms_master_key_id == null && aws_sqs_queue.dead_letter[0].sqs_managed_sse_enabled &&
      aws_sns_topic.notification[0].kms_master_key_id == null
    )
    error_message = "The queue is encrypted with a key of SQS; alarms could not use one of SNS."
  }

  assert {
    condition = alltrue([
      for key in concat(
        values(aws_cloudwatch_log_group.step)[*].kms_key_id, values(aws_lambda_function.step)[*].kms_key_arn,
        [aws_cloudwatch_log_group.state_machine.kms_key_id, aws_cloudwatch_log_group.index_state_machine.kms_key_id],
      ) : key == null
    ])
    error_message = "Logs and environments are encrypted with keys of the services."
  }

  assert {
    condition     = !strcontains(join(" ", [aws_iam_role_policy.lambda[0].policy, aws_iam_role_policy.notification[0].policy]), "kms:")
    error_message = "Nobody may use a key."
  }
}

run "one_key" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    create_alarms        = true
    create_notifications = true
    kms_key_arn          = "arn:aws:kms:eu-central-1:123456789012:key/one"
  }

  assert {
    condition = toset(concat(
      values(aws_cloudwatch_log_group.step)[*].kms_key_id, values(aws_lambda_function.step)[*].kms_key_arn,
      [
        aws_cloudwatch_log_group.state_machine.kms_key_id, aws_cloudwatch_log_group.index_state_machine.kms_key_id,
        aws_sns_topic.notification[0].kms_master_key_id, aws_sqs_queue.dead_letter[0].kms_master_key_id,
      ],
      [for rule in aws_s3_bucket_server_side_encryption_configuration.triggers["triggers"].rule : rule.apply_server_side_encryption_by_default[0].kms_master_key_id],
    )) == toset(["arn:aws:kms:eu-central-1:123456789012:key/one"])
    error_message = "The key encrypts all logs, the functions' environment, topic, queue and bucket."
  }

  assert {
    condition = {
      for statement in concat(jsondecode(aws_iam_role_policy.lambda[0].policy).Statement, jsondecode(aws_iam_role_policy.notification[0].policy).Statement) :
      join(" ", statement.Action) => [statement.Effect, statement.Resource, statement.Condition] if startswith(statement.Action[0], "kms:")
      } == {
      "kms:Decrypt" = [
        "Allow", ["arn:aws:kms:eu-central-1:123456789012:key/one"], { StringEquals = { "kms:ViaService" = "s3.eu-central-1.amazonaws.com" } },
      ]
      "kms:Decrypt kms:GenerateDataKey" = [
        "Allow", ["arn:aws:kms:eu-central-1:123456789012:key/one"], { StringEquals = { "kms:ViaService" = "sns.eu-central-1.amazonaws.com" } },
      ]
    }
    error_message = "The functions decrypt through S3 alone, and the notifications are encrypted through SNS alone."
  }

  assert {
    condition = jsondecode(output.kms_key_policy_statements) == [
      {
        Sid       = "EncryptLogs"
        Effect    = "Allow"
        Principal = { Service = "logs.eu-central-1.amazonaws.com" }
        Action    = ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
        Resource  = ["*"]
        Condition = {
          ArnLike = {
            "kms:EncryptionContext:aws:logs:arn" = [
              for log_group in concat(values(aws_cloudwatch_log_group.step), [aws_cloudwatch_log_group.state_machine, aws_cloudwatch_log_group.index_state_machine]) :
              "arn:aws:logs:eu-central-1:123456789012:log-group:${log_group.name}"
            ]
          }
        }
      },
      {
        Sid       = "EncryptAlarmNotifications"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = ["*"]
        Condition = { StringEquals = { "aws:SourceAccount" = "123456789012" } }
      },
      {
        Sid       = "EncryptDeadLetters"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = ["*"]
        Condition = { StringEquals = { "aws:SourceAccount" = "123456789012" } }
      },
    ]
    error_message = "The key's policy lets CloudWatch Logs encrypt these logs, EventBridge fill the queue and CloudWatch tell of alarms."
  }
}

run "another_key_for_the_bucket" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    bucket_kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/bucket"
    kms_key_arn        = "arn:aws:kms:eu-central-1:123456789012:key/one"
  }

  assert {
    condition = (
      one(aws_s3_bucket_server_side_encryption_configuration.triggers["triggers"].rule).apply_server_side_encryption_by_default[0].kms_master_key_id == "arn:aws:kms:eu-central-1:123456789012:key/bucket" &&
      aws_sqs_queue.dead_letter[0].kms_master_key_id == "arn:aws:kms:eu-central-1:123456789012:key/one"
    )
    error_message = "The bucket has its own key."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.lambda[0].policy).Statement : [statement.Action, statement.Resource] if startswith(statement.Action[0], "kms:")
    ] == [[["kms:Decrypt"], ["arn:aws:kms:eu-central-1:123456789012:key/bucket"]]]
    error_message = "The functions decrypt with the bucket's key alone."
  }

  assert {
    condition     = jsondecode(output.kms_key_policy_statements)[*].Sid == ["EncryptLogs", "EncryptDeadLetters"]
    error_message = "Without alarms CloudWatch needs no key."
  }
}
