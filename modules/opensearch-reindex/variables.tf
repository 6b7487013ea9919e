variable "alarm_actions" {
  description = "ARNs to notify when an alarm enters or leaves the ALARM state, such as SNS topics. An empty list means the notification topic, if there is one."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.alarm_actions : startswith(arn, "arn:aws")])
    error_message = "alarm_actions must contain ARNs, such as the ARN of an SNS topic."
  }
}

variable "allow_untested_engines" {
  description = "Whether to run on major versions of OpenSearch that this version of the module was not tested with. Older versions that the module does not support are always refused."
  type        = bool
  default     = false
  nullable    = false
}

variable "allowed_endpoints" {
  description = "Endpoints that a trigger file may name, as `host` or `host:port`. An empty list means the endpoints that AWS assigns to the domains in `domain_arns`. List custom domain names here."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for endpoint in var.allowed_endpoints : !strcontains(endpoint, "://")])
    error_message = "allowed_endpoints must not contain a scheme: write `search.example.com`, not `https://search.example.com`."
  }

  validation {
    condition     = alltrue([for endpoint in var.allowed_endpoints : !strcontains(replace(endpoint, "://", ""), "/")])
    error_message = "allowed_endpoints must not contain a path: write `search.example.com`, not `search.example.com/_search`."
  }

  validation {
    condition = alltrue([
      for endpoint in var.allowed_endpoints :
      strcontains(endpoint, "/") || can(regex("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]+)?$", endpoint))
    ])
    error_message = "allowed_endpoints must contain lower-case host names or IPv4 addresses, with `:port` unless the port is 443, such as `search.example.com` or `127.0.0.1:9200`."
  }

  validation {
    condition = alltrue([
      for endpoint in var.allowed_endpoints :
      try(tonumber(regex(":([0-9]+)$", endpoint)[0]) >= 1 && tonumber(regex(":([0-9]+)$", endpoint)[0]) <= 65535, true)
    ])
    error_message = "allowed_endpoints must contain ports from 1 to 65535."
  }
}

variable "bucket_access_logging" {
  description = "Bucket and key prefix for the server access logs of the bucket that the module creates. Null means no access logs."
  type = object({
    bucket = string
    prefix = optional(string, "")
  })
  default = null

  validation {
    condition     = var.bucket_access_logging == null || var.create_bucket
    error_message = "bucket_access_logging must be null if create_bucket is false: the module does not change an existing bucket. Set up access logs where the bucket is created."
  }
}

variable "bucket_kms_key_arn" {
  description = "ARN of the KMS key that encrypts trigger files, such as the key of an existing bucket. Null means `kms_key_arn`."
  type        = string
  default     = null

  validation {
    condition     = var.bucket_kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.bucket_kms_key_arn))
    error_message = "bucket_kms_key_arn must be the ARN of a key, `arn:<partition>:kms:<region>:<account id>:key/<id>`, not of an alias."
  }
}

variable "bucket_name" {
  description = "Name of the bucket for trigger files. Null means `<project_name>-triggers-<account id>`, or `<project_name>-<environment>-triggers-<account id>` if `environment` is not `dev`, shortened to the limit of S3."
  type        = string
  default     = null

  validation {
    condition     = var.create_bucket || var.bucket_name != null
    error_message = "bucket_name must name the existing bucket if create_bucket is false, such as `bucket_name = aws_s3_bucket.config.bucket`."
  }

  validation {
    condition     = !var.create_bucket || var.bucket_name == null || can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name must have 3 to 63 lower-case letters, digits and hyphens, and begin and end with a letter or digit. Dots are not allowed because they break TLS host names."
  }

  validation {
    condition     = var.create_bucket || var.bucket_name == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name must be the name alone, such as `my-config-bucket`, without `s3://`, an ARN or a path."
  }
}

