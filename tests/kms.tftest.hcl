# Encryption with customer managed keys. bucket.tftest.hcl covers an existing bucket.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  domain_arns = ["arn:aws:es:eu-central-1:123456789012:domain/search"]
}

run "no_key" {
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
    error_message = "SQS encrypts the queue with its own key, and the topic is not encrypted because alarms cannot use the key of SNS."
  }

  assert {
    condition = alltrue([
      for key in concat(
        values(aws_cloudwatch_log_group.step)[*].kms_key_id, values(aws_lambda_function.step)[*].kms_key_arn,
        [aws_cloudwatch_log_group.state_machine.kms_key_id, aws_cloudwatch_log_group.index_state_machine.kms_key_id],
      ) : key == null
    ])
    error_message = "The services encrypt logs and function environments with their own keys."
  }

  assert {
    condition     = !strcontains(join(" ", [aws_iam_role_policy.lambda[0].policy, aws_iam_role_policy.notification[0].policy]), "kms:")
    error_message = "No role may use a key."
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
    error_message = "The key encrypts all logs, the function environments, the topic, the queue and the bucket."
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
    error_message = "The functions may decrypt only through S3, and the notification state machine may encrypt only through SNS."
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
    error_message = "The statements allow CloudWatch Logs to encrypt these logs, EventBridge to send to the queue, and CloudWatch to publish alarms."
  }
}

run "a_separate_key_for_the_bucket" {
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
    error_message = "The bucket uses bucket_kms_key_arn."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.lambda[0].policy).Statement : [statement.Action, statement.Resource] if startswith(statement.Action[0], "kms:")
    ] == [[["kms:Decrypt"], ["arn:aws:kms:eu-central-1:123456789012:key/bucket"]]]
    error_message = "The functions may decrypt only with the key of the bucket."
  }

  assert {
    condition     = jsondecode(output.kms_key_policy_statements)[*].Sid == ["EncryptLogs", "EncryptDeadLetters"]
    error_message = "CloudWatch needs no key if there are no alarms."
  }
}
