output "bucket_name" {
  description = "Name of the bucket for trigger files, `*.json`. Known as soon as an upload can start an execution."
  value       = module.opensearch_reindex.bucket_name
}

output "index_state_machine_arn" {
  description = "ARN of the state machine that rebuilds one index. `state_machine_arn` starts it for each index."
  value       = module.opensearch_reindex.index_state_machine_arn
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

output "state_machine_arn" {
  description = "ARN of the state machine that a trigger file starts."
  value       = module.opensearch_reindex.state_machine_arn
}
