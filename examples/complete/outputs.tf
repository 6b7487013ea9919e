output "alarm_arns" {
  description = "ARNs of the alarms, by name."
  value       = module.opensearch_reindex.alarm_arns
}

output "bucket_name" {
  description = "Name of the bucket for trigger files, `reindex/*.json`. Known as soon as an upload can start an execution."
  value       = module.opensearch_reindex.bucket_name
}

output "dashboard_name" {
  description = "Name of the CloudWatch dashboard."
  value       = module.opensearch_reindex.dashboard_name
}

output "dead_letter_queue_url" {
  description = "URL of the SQS queue for events that could not start an execution."
  value       = module.opensearch_reindex.dead_letter_queue_url
}

output "domain_endpoint" {
  description = "Value of `opensearch_endpoint` in a trigger file for the domain that the example creates. Null if `create_domain` is false."
  value       = one([for domain in aws_opensearch_domain.search : "https://${domain.endpoint}"])

  depends_on = [aws_opensearch_domain_policy.search]
}

output "kms_key_arn" {
  description = "ARN of the KMS key."
  value       = aws_kms_key.reindex.arn
}

output "lambda_function_arns" {
  description = "ARNs of the Lambda functions, by step, such as `create_index`."
  value       = module.opensearch_reindex.lambda_function_arns
}

output "lambda_role_arn" {
  description = "ARN of the role of all Lambda functions. Map it to an OpenSearch role if the domain has fine-grained access control."
  value       = module.opensearch_reindex.lambda_role_arn
}

output "log_group_names" {
  description = "Names of the log groups, by step, and for `state_machine` and `index_state_machine`."
  value       = module.opensearch_reindex.log_group_names
}

output "notification_state_machine_arn" {
  description = "ARN of the state machine that sends notifications."
  value       = module.opensearch_reindex.notification_state_machine_arn
}

output "notification_topic_arn" {
  description = "ARN of the SNS topic for notifications."
  value       = module.opensearch_reindex.notification_topic_arn
}

output "state_machine_arn" {
  description = "ARN of the state machine that a trigger file starts."
  value       = module.opensearch_reindex.state_machine_arn
}
