# Hands the options of `terraform test` on to a provider block of a test file. By itself such a block knows the
# variables of the module under test and the outputs of runs before, and no other (Terraform 1.11).

terraform {
  required_version = ">= 1.9"
}

variable "local_access_key" {
  description = "Access key id of the root of the local AWS account."
  type        = string
}

variable "local_aws_endpoint" {
  description = "URL of the local AWS."
  type        = string
}

variable "local_secret_key" {
  description = "Secret access key of the root of the local AWS account."
  type        = string
}

output "access_key" {
  description = "Access key id of the root of the local AWS account."
  value       = var.local_access_key
}

output "endpoint" {
  description = "URL of the local AWS."
  value       = var.local_aws_endpoint
}

output "secret_key" {
  description = "Secret access key of the root of the local AWS account."
  value       = var.local_secret_key
}
