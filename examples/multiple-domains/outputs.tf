output "bucket_names" {
  description = "Names of the buckets for trigger files, by team."
  value       = { payments = module.payments.bucket_name, search = module.search.bucket_name }
}

output "lambda_role_arns" {
  description = "ARNs of the roles to allow in the domains, by team."
  value       = { payments = module.payments.lambda_role_arn, search = module.search.lambda_role_arn }
}

output "state_machine_arns" {
  description = "ARNs of the state machines that a trigger file starts, by team."
  value       = { payments = module.payments.state_machine_arn, search = module.search.state_machine_arn }
}
