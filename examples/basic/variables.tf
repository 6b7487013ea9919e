variable "allowed_endpoints" {
  description = "Endpoints that a trigger file may name, as `host` or `host:port`. An empty list means the endpoints that AWS assigns to the domains."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "aws_region" {
  description = "Region of all resources."
  type        = string
  default     = "us-east-1"
  nullable    = false
}

variable "bucket_name" {
  description = "Name of the bucket for trigger files. Null means `<project_name>-triggers-<account id>`, with `<environment>` in between unless it is `dev`."
  type        = string
  default     = null
}

variable "ca_certificates" {
  description = "Certificates of private certificate authorities, as PEM text. Needed for a custom endpoint with a certificate from a private authority."
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
  description = "Second part of every name, `<project_name>-<environment>-...`."
  type        = string
  default     = "dev"
  nullable    = false
}

variable "poll_interval_seconds" {
  description = "Maximum poll interval of a reindex task, in seconds."
  type        = number
  default     = 30
  nullable    = false
}

variable "project_name" {
  description = "First part of every name, `<project_name>-<environment>-...`."
  type        = string
  default     = "opensearch-reindex"
  nullable    = false
}
