output "bucket_arn" {
  description = "ARN of the bucket for trigger files."
  value       = aws_s3_bucket.triggers.arn
}

output "bucket_name" {
  description = "Bucket to upload trigger files to, as `*.json`. Known once an upload starts an execution."
  value       = aws_s3_bucket.triggers.id

  depends_on = [
    aws_cloudwatch_event_target.state_machine,
    aws_s3_bucket_lifecycle_configuration.triggers,
    aws_s3_bucket_notification.triggers,
    aws_s3_bucket_ownership_controls.triggers,
    aws_s3_bucket_policy.triggers,
    aws_s3_bucket_public_access_block.triggers,
    aws_s3_bucket_server_side_encryption_configuration.triggers,
    aws_s3_bucket_versioning.triggers,
  ]
}

output "event_rule_arn" {
  description = "ARN of the EventBridge rule that turns an upload into an execution."
  value       = aws_cloudwatch_event_rule.trigger_file.arn
}

output "event_rule_role_arn" {
  description = "ARN of the role EventBridge starts executions with."
  value       = aws_iam_role.events.arn
}

output "index_state_machine_arn" {
  description = "ARN of the state machine that rebuilds one index. Started by the other one."
  value       = aws_sfn_state_machine.index.arn
}

output "index_state_machine_role_arn" {
  description = "ARN of the role of the state machine that rebuilds one index."
  value       = aws_iam_role.index_state_machine.arn
}

output "lambda_function_arns" {
  description = "ARNs of the Lambda functions by step, such as `create_index`."
  value       = { for step, function in aws_lambda_function.step : step => function.arn }
}

output "lambda_role_arn" {
  description = "ARN of the role every Lambda function runs with: the identity to map to an OpenSearch role where fine-grained access control is on."
  value       = aws_iam_role.lambda.arn

  # Usable once its permissions are attached.
  depends_on = [aws_iam_role_policy.lambda]
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

output "state_machine_arn" {
  description = "ARN of the state machine a trigger file starts."
  value       = aws_sfn_state_machine.reindex.arn
}

output "state_machine_role_arn" {
  description = "ARN of the role of the state machine a trigger file starts."
  value       = aws_iam_role.state_machine.arn
}
