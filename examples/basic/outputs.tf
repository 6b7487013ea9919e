output "bucket_name" {
  description = "Bucket to upload trigger files to, as `*.json`. Known once an upload starts an execution."
  value       = module.opensearch_reindex.bucket_name
}

output "index_state_machine_arn" {
  description = "ARN of the state machine that rebuilds one index. Started by the other one."
  value       = module.opensearch_reindex.index_state_machine_arn
}

output "lambda_function_arns" {
  description = "ARNs of the Lambda functions by step, such as `create_index`."
  value       = module.opensearch_reindex.lambda_function_arns
}

output "lambda_role_arn" {
  description = "ARN of the role every Lambda function runs with: the identity to map to an OpenSearch role where fine-grained access control is on."
  value       = module.opensearch_reindex.lambda_role_arn
}

output "log_group_names" {
  description = "Names of the log groups: one a step, `state_machine` and `index_state_machine`."
  value       = module.opensearch_reindex.log_group_names
}

output "state_machine_arn" {
  description = "ARN of the state machine a trigger file starts."
  value       = module.opensearch_reindex.state_machine_arn
}
