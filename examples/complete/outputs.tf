output "alarm_arns" {
  description = "ARNs of the alarms by what they are about."
  value       = module.opensearch_reindex.alarm_arns
}

output "bucket_name" {
  description = "Bucket to upload trigger files to, as `reindex/*.json`. Known once an upload starts an execution."
  value       = module.opensearch_reindex.bucket_name
}

output "dashboard_name" {
  description = "Name of the CloudWatch dashboard."
  value       = module.opensearch_reindex.dashboard_name
}

output "dead_letter_queue_url" {
  description = "URL of the queue for events that could not start an execution."
  value       = module.opensearch_reindex.dead_letter_queue_url
}

output "domain_endpoint" {
  description = "The `opensearch_endpoint` of trigger files for the domain made here; null without one."
  value       = one([for domain in aws_opensearch_domain.search : "https://${domain.endpoint}"])

  depends_on = [aws_opensearch_domain_policy.search]
}

output "kms_key_arn" {
  description = "ARN of the key."
  value       = aws_kms_key.reindex.arn
}

output "lambda_function_arns" {
  description = "ARNs of the Lambda functions by step, such as `create_index`."
  value       = module.opensearch_reindex.lambda_function_arns
}

output "lambda_role_arn" {
  description = "ARN of the role of the steps: to be mapped to an OpenSearch role where fine-grained access control is on."
  value       = module.opensearch_reindex.lambda_role_arn
}

output "log_group_names" {
  description = "Names of the log groups: one a step, `state_machine` and `index_state_machine`."
  value       = module.opensearch_reindex.log_group_names
}

output "notification_state_machine_arn" {
  description = "ARN of the state machine that writes the notifications."
  value       = module.opensearch_reindex.notification_state_machine_arn
}

output "notification_topic_arn" {
  description = "ARN of the topic of the notifications."
  value       = module.opensearch_reindex.notification_topic_arn
}

output "state_machine_arn" {
  description = "ARN of the state machine a trigger file starts."
  value       = module.opensearch_reindex.state_machine_arn
}
