output "alarm_arns" {
  description = "ARNs of the alarms `dead_letters`, `executions`, `lambda_errors` and `lambda_throttles`. Empty if `create_alarms` is false."
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
  description = "Name of the bucket for trigger files. Known as soon as an upload can start an execution."
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
  description = "Name of the CloudWatch dashboard. Null if `create_dashboard` is false."
  value       = one(aws_cloudwatch_dashboard.this[*].dashboard_name)
}

output "dead_letter_queue_arn" {
  description = "ARN of the SQS queue for events that could not start an execution."
  value       = local.dead_letter_queue_arn
}

output "dead_letter_queue_url" {
  description = "URL of the SQS queue that the module creates. Null if `create_dead_letter_queue` is false."
  value       = one(aws_sqs_queue.dead_letter[*].url)

  depends_on = [
    aws_sqs_queue_policy.dead_letter,
  ]
}

output "event_rule_arn" {
  description = "ARN of the EventBridge rule that starts an execution for each upload."
  value       = aws_cloudwatch_event_rule.trigger_file.arn

  depends_on = [
    aws_cloudwatch_event_target.state_machine,
  ]
}

output "event_rule_role_arn" {
  description = "ARN of the role with which EventBridge starts executions."
  value       = local.role_arns.events

  depends_on = [
    aws_iam_role_policy.events,
  ]
}

output "index_state_machine_arn" {
  description = "ARN of the state machine that rebuilds one index. `state_machine_arn` starts it for each index."
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
  description = "Statements that the policy of the key `kms_key_arn` needs in addition to its administration, as JSON."
  value       = jsonencode(local.kms_key_policy_statements)
}

output "lambda_function_arns" {
  description = "ARNs of the Lambda functions, by step, such as `create_index`."
  value       = { for step, function in aws_lambda_function.step : step => function.arn }
}

output "lambda_role_arn" {
  description = "ARN of the role of all Lambda functions. Map it to an OpenSearch role if the domain has fine-grained access control. Known as soon as its permissions are attached."
  value       = local.role_arns.lambda

  depends_on = [
    aws_iam_role_policy.lambda,
  ]
}

output "log_group_names" {
  description = "Names of the log groups, by step, and for `state_machine` and `index_state_machine`."
  value = merge(
    { for step, log_group in aws_cloudwatch_log_group.step : step => log_group.name },
    {
      state_machine       = aws_cloudwatch_log_group.state_machine.name
      index_state_machine = aws_cloudwatch_log_group.index_state_machine.name
    },
  )
}

output "notification_state_machine_arn" {
  description = "ARN of the state machine that sends notifications. Null if `create_notifications` is false."
  value       = one(aws_sfn_state_machine.notification[*].arn)

  depends_on = [
    aws_cloudwatch_event_target.notification,
  ]
}

output "notification_topic_arn" {
  description = "ARN of the SNS topic for notifications, to subscribe to. Null if `create_notifications` is false."
  value       = var.create_notifications ? local.notification_topic_arn : null

  depends_on = [
    aws_cloudwatch_event_target.notification,
    aws_sns_topic_policy.notification,
  ]
}

output "package_sha256" {
  description = "SHA-256 of the package of the functions, in Base64. Null if the input `package` has no hash."
  value       = local.package_sha256
}

output "security_group_id" {
  description = "ID of the security group that the module creates for the functions. Allow it to reach the domain on port 443. Null without `vpc_config.egress`."
  value       = one(aws_security_group.lambda[*].id)

  depends_on = [
    aws_vpc_security_group_egress_rule.lambda,
  ]
}

output "state_machine_arn" {
  description = "ARN of the state machine that a trigger file starts."
  value       = aws_sfn_state_machine.reindex.arn
}

output "state_machine_role_arn" {
  description = "ARN of the role of the state machine that a trigger file starts."
  value       = local.role_arns.state_machine

  depends_on = [
    aws_iam_role_policy.state_machine,
  ]
}