variable "ca_certificates" {
  description = "Certificates of private certificate authorities, as PEM text of at most 3,000 characters. The functions trust them in addition to public authorities. Needed for a custom endpoint with a certificate from a private authority."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition = var.ca_certificates == "" || (
      startswith(var.ca_certificates, "-----BEGIN CERTIFICATE-----") &&
      endswith(trimspace(var.ca_certificates), "-----END CERTIFICATE-----")
    )
    error_message = "ca_certificates must be PEM text from `-----BEGIN CERTIFICATE-----` to `-----END CERTIFICATE-----`: write `file(\"ca.pem\")`, not `\"ca.pem\"`."
  }

  validation {
    condition     = !strcontains(var.ca_certificates, "PRIVATE KEY")
    error_message = "ca_certificates must not contain a private key. Remove it, and replace any key that has been in a plan or state."
  }

  validation {
    # Lambda limits all environment variables of a function together to 4 KB.
    condition     = length(var.ca_certificates) <= 3000
    error_message = "ca_certificates must have at most 3,000 characters, because the environment of a Lambda function holds 4 KB. Leave out intermediate authorities that the endpoint sends itself."
  }
}

variable "create_alarms" {
  description = "Whether to create CloudWatch alarms for unsuccessful executions, undelivered events, and errors and throttles of the functions."
  type        = bool
  default     = false
  nullable    = false
}

variable "create_bucket" {
  description = "Whether to create the bucket for trigger files. If false, `bucket_name` names an existing bucket, whose policy, lifecycle and encryption stay unchanged."
  type        = bool
  default     = true
  nullable    = false
}

variable "create_dashboard" {
  description = "Whether to create a CloudWatch dashboard of executions, functions and errors."
  type        = bool
  default     = false
  nullable    = false
}

variable "create_dead_letter_queue" {
  description = "Whether to create the SQS queue for events that could not start an execution. If false, `dead_letter_queue_arn` names an existing queue."
  type        = bool
  default     = true
  nullable    = false
}

variable "create_notification_topic" {
  description = "Whether to create the SNS topic for notifications. If false, `notification_topic_arn` names an existing topic."
  type        = bool
  default     = true
  nullable    = false
}

variable "create_notifications" {
  description = "Whether to create notifications of executions that failed, timed out or were aborted. A notification names the index, the step and the reason."
  type        = bool
  default     = false
  nullable    = false
}

variable "create_package_bucket" {
  description = "Whether to create the bucket for the package that Terraform builds. Set it to false if another resource of the same apply creates the bucket in `package_bucket`. Null means true without `package_bucket`."
  type        = bool
  default     = null

  validation {
    condition     = var.create_package_bucket == null ? true : var.create_package_bucket ? var.package_bucket == null : true
    error_message = "create_package_bucket must be false or null with package_bucket, which names an existing bucket."
  }
}

variable "create_roles" {
  description = "Whether to create the IAM roles. If false, `role_arns` names existing roles, and the module attaches no policies to them."
  type        = bool
  default     = true
  nullable    = false
}

variable "dead_letter_queue_arn" {
  description = "ARN of an existing SQS queue for events that could not start an execution. Required if `create_dead_letter_queue` is false. The queue policy must allow EventBridge to send messages."
  type        = string
  default     = null

  validation {
    condition     = var.dead_letter_queue_arn == null || can(regex("^arn:aws[a-z-]*:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", var.dead_letter_queue_arn))
    error_message = "dead_letter_queue_arn must be the ARN of a standard queue, `arn:<partition>:sqs:<region>:<account id>:<name>`."
  }

  validation {
    condition     = (var.dead_letter_queue_arn == null) == var.create_dead_letter_queue
    error_message = "dead_letter_queue_arn must be set if create_dead_letter_queue is false, and null if it is true."
  }
}

