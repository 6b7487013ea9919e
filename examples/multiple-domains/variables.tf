variable "aws_region" {
  description = "Region of all resources."
  type        = string
  default     = "us-east-1"
  nullable    = false
}

variable "environment" {
  description = "Second part of every name, `<project_name>-<environment>-...`."
  type        = string
  default     = "dev"
  nullable    = false
}

variable "payments_domain_arns" {
  description = "ARNs of the domains of the payments team."
  type        = list(string)
  nullable    = false
}

variable "search_domain_arns" {
  description = "ARNs of the domains of the search team, such as products and logs."
  type        = list(string)
  nullable    = false
}
