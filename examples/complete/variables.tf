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

variable "ca_certificates" {
  description = "Certificates of private certificate authorities, as PEM text. Needed for a custom endpoint with a certificate from a private authority."
  type        = string
  default     = ""
  nullable    = false
}

variable "create_alarms" {
  description = "Whether to create the CloudWatch alarms."
  type        = bool
  default     = true
  nullable    = false
}

variable "create_domain" {
  description = "Whether to create a domain to try the module with. If false, `domain_arns` names existing domains."
  type        = bool
  default     = true
  nullable    = false
}

variable "domain_arns" {
  description = "ARNs of the existing OpenSearch domains whose indices may be rebuilt. Required if `create_domain` is false."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = (length(var.domain_arns) == 0) == var.create_domain
    error_message = "domain_arns must name existing domains if create_domain is false, and be empty if it is true."
  }
}

variable "domain_master_user_arn" {
  description = "ARN of the role or user that administers the domain that the example creates. Null means the caller."
  type        = string
  default     = null
}

variable "domain_name" {
  description = "Name of the domain that the example creates."
  type        = string
  default     = "reindex-trial"
  nullable    = false
}

variable "environment" {
  description = "Second part of every name, `<project_name>-<environment>-...`."
  type        = string
  default     = "dev"
  nullable    = false
}

variable "force_destroy" {
  description = "Whether to delete all objects when the buckets are destroyed. If false, AWS refuses to delete a bucket that is not empty."
  type        = bool
  default     = false
  nullable    = false
}

variable "lambda_reserved_concurrency" {
  description = "Reserved concurrency of each of the seven functions, which the account's unreserved concurrency loses. -1 means no reservation."
  type        = number
  default     = -1
  nullable    = false
}

variable "notification_emails" {
  description = "Email addresses that receive the notifications. AWS asks each address to confirm."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "notify_on_success" {
  description = "Whether to send notifications of successful executions too."
  type        = bool
  default     = true
  nullable    = false
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary for every role that the module creates. Null means no boundary."
  type        = string
  default     = null
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

variable "tags" {
  description = "Tags of every resource that supports tags."
  type        = map(string)
  default     = { service = "opensearch-reindex" }
  nullable    = false
}