variable "domain_arns" {
  description = "ARNs of the OpenSearch domains whose indices may be rebuilt, as `arn:<partition>:es:<region>:<account id>:domain/<name>`."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.domain_arns) >= 1
    error_message = "domain_arns must name at least one domain, such as `[aws_opensearch_domain.search.arn]`."
  }

  validation {
    condition     = alltrue([for arn in var.domain_arns : !strcontains(arn, ":aoss:")])
    error_message = "domain_arns must not name a collection of OpenSearch Serverless (`aoss`), which has no reindex tasks. Name domains of Amazon OpenSearch Service (`es`)."
  }

  validation {
    condition     = alltrue([for arn in var.domain_arns : !can(regex("[*?]", arn))])
    error_message = "domain_arns must not contain wildcards. Name each domain in full, without a trailing `/*`, which the module adds."
  }

  validation {
    condition = alltrue([
      for arn in var.domain_arns : strcontains(arn, ":aoss:") || can(regex("[*?]", arn)) ||
      can(regex("^arn:aws[a-z-]*:es:[a-z]{2}[a-z0-9-]+:[0-9]{12}:domain/[a-z][a-z0-9-]{2,27}$", arn))
    ])
    error_message = "domain_arns must contain full ARNs of domains, `arn:<partition>:es:<region>:<account id>:domain/<name>`, with nothing after the name."
  }
}

variable "environment" {
  description = "Second part of every name, `<project_name>-<environment>-...`."
  type        = string
  default     = "dev"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", var.environment))
    error_message = "environment must consist of lower-case letters, digits and hyphens, and begin and end with a letter or digit."
  }

  validation {
    condition     = length(var.environment) <= 32
    error_message = "environment must have at most 32 characters."
  }
}

variable "event_max_age_seconds" {
  description = "Maximum age of an upload event, in seconds. EventBridge retries until then and sends an older event to the dead-letter queue, so that an old file starts no execution."
  type        = number
  default     = 3600
  nullable    = false

  validation {
    condition     = var.event_max_age_seconds >= 60 && var.event_max_age_seconds <= 86400 && floor(var.event_max_age_seconds) == var.event_max_age_seconds
    error_message = "event_max_age_seconds must be a whole number from 60 to 86400. EventBridge retries for at most one day."
  }
}

variable "execution_timeout_seconds" {
  description = "Timeout of an execution, in seconds, for a trigger file and for each of its indices. Upload the trigger file again to resume after `States.Timeout`."
  type        = number
  default     = 7200
  nullable    = false

  validation {
    condition = (
      var.execution_timeout_seconds >= 60 && var.execution_timeout_seconds <= 6120000 &&
      floor(var.execution_timeout_seconds) == var.execution_timeout_seconds
    )
    error_message = "execution_timeout_seconds must be a whole number from 60 to 6120000. The history of an execution holds the polls of at most 70 days."
  }
}

variable "force_destroy" {
  description = "Whether to delete all objects when the bucket that the module creates is destroyed or replaced. If false, AWS refuses to delete a bucket that holds any version of an object."
  type        = bool
  default     = false
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of a KMS key for the bucket, logs, function environment, topic and queue that the module creates. Null means the default encryption of each service. The output `kms_key_policy_statements` lists what the key policy must allow."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, `arn:<partition>:kms:<region>:<account id>:key/<id>`, not of an alias."
  }
}

variable "lambda_architecture" {
  description = "Instruction set architecture of the functions, `arm64` or `x86_64`. The package is pure Python and runs on both."
  type        = string
  default     = "x86_64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.lambda_architecture)
    error_message = "lambda_architecture must be arm64 or x86_64."
  }
}

variable "lambda_code_signing_config_arn" {
  description = "ARN of a code signing configuration for the functions. Requires a signed package in the input `package`. Null means no code signing."
  type        = string
  default     = null

  validation {
    condition     = var.lambda_code_signing_config_arn == null || can(regex("^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:code-signing-config:csc-[a-z0-9]+$", var.lambda_code_signing_config_arn))
    error_message = "lambda_code_signing_config_arn must be the ARN of a code signing configuration, `arn:<partition>:lambda:<region>:<account id>:code-signing-config:csc-<id>`."
  }

  validation {
    condition     = var.lambda_code_signing_config_arn == null || try(var.package.s3_key, null) != null
    error_message = "lambda_code_signing_config_arn requires a signed package, and the module does not sign the package that it builds. Sign a package and name it in package.s3_bucket and package.s3_key."
  }
}

