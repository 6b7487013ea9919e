variable "allowed_endpoints" {
  description = "Endpoints a trigger file may name, as `host` or `host:port`. Empty: those AWS gives the domains of `domain_arns`."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "aws_region" {
  description = "Region of the bucket, the state machines and the Lambda functions."
  type        = string
  default     = "us-east-1"
  nullable    = false
}

variable "bucket_name" {
  description = "Name of the bucket for trigger files. Null: `<project_name>-<environment>-<account id>`."
  type        = string
  default     = null
}

variable "ca_certificates" {
  description = "PEM text of private certificate authorities, for a custom endpoint whose certificate is from one."
  type        = string
  default     = ""
  nullable    = false
}

variable "domain_arns" {
  description = "ARNs of the OpenSearch domains whose indices may be rebuilt."
  type        = list(string)
  nullable    = false
}

variable "environment" {
  description = "Second part of every name: `<project_name>-<environment>-...`."
  type        = string
  default     = "dev"
  nullable    = false
}

variable "poll_interval_seconds" {
  description = "Longest time between two looks at a running copy, in seconds."
  type        = number
  default     = 30
  nullable    = false
}

variable "project_name" {
  description = "First part of every name: `<project_name>-<environment>-...`."
  type        = string
  default     = "opensearch-reindex"
  nullable    = false
}
