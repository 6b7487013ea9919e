# Notifications about executions that end, sent to an SNS topic.

locals {
  notification_topic_arn = try(aws_sns_topic.notification[0].arn, var.notification_topic_arn)
}

resource "aws_sns_topic" "notification" {
  count = var.create_notifications && var.create_notification_topic ? 1 : 0
  #checkov:skip=CKV_AWS_26:Opt-in, see kms_key_arn; CloudWatch alarms cannot publish with the AWS managed key of SNS

  name              = local.notification_name
  kms_master_key_id = var.kms_key_arn
  tags              = var.tags
}

resource "aws_sns_topic_policy" "notification" {
  count = length(aws_sns_topic.notification)

  arn = aws_sns_topic.notification[0].arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "PublishAlarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.notification[0].arn
        Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
      },
      {
        Sid       = "DenyInsecureTransport"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.notification[0].arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

# A separate state machine reads the error and cause of the execution, because the event of EventBridge has neither. A Catch
# in the main state machine could not do it, because a Catch does not see a timeout.
resource "aws_sfn_state_machine" "notification" {
  count = var.create_notifications ? 1 : 0
  #checkov:skip=CKV_AWS_284:Opt-in, see state_machine_tracing
  #checkov:skip=CKV_AWS_285:Step Functions keeps its history for 90 days, and the execution it reports on has its own logs

  name       = local.notification_name
  role_arn   = local.role_arns.notification
  type       = "STANDARD"
  definition = local.notification_definition
  tags       = var.tags

  tracing_configuration {
    enabled = var.state_machine_tracing
  }

  depends_on = [aws_iam_role_policy.notification]
}

resource "aws_cloudwatch_event_rule" "notification" {
  count = var.create_notifications ? 1 : 0

  name        = local.notification_name
  description = "Sends a notification when an execution of ${local.name} ends"
  state       = "ENABLED"
  event_pattern = jsonencode({
    source        = ["aws.states"]
    "detail-type" = ["Step Functions Execution Status Change"]
    detail = {
      stateMachineArn = [local.state_machine_arn]
      status          = concat(["ABORTED", "FAILED", "TIMED_OUT"], [for status in ["SUCCEEDED"] : status if var.notify_on_success])
    }
  })
  tags = var.tags
}

resource "aws_cloudwatch_event_target" "notification" {
  count = var.create_notifications ? 1 : 0

  rule     = aws_cloudwatch_event_rule.notification[0].name
  arn      = aws_sfn_state_machine.notification[0].arn
  role_arn = local.role_arns.events

  dead_letter_config {
    arn = local.dead_letter_queue_arn
  }

  retry_policy {
    maximum_event_age_in_seconds = var.event_max_age_seconds
    maximum_retry_attempts       = 185
  }

  depends_on = [aws_iam_role_policy.events, aws_sqs_queue_policy.dead_letter]
}
