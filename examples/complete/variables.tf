variable "allowed_endpoints" {
  description = "Endpoints a trigger file may name, as `host` or `host:port`. Empty: those AWS gives the domains."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "aws_region" {
  description = "Region of everything made here."
  type        = string
  default     = "us-east-1"
  nullable    = false
}

variable "ca_certificates" {
  description = "PEM text of private certificate authorities, for a custom endpoint whose certificate is from one."
  type        = string
  default     = ""
  nullable    = false
}

variable "create_alarms" {
  description = "Whether to make the alarms."
  type        = bool
  default     = true
  nullable    = false
}

variable "create_domain" {
  description = "Whether to make a domain to try the module with. False: `domain_arns` names domains that exist."
  type        = bool
  default     = true
  nullable    = false
}

variable "domain_arns" {
  description = "ARNs of the OpenSearch domains whose indices may be rebuilt, with `create_domain = false`."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = (length(var.domain_arns) == 0) == var.create_domain
    error_message = "domain_arns: name domains that exist together with create_domain = false, and only then."
  }
}

variable "domain_master_user_arn" {
  description = "ARN of the role or user that administers the domain made here. Null: who applies."
  type        = string
  default     = null
}

variable "domain_name" {
  description = "Name of the domain made here."
  type        = string
  default     = "reindex-trial"
  nullable    = false
}

variable "environment" {
  description = "Second part of every name: `<project_name>-<environment>-...`."
  type        = string
  default     = "dev"
  nullable    = false
}

variable "force_destroy" {
  description = "Whether `terraform destroy` takes buckets with files in them too."
  type        = bool
  default     = false
  nullable    = false
}

variable "lambda_reserved_concurrency" {
  description = "Concurrent runs kept for each of the seven functions, taken from the account's concurrency; -1: none kept, no limit."
  type        = number
  default     = -1
  nullable    = false
}

variable "notification_emails" {
  description = "Addresses that get the notifications. AWS asks each to confirm."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "notify_on_success" {
  description = "Whether executions that succeed are told of too."
  type        = bool
  default     = true
  nullable    = false
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the permissions of every role made here, where the account asks for one."
  type        = string
  default     = null
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

variable "tags" {
  description = "Tags of every resource that can have them."
  type        = map(string)
  default     = { service = "opensearch-reindex" }
  nullable    = false
}