variable "lambda_environment" {
  description = "Additional environment variables of the functions, such as `HTTPS_PROXY`. Do not pass secrets: everyone who may read a function's configuration sees them."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.lambda_environment) : can(regex("^[A-Za-z][A-Za-z0-9_]+$", name))])
    error_message = "lambda_environment must use names of at least two letters, digits and underscores that begin with a letter."
  }

  validation {
    condition = length(setintersection(keys(var.lambda_environment), [
      "ALLOWED_ENDPOINTS", "ALLOW_UNTESTED_ENGINES", "CA_CERTIFICATES", "DOMAIN_ARNS", "LOG_LEVEL",
      "POLL_INTERVAL_SECONDS", "STALL_TIMEOUT_SECONDS",
    ])) == 0
    error_message = "lambda_environment must not set ALLOWED_ENDPOINTS, ALLOW_UNTESTED_ENGINES, CA_CERTIFICATES, DOMAIN_ARNS, LOG_LEVEL, POLL_INTERVAL_SECONDS or STALL_TIMEOUT_SECONDS. Each has an input of its own."
  }

  validation {
    condition = alltrue([
      for name in keys(var.lambda_environment) :
      !contains(["LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "TZ"], name) && (!startswith(name, "AWS_") || name == "AWS_LAMBDA_EXEC_WRAPPER")
    ])
    error_message = "lambda_environment must not set names that Lambda reserves: TZ, LAMBDA_RUNTIME_DIR, LAMBDA_TASK_ROOT, and AWS_* except AWS_LAMBDA_EXEC_WRAPPER."
  }
}

variable "lambda_layers" {
  description = "ARNs of layer versions to add to the functions, such as observability tools."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.lambda_layers) <= 5
    error_message = "lambda_layers must have at most 5 entries, the maximum of Lambda."
  }

  validation {
    condition     = alltrue([for arn in var.lambda_layers : can(regex("^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:layer:[A-Za-z0-9_-]+:[0-9]+$", arn))])
    error_message = "lambda_layers must contain ARNs of layer versions, `arn:<partition>:lambda:<region>:<account id>:layer:<name>:<version>`."
  }
}

variable "lambda_memory" {
  description = "Memory of each function, in MB."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.lambda_memory >= 128 && var.lambda_memory <= 10240 && floor(var.lambda_memory) == var.lambda_memory
    error_message = "lambda_memory must be a whole number of MB from 128 to 10240."
  }
}

variable "lambda_reserved_concurrency" {
  description = "Reserved concurrency of each function, which is also its maximum. -1 means no reservation. An execution runs one step at a time."
  type        = number
  default     = -1
  nullable    = false

  validation {
    condition     = var.lambda_reserved_concurrency == -1 || var.lambda_reserved_concurrency >= 1 && floor(var.lambda_reserved_concurrency) == var.lambda_reserved_concurrency
    error_message = "lambda_reserved_concurrency must be a whole number of at least 1, or -1. With 0, no function could ever run."
  }
}

variable "lambda_runtime" {
  description = "Python runtime of the functions. AWS deprecates `python3.11` on 2027-06-30. `python3.13` requires AWS provider 5.76 or later, and `python3.14` a current version 6."
  type        = string
  default     = "python3.11"
  nullable    = false

  validation {
    condition     = contains(["python3.11", "python3.12", "python3.13", "python3.14"], var.lambda_runtime)
    error_message = "lambda_runtime must be python3.11, python3.12, python3.13 or python3.14."
  }
}

variable "lambda_timeout" {
  description = "Timeout of one step, in seconds. OpenSearch copies documents in the background, so the copy does not count."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.lambda_timeout >= 120 && var.lambda_timeout <= 900 && floor(var.lambda_timeout) == var.lambda_timeout
    error_message = "lambda_timeout must be a whole number of seconds from 120 to 900. A single OpenSearch request may take 60 seconds, and Lambda allows at most 900."
  }
}

