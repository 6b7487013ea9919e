output "alarm_arns" {
  description = "ARNs of the alarms: `dead_letters`, `executions`, `lambda_errors`, `lambda_throttles`. Empty without `create_alarms`."
  value       = { for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.arn }
}

output "bucket_arn" {
  description = "ARN of the bucket for trigger files."
  value       = local.bucket_arn

  depends_on = [
    aws_s3_bucket.triggers,
  ]
}

output "bucket_name" {
  description = "Bucket to upload trigger files to. Known once an upload starts an execution."
  value       = local.bucket_name

  depends_on = [
    aws_cloudwatch_event_target.state_machine,
    aws_s3_bucket.triggers,
    aws_s3_bucket_lifecycle_configuration.triggers,
    aws_s3_bucket_notification.triggers,
    aws_s3_bucket_ownership_controls.triggers,
    aws_s3_bucket_policy.triggers,
    aws_s3_bucket_public_access_block.triggers,
    aws_s3_bucket_server_side_encryption_configuration.triggers,
    aws_s3_bucket_versioning.triggers,
  ]
}

output "dashboard_name" {
  description = "Name of the CloudWatch dashboard; null without `create_dashboard`."
  value       = one(aws_cloudwatch_dashboard.this[*].dashboard_name)
}

output "dead_letter_queue_arn" {
  description = "ARN of the queue for events that could not start an execution."
  value       = local.dead_letter_queue_arn
}

output "dead_letter_queue_url" {
  description = "URL of the queue made here; null with `create_dead_letter_queue = false`."
  value       = one(aws_sqs_queue.dead_letter[*].url)

  depends_on = [
    aws_sqs_queue_policy.dead_letter,
  ]
}

output "event_rule_arn" {
  description = "ARN of the EventBridge rule that turns an upload into an execution."
  value       = aws_cloudwatch_event_rule.trigger_file.arn

  depends_on = [
    aws_cloudwatch_event_target.state_machine,
  ]
}

output "event_rule_role_arn" {
  description = "ARN of the role EventBridge starts executions with."
  value       = local.role_arns.events

  depends_on = [
    aws_iam_role_policy.events,
  ]
}

output "index_state_machine_arn" {
  description = "ARN of the state machine that rebuilds one index. Started by the other one."
  value       = aws_sfn_state_machine.index.arn
}

output "index_state_machine_role_arn" {
  description = "ARN of the role of the state machine that rebuilds one index."
  value       = local.role_arns.index_state_machine

  depends_on = [
    aws_iam_role_policy.index_state_machine,
  ]
}

output "kms_key_policy_statements" {
  description = "Statements, in JSON, that the policy of the key `kms_key_arn` needs beside its administration."
  value       = jsonencode(local.kms_key_policy_statements)
}

output "lambda_function_arns" {
  description = "ARNs of the Lambda functions by step, such as `create_index`."
  value       = { for step, function in aws_lambda_function.step : step => function.arn }
}

output "lambda_role_arn" {
  description = "ARN of the role every Lambda function runs with: the identity to map to an OpenSearch role where fine-grained access control is on. Known once its permissions are attached."
  value       = local.role_arns.lambda

  depends_on = [
    aws_iam_role_policy.lambda,
  ]
}

output "log_group_names" {
  description = "Names of the log groups: one a step, `state_machine` and `index_state_machine`."
  value = merge(
    { for step, log_group in aws_cloudwatch_log_group.step : step => log_group.name },
    {
      state_machine       = aws_cloudwatch_log_group.state_machine.name
      index_state_machine = aws_cloudwatch_log_group.index_state_machine.name
    },
  )
}

output "notification_state_machine_arn" {
  description = "ARN of the state machine that writes the notifications; null without `create_notifications`."
  value       = one(aws_sfn_state_machine.notification[*].arn)

  depends_on = [
    aws_cloudwatch_event_target.notification,
  ]
}

output "notification_topic_arn" {
  description = "ARN of the SNS topic of the notifications, to subscribe to; null without `create_notifications`."
  value       = var.create_notifications ? local.notification_topic_arn : null

  depends_on = [
    aws_cloudwatch_event_target.notification,
    aws_sns_topic_policy.notification,
  ]
}

output "package_sha256" {
  description = "SHA-256 of the package of the functions, in Base64; null where nobody has told."
  value       = local.package_sha256
}

output "security_group_id" {
  description = "Id of the security group made for the functions; null without `vpc_config.egress`. Let it in at the domain, on port 443."
  value       = one(aws_security_group.lambda[*].id)

  depends_on = [
    aws_vpc_security_group_egress_rule.lambda,
  ]
}

output "state_machine_arn" {
  description = "ARN of the state machine a trigger file starts."
  value       = aws_sfn_state_machine.reindex.arn
}

output "state_machine_role_arn" {
  description = "ARN of the role of the state machine a trigger file starts."
  value       = local.role_arns.state_machine

  depends_on = [
    aws_iam_role_policy.state_machine,
  ]
}
