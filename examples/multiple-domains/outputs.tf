output "bucket_names" {
  description = "Bucket to upload trigger files to, by team."
  value       = { payments = module.payments.bucket_name, search = module.search.bucket_name }
}

output "lambda_role_arns" {
  description = "ARN of the role to let in at a domain, by team."
  value       = { payments = module.payments.lambda_role_arn, search = module.search.lambda_role_arn }
}

output "state_machine_arns" {
  description = "ARN of the state machine a trigger file starts, by team."
  value       = { payments = module.payments.state_machine_arn, search = module.search.state_machine_arn }
}
