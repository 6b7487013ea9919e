variable "allowed_endpoints" {
  description = "Endpoints a trigger file may name, as `host` or `host:port`. Empty: only the endpoints AWS gives the domains of `domain_arns`. A custom domain name has to be listed here."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for endpoint in var.allowed_endpoints : !strcontains(endpoint, "://")])
    error_message = "allowed_endpoints: write `host` or `host:port` without a scheme (`search.example.com`, not `https://search.example.com`)."
  }

  validation {
    condition     = alltrue([for endpoint in var.allowed_endpoints : !strcontains(replace(endpoint, "://", ""), "/")])
    error_message = "allowed_endpoints: write `host` or `host:port` without a path (`search.example.com`, not `search.example.com/_search`)."
  }

  validation {
    condition = alltrue([
      for endpoint in var.allowed_endpoints :
      strcontains(endpoint, "/") || can(regex("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]+)?$", endpoint))
    ])
    error_message = "allowed_endpoints: every entry is a lower-case host name or IPv4 address, with `:port` where the port is not 443 (`search.example.com`, `127.0.0.1:9200`)."
  }

  validation {
    condition = alltrue([
      for endpoint in var.allowed_endpoints :
      try(tonumber(regex(":([0-9]+)$", endpoint)[0]) >= 1 && tonumber(regex(":([0-9]+)$", endpoint)[0]) <= 65535, true)
    ])
    error_message = "allowed_endpoints: a port is a number from 1 to 65535."
  }
}

variable "bucket_name" {
  description = "Name of the bucket the module creates for trigger files. Null: `opensearch-reindex-triggers-<account id>`. Choose a name where the module is used more than once in an account."
  type        = string
  default     = null

  validation {
    condition     = var.bucket_name == null || can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name: use 3 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends. Dots are refused, they break TLS host names."
  }
}

variable "ca_certificates" {
  description = "PEM text of private certificate authorities, for a custom endpoint whose certificate is from one. The functions trust them beside the public ones. At most 3,000 characters."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition = var.ca_certificates == "" || (
      startswith(var.ca_certificates, "-----BEGIN CERTIFICATE-----") &&
      endswith(trimspace(var.ca_certificates), "-----END CERTIFICATE-----")
    )
    error_message = "ca_certificates: give the PEM text itself, from `-----BEGIN CERTIFICATE-----` to `-----END CERTIFICATE-----` (`file(\"ca.pem\")`, not `\"ca.pem\"`)."
  }

  validation {
    condition     = !strcontains(var.ca_certificates, "PRIVATE KEY")
    error_message = "ca_certificates: take the private key out. Only certificates belong here, and a key that was in a plan or state should be replaced."
  }

  validation {
    # All environment variables of a Lambda function together end at 4 KB.
    condition     = length(var.ca_certificates) <= 3000
    error_message = "ca_certificates: give at most 3,000 characters, the environment of a Lambda function has room for no more. Leave out intermediate authorities: the root is enough where the endpoint sends the rest."
  }
}

variable "domain_arns" {
  description = "ARNs of the OpenSearch domains whose indices may be rebuilt, `arn:<partition>:es:<region>:<account id>:domain/<name>`."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.domain_arns) >= 1
    error_message = "domain_arns: name at least one domain, such as `[aws_opensearch_domain.search.arn]`."
  }

  validation {
    condition     = alltrue([for arn in var.domain_arns : !strcontains(arn, ":aoss:")])
    error_message = "domain_arns: OpenSearch Serverless (`aoss`) is not supported, it has no _reindex with tasks. Name domains of Amazon OpenSearch Service (`es`)."
  }

  validation {
    condition     = alltrue([for arn in var.domain_arns : !can(regex("[*?]", arn))])
    error_message = "domain_arns: wildcards are refused. Name each domain in full, without a trailing `/*`: the module adds it."
  }

  validation {
    condition = alltrue([
      for arn in var.domain_arns : strcontains(arn, ":aoss:") || can(regex("[*?]", arn)) ||
      can(regex("^arn:aws[a-z-]*:es:[a-z]{2}[a-z0-9-]+:[0-9]{12}:domain/[a-z][a-z0-9-]{2,27}$", arn))
    ])
    error_message = "domain_arns: every entry is the full ARN of a domain, `arn:<partition>:es:<region>:<account id>:domain/<name>`, and nothing after the name."
  }
}

variable "environment" {
  description = "Second part of every name: `<project_name>-<environment>-...`."
  type        = string
  default     = "dev"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", var.environment))
    error_message = "environment: use lower-case letters, digits and hyphens, with a letter or digit at both ends."
  }
}

variable "execution_timeout_seconds" {
  description = "Seconds after which the rebuilding of a trigger file, and of one index in it, is given up with `States.Timeout`. Uploading the file again resumes it."
  type        = number
  default     = 7200
  nullable    = false

  validation {
    condition = (
      var.execution_timeout_seconds >= 60 && var.execution_timeout_seconds <= 31536000 &&
      floor(var.execution_timeout_seconds) == var.execution_timeout_seconds
    )
    error_message = "execution_timeout_seconds: choose a whole number from 60 to 31536000 (a year, the longest Step Functions allows)."
  }
}

