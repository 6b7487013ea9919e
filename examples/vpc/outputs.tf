output "bucket_name" {
  description = "Name of the bucket for trigger files, `*.json`. Known as soon as an upload can start an execution."
  value       = module.opensearch_reindex.bucket_name
}

output "domain_security_group_id" {
  description = "ID of the security group for the domain."
  value       = aws_security_group.domain.id
}

output "security_group_id" {
  description = "ID of the security group of the Lambda functions."
  value       = module.opensearch_reindex.security_group_id
}

output "state_machine_arn" {
  description = "ARN of the state machine that a trigger file starts."
  value       = module.opensearch_reindex.state_machine_arn
}

output "subnet_ids" {
  description = "IDs of the private subnets, for the functions and for the domain."
  value       = values(aws_subnet.private)[*].id
}

output "vpc_id" {
  description = "ID of the VPC."
  value       = aws_vpc.this.id
}
