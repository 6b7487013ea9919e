resource "aws_cloudwatch_event_rule" "trigger_file" {
  name        = local.rule_name
  description = "A trigger file (*.json) was uploaded to ${local.bucket_name}"
  state       = "ENABLED"
  event_pattern = jsonencode({
    source        = ["aws.s3"]
    "detail-type" = ["Object Created"]
    detail = {
      bucket = { name = [local.bucket_name] }
      object = { key = [{ suffix = ".json" }] }
    }
  })
  tags = var.tags
}

resource "aws_cloudwatch_event_target" "state_machine" {
  rule     = aws_cloudwatch_event_rule.trigger_file.name
  arn      = aws_sfn_state_machine.reindex.arn
  role_arn = aws_iam_role.events.arn

  # EventBridge would try for 24 hours. An hour is enough for a throttled start, and keeps yesterday's upload
  # from rebuilding indices when nobody expects it any more.
  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 185
  }

  depends_on = [aws_iam_role_policy.events]
}
