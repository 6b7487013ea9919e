variable "aws_region" {
  description = "Region of all resources."
  type        = string
  default     = "us-east-1"
  nullable    = false
}

variable "bucket_name" {
  description = "Name of the bucket."
  type        = string
  nullable    = false
}

variable "domain_arns" {
  description = "ARNs of the OpenSearch domains whose indices may be rebuilt."
  type        = list(string)
  nullable    = false
}

variable "environment" {
  description = "Second part of every name, `<project_name>-<environment>-...`."
  type        = string
  default     = "dev"
  nullable    = false
}

variable "project_name" {
  description = "First part of every name, `<project_name>-<environment>-...`."
  type        = string
  default     = "opensearch-reindex"
  nullable    = false
}