variable "lambda_tracing" {
  description = "Whether to send traces of the functions to X-Ray."
  type        = bool
  default     = false
  nullable    = false
}

variable "log_level" {
  description = "Minimum level of the log messages of the functions: `DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], var.log_level)
    error_message = "log_level must be DEBUG, INFO, WARNING, ERROR or CRITICAL."
  }
}

variable "log_retention_days" {
  description = "Retention of the logs of the functions and state machines, in days. 0 means that logs never expire."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition = contains(
      [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_days
    )
    error_message = "log_retention_days must be a value that CloudWatch Logs supports: 0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "manage_bucket_notification" {
  description = "Whether to turn on EventBridge events of the bucket. **This replaces every other notification of the bucket.** Null means true for a bucket that the module creates and false for an existing bucket. Turn on the events of an existing bucket where it is created (`eventbridge = true`)."
  type        = bool
  default     = null
}

variable "notification_topic_arn" {
  description = "ARN of an existing SNS topic for notifications. Required if `create_notification_topic` is false. If the topic is encrypted, its key policy must allow the role `<project_name>-<environment>-notification` to use the key."
  type        = string
  default     = null

  validation {
    condition     = var.notification_topic_arn == null || can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", var.notification_topic_arn))
    error_message = "notification_topic_arn must be the ARN of a standard topic, `arn:<partition>:sns:<region>:<account id>:<name>`."
  }

  validation {
    condition     = (var.notification_topic_arn == null) == var.create_notification_topic
    error_message = "notification_topic_arn must be set if create_notification_topic is false, and null if it is true."
  }
}

variable "notify_on_success" {
  description = "Whether to send notifications of successful executions too."
  type        = bool
  default     = false
  nullable    = false
}

variable "package" {
  description = "Built package of the functions, as a local `file` or an object in S3. Null means that Terraform builds the package, which requires Python 3.11 or later with pip. `sha256` is the SHA-256 of the zip in Base64. With it, Terraform detects a new package under the same name and code that was replaced by hand."
  type = object({
    file              = optional(string)
    s3_bucket         = optional(string)
    s3_key            = optional(string)
    s3_object_version = optional(string)
    sha256            = optional(string)
  })
  default = null

  validation {
    condition     = var.package == null ? true : (var.package.s3_bucket == null) == (var.package.s3_key == null)
    error_message = "package must set both s3_bucket and s3_key for an object in S3."
  }

  validation {
    condition     = var.package == null ? true : (var.package.file == null) != (var.package.s3_key == null)
    error_message = "package must set either file or s3_bucket and s3_key. Leave package out to let Terraform build it."
  }

  validation {
    condition     = var.package == null ? true : var.package.s3_object_version == null || var.package.s3_key != null
    error_message = "package must set s3_bucket and s3_key if it sets s3_object_version."
  }

  validation {
    condition     = var.package == null ? true : var.package.sha256 == null || can(regex("^[A-Za-z0-9+/]{43}=$", var.package.sha256))
    error_message = "package.sha256 must be the SHA-256 of the zip in Base64, 44 characters long, as `openssl dgst -sha256 -binary package.zip | base64` prints it."
  }

  validation {
    condition     = var.package == null ? true : var.package.sha256 == null || var.package.s3_key != null
    error_message = "package.sha256 must be set only for an object in S3. Terraform computes the hash of a file."
  }

  validation {
    condition     = try(var.package.file, null) == null ? true : fileexists(var.package.file)
    error_message = "package.file must be an existing file. Build it with `make package` in a checkout of the module, or leave package out to let Terraform build it."
  }
}

variable "package_bucket" {
  description = "Name of an existing bucket for the package that Terraform builds, with versioning and in the region of the functions, but not the bucket for trigger files. Null means that the module creates `<project_name>-packages-<account id>`, named like the bucket in `bucket_name`."
  type        = string
  default     = null

  validation {
    condition     = var.package_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.package_bucket))
    error_message = "package_bucket must be the name alone, such as `my-artifacts-bucket`, without `s3://`, an ARN or a path."
  }
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary for every role that the module creates. Null means no boundary."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/[A-Za-z0-9+=,.@_/-]+$", var.permissions_boundary))
    error_message = "permissions_boundary must be the ARN of a policy, `arn:<partition>:iam::<account id>:policy/<name>`."
  }
}

