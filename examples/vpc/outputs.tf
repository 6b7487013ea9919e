output "bucket_name" {
  description = "Bucket to upload trigger files to, as `*.json`. Known once an upload starts an execution."
  value       = module.opensearch_reindex.bucket_name
}

output "domain_security_group_id" {
  description = "Id of the security group to give the domain."
  value       = aws_security_group.domain.id
}

output "security_group_id" {
  description = "Id of the security group of the Lambda functions."
  value       = module.opensearch_reindex.security_group_id
}

output "state_machine_arn" {
  description = "ARN of the state machine a trigger file starts."
  value       = module.opensearch_reindex.state_machine_arn
}

output "subnet_ids" {
  description = "Ids of the private subnets, for the domain too."
  value       = values(aws_subnet.private)[*].id
}

output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}
