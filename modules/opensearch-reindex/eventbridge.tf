locals {
  key_filter = (
    var.trigger_file_prefix == "" ? { suffix = var.trigger_file_suffix } :
    { wildcard = "${var.trigger_file_prefix}*${var.trigger_file_suffix}" }
  )
  own_rule_arns         = concat([local.rule_arn], [for arn in [local.notification_rule_arn] : arn if var.create_notifications])
  dead_letter_queue_arn = try(aws_sqs_queue.dead_letter[0].arn, var.dead_letter_queue_arn)
}

resource "aws_cloudwatch_event_rule" "trigger_file" {
  name        = local.rule_name
  description = "Starts ${local.name} when a trigger file is uploaded to ${local.bucket_name}"
  state       = "ENABLED"
  event_pattern = jsonencode({
    source        = ["aws.s3"]
    "detail-type" = ["Object Created"]
    detail = {
      bucket = { name = [local.bucket_name] }
      object = { key = [local.key_filter] }
    }
  })
  tags = var.tags
}

resource "aws_cloudwatch_event_target" "state_machine" {
  rule     = aws_cloudwatch_event_rule.trigger_file.name
  arn      = aws_sfn_state_machine.reindex.arn
  role_arn = local.role_arns.events

  dead_letter_config {
    arn = local.dead_letter_queue_arn
  }

  # By default, EventBridge retries for 24 hours. An execution that starts so late is no longer expected.
  retry_policy {
    maximum_event_age_in_seconds = var.event_max_age_seconds
    maximum_retry_attempts       = 185
  }

  depends_on = [aws_iam_role_policy.events, aws_sqs_queue_policy.dead_letter]
}

# Holds the events that EventBridge could not deliver to a state machine.
resource "aws_sqs_queue" "dead_letter" {
  count = var.create_dead_letter_queue ? 1 : 0

  name                      = local.dead_letter_queue_name
  message_retention_seconds = 1209600 # 14 days, the maximum of SQS
  kms_master_key_id         = var.kms_key_arn
  sqs_managed_sse_enabled   = var.kms_key_arn == null ? true : null
  tags                      = var.tags
}

resource "aws_sqs_queue_policy" "dead_letter" {
  count = length(aws_sqs_queue.dead_letter)

  queue_url = aws_sqs_queue.dead_letter[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "SendDeadLetters"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.dead_letter[0].arn
        Condition = { ArnEquals = { "aws:SourceArn" = local.own_rule_arns } }
      },
      {
        Sid       = "DenyInsecureTransport"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.dead_letter[0].arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}