variable "poll_interval_seconds" {
  description = "Maximum poll interval of a reindex task, in seconds. The module polls more often soon after the start and near the end of a copy."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition = (
      var.poll_interval_seconds >= 1 && var.poll_interval_seconds <= 3600 &&
      floor(var.poll_interval_seconds) == var.poll_interval_seconds
    )
    error_message = "poll_interval_seconds must be a whole number from 1 to 3600."
  }

  validation {
    # Step Functions limits the history of a Standard execution to 25,000 events. One poll takes 9 events. Polls soon after
    # the start of a copy are more frequent: up to 175 more for each start, and a copy starts at most six times.
    condition     = var.execution_timeout_seconds <= 1700 * var.poll_interval_seconds
    error_message = "poll_interval_seconds must be at least execution_timeout_seconds / 1700. Otherwise the polls may exceed the history of an execution. Increase poll_interval_seconds or decrease execution_timeout_seconds."
  }
}

variable "project_name" {
  description = "First part of every name, `<project_name>-<environment>-...`. If both parts together exceed 42 characters, names use the first 34 characters and a hash, to stay within AWS limits."
  type        = string
  default     = "opensearch-reindex"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]*[a-z0-9])?$", var.project_name))
    error_message = "project_name must consist of lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen."
  }

  validation {
    condition     = length(var.project_name) <= 64
    error_message = "project_name must have at most 64 characters."
  }
}

variable "role_arns" {
  description = "ARNs of existing IAM roles. Required if `create_roles` is false. Each role needs the permissions that `iam_*.tf` grants."
  type = object({
    events              = optional(string)
    index_state_machine = optional(string)
    lambda              = optional(string)
    notification        = optional(string)
    state_machine       = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for arn in values(var.role_arns) : arn == null ? true : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$", arn))
    ])
    error_message = "role_arns must contain ARNs of roles, `arn:<partition>:iam::<account id>:role/<name>`."
  }

  validation {
    condition     = alltrue([for role, arn in var.role_arns : (arn == null) == (var.create_roles || role == "notification" && !var.create_notifications)])
    error_message = "role_arns must name events, index_state_machine, lambda and state_machine if create_roles is false, and notification only if create_notifications is true. If create_roles is true, role_arns must be empty."
  }
}

variable "role_path" {
  description = "Path of every role that the module creates."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9+=,.@_-]+/)*$", var.role_path)) && length(var.role_path) <= 512
    error_message = "role_path must begin and end with `/`, such as `/platform/`, and have at most 512 characters."
  }
}

variable "stall_timeout_seconds" {
  description = "Maximum time without progress, in seconds. The module then cancels the copy with an error. Time that a copy waits for its `requests_per_second` does not count. With `block_writes`, the same limit applies to a copied index whose health is below the source index, unless the domain builds or moves a shard."
  type        = number
  default     = 1800
  nullable    = false

  validation {
    condition     = var.stall_timeout_seconds >= 60 && floor(var.stall_timeout_seconds) == var.stall_timeout_seconds
    error_message = "stall_timeout_seconds must be a whole number of at least 60. OpenSearch itself retries for some minutes while its queues are full."
  }

  validation {
    condition     = var.stall_timeout_seconds >= 2 * var.poll_interval_seconds
    error_message = "stall_timeout_seconds must be at least twice poll_interval_seconds, so that the module polls before it cancels a copy."
  }
}

variable "state_machine_log_level" {
  description = "Log level of the state machines: `ALL`, `ERROR`, `FATAL` or `OFF`. Step Functions keeps the history of an execution for 90 days at every level."
  type        = string
  default     = "ALL"
  nullable    = false

  validation {
    condition     = contains(["ALL", "ERROR", "FATAL", "OFF"], var.state_machine_log_level)
    error_message = "state_machine_log_level must be ALL, ERROR, FATAL or OFF."
  }
}