variable "lambda_memory" {
  description = "Memory of each Lambda function, in MB."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.lambda_memory >= 128 && var.lambda_memory <= 10240 && floor(var.lambda_memory) == var.lambda_memory
    error_message = "lambda_memory: choose a whole number from 128 to 10240 (MB)."
  }
}

variable "lambda_runtime" {
  description = "Python runtime of the Lambda functions. AWS deprecates `python3.11` on 2027-06-30; `python3.14` needs version 6 of the provider."
  type        = string
  default     = "python3.11"
  nullable    = false

  validation {
    condition     = contains(["python3.11", "python3.12", "python3.13", "python3.14"], var.lambda_runtime)
    error_message = "lambda_runtime: choose python3.11, python3.12, python3.13 or python3.14."
  }
}

variable "lambda_timeout" {
  description = "Seconds one step may take. Copying documents runs in OpenSearch and does not count."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.lambda_timeout >= 120 && var.lambda_timeout <= 900 && floor(var.lambda_timeout) == var.lambda_timeout
    error_message = "lambda_timeout: choose a whole number from 120 to 900 (seconds; one request to OpenSearch may take 60, 900 is the longest Lambda allows)."
  }
}

variable "log_level" {
  description = "Least severe level the Lambda functions log."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], var.log_level)
    error_message = "log_level: choose DEBUG, INFO, WARNING, ERROR or CRITICAL."
  }
}

variable "log_retention_days" {
  description = "Days the logs of the Lambda functions and state machines are kept; 0 keeps them for ever."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition = contains(
      [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_days
    )
    error_message = "log_retention_days: choose a number CloudWatch Logs knows: 0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "poll_interval_seconds" {
  description = "Seconds between two looks at a running copy."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition = (
      var.poll_interval_seconds >= 1 && var.poll_interval_seconds <= 3600 &&
      floor(var.poll_interval_seconds) == var.poll_interval_seconds
    )
    error_message = "poll_interval_seconds: choose a whole number from 1 to 3600."
  }

  validation {
    # A Standard execution ends at 25,000 history events; one look costs 9, the other steps of an index about 60.
    condition     = var.execution_timeout_seconds <= 2700 * var.poll_interval_seconds
    error_message = "poll_interval_seconds: the history of an execution ends after 2700 looks at the copy. Choose at least execution_timeout_seconds / 2700, or a shorter execution_timeout_seconds."
  }
}

variable "project_name" {
  description = "First part of every name: `<project_name>-<environment>-...`."
  type        = string
  default     = "opensearch-reindex"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]*[a-z0-9])?$", var.project_name))
    error_message = "project_name: use lower-case letters, digits and hyphens, with a letter first and no hyphen last."
  }

  validation {
    # Lambda and IAM role names end at 64 characters, the longest one made here is this. A state machine's may have 80.
    condition     = length("${var.project_name}-${var.environment}-check-reindex-status") <= 64
    error_message = "project_name and environment: shorten them to 42 characters together, so that `<project_name>-<environment>-check-reindex-status` stays within the 64 of a Lambda function's name."
  }
}

variable "stall_timeout_seconds" {
  description = "Seconds after which a copy that comes no further is cancelled with an error. A copy that waits for the `requests_per_second` of its trigger file does not count."
  type        = number
  default     = 1800
  nullable    = false

  validation {
    condition     = var.stall_timeout_seconds >= 60 && floor(var.stall_timeout_seconds) == var.stall_timeout_seconds
    error_message = "stall_timeout_seconds: choose a whole number of at least 60. OpenSearch itself goes on trying for some minutes while its queues are full."
  }

  validation {
    condition     = var.stall_timeout_seconds >= 2 * var.poll_interval_seconds
    error_message = "stall_timeout_seconds: choose at least twice poll_interval_seconds, so that a copy is looked at before it is given up."
  }
}

variable "tags" {
  description = "Tags of every resource that can have them."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:")])
    error_message = "tags: keys that begin with `aws:` belong to AWS, choose other ones."
  }
}

variable "vpc_config" {
  description = "Subnets and security groups of the Lambda functions, for domains inside a VPC. Null: outside of any VPC. The subnets need a way to S3 and Step Functions (NAT or endpoints)."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null

  validation {
    condition     = var.vpc_config == null ? true : length(var.vpc_config.subnet_ids) >= 1 && length(var.vpc_config.security_group_ids) >= 1
    error_message = "vpc_config: give at least one subnet and one security group, or leave vpc_config out."
  }

  validation {
    condition     = var.vpc_config == null ? true : alltrue([for id in var.vpc_config.subnet_ids : startswith(id, "subnet-")])
    error_message = "vpc_config: subnet_ids are ids of subnets, such as `subnet-0a1b2c3d`."
  }

  validation {
    condition     = var.vpc_config == null ? true : alltrue([for id in var.vpc_config.security_group_ids : startswith(id, "sg-")])
    error_message = "vpc_config: security_group_ids are ids of security groups, such as `sg-0a1b2c3d`."
  }
}
