# Passes the options of `terraform test` to the provider block of a test file. The block can refer only to variables of the
# module under test and to outputs of earlier runs (Terraform 1.11).

terraform {
  required_version = ">= 1.9"
}

variable "local_access_key" {
  description = "Access key ID of the root user of the local AWS account."
  type        = string
}

variable "local_aws_endpoint" {
  description = "URL of the local AWS."
  type        = string
}

variable "local_secret_key" {
  description = "Secret access key of the root user of the local AWS account."
  type        = string
}

output "access_key" {
  description = "Access key ID of the root user of the local AWS account."
  value       = var.local_access_key
}

output "endpoint" {
  description = "URL of the local AWS."
  value       = var.local_aws_endpoint
}

output "secret_key" {
  description = "Secret access key of the root user of the local AWS account."
  value       = var.local_secret_key
}