variable "state_machine_tracing" {
  description = "Whether to send traces of the state machines to X-Ray."
  type        = bool
  default     = false
  nullable    = false
}

variable "tags" {
  description = "Tags of every resource that supports tags."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:")])
    error_message = "tags must not have keys that begin with `aws:`, which AWS reserves."
  }
}

variable "trigger_file_prefix" {
  description = "Key prefix of trigger files, such as `reindex/`. Other objects start no execution, and the functions cannot read them."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9!_.()/-]*$", var.trigger_file_prefix)) && length(var.trigger_file_prefix) <= 512 && !startswith(var.trigger_file_prefix, "/")
    error_message = "trigger_file_prefix must consist of letters, digits and `!_.()/-`, have at most 512 characters and not begin with `/`. Object keys do not begin with `/`."
  }
}

variable "trigger_file_suffix" {
  description = "Key suffix of trigger files."
  type        = string
  default     = ".json"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9!_.()-]*\\.[A-Za-z0-9_-]+$", var.trigger_file_suffix))
    error_message = "trigger_file_suffix must end with a dot and letters or digits, such as `.json` or `.reindex.json`."
  }
}

variable "vpc_config" {
  description = "Subnets of the functions, for a domain in a VPC, and either `security_group_ids` or `egress`. With `egress` the module creates a security group that allows HTTPS to the listed targets, which must include the domain, S3 and Step Functions. The subnets need a route to S3 and Step Functions, through NAT or VPC endpoints. Null means no VPC."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = optional(list(string), [])
    egress = optional(object({
      vpc_id             = string
      cidr_blocks        = optional(list(string), [])
      prefix_list_ids    = optional(list(string), [])
      security_group_ids = optional(list(string), [])
    }))
  })
  default = null

  validation {
    condition     = var.vpc_config == null ? true : length(var.vpc_config.subnet_ids) >= 1
    error_message = "vpc_config.subnet_ids must have at least one subnet. Leave vpc_config out for functions without a VPC."
  }

  validation {
    condition     = var.vpc_config == null ? true : (length(var.vpc_config.security_group_ids) >= 1) != (var.vpc_config.egress != null)
    error_message = "vpc_config must set either security_group_ids or egress, which creates a security group."
  }

  validation {
    condition = try(var.vpc_config.egress, null) == null ? true : length(concat(
      var.vpc_config.egress.cidr_blocks, var.vpc_config.egress.prefix_list_ids, var.vpc_config.egress.security_group_ids,
    )) >= 1
    error_message = "vpc_config.egress must set cidr_blocks, prefix_list_ids or security_group_ids. Otherwise the functions could reach nothing."
  }

  validation {
    condition     = var.vpc_config == null ? true : alltrue([for id in var.vpc_config.subnet_ids : startswith(id, "subnet-")])
    error_message = "vpc_config.subnet_ids must contain subnet IDs, such as `subnet-0a1b2c3d`."
  }

  validation {
    condition = var.vpc_config == null ? true : alltrue([
      for id in concat(var.vpc_config.security_group_ids, try(var.vpc_config.egress.security_group_ids, [])) : startswith(id, "sg-")
    ])
    error_message = "vpc_config must contain security group IDs, such as `sg-0a1b2c3d`, in every security_group_ids."
  }

  validation {
    condition     = alltrue([for cidr in try(var.vpc_config.egress.cidr_blocks, []) : can(cidrnetmask(cidr)) && can(cidrhost(cidr, 0))])
    error_message = "vpc_config.egress.cidr_blocks must contain IPv4 CIDR blocks, such as `10.0.0.0/16`."
  }

  validation {
    condition     = alltrue([for id in try(var.vpc_config.egress.prefix_list_ids, []) : startswith(id, "pl-")])
    error_message = "vpc_config.egress.prefix_list_ids must contain prefix list IDs, such as `pl-0a1b2c3d`."
  }
}
