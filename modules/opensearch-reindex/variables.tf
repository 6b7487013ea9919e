variable "alarm_actions" {
  description = "ARNs of what the alarms tell when they begin and end, such as SNS topics. Empty: the topic of the notifications, if there is one."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.alarm_actions : startswith(arn, "arn:aws")])
    error_message = "alarm_actions: every entry is an ARN, such as that of an SNS topic."
  }
}

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

variable "bucket_access_logging" {
  description = "Bucket, and prefix of keys, for the server access logs of the bucket made here. Null: none."
  type = object({
    bucket = string
    prefix = optional(string, "")
  })
  default = null

  validation {
    condition     = var.bucket_access_logging == null || var.create_bucket
    error_message = "bucket_access_logging: with create_bucket = false the bucket's own settings are left alone. Set up its logging where the bucket is made."
  }
}

variable "bucket_kms_key_arn" {
  description = "ARN of the KMS key that trigger files are encrypted with, where it is another than `kms_key_arn`: that of a bucket that exists already, for example."
  type        = string
  default     = null

  validation {
    condition     = var.bucket_kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.bucket_kms_key_arn))
    error_message = "bucket_kms_key_arn: give the ARN of a key, `arn:<partition>:kms:<region>:<account id>:key/<id>`, not of an alias."
  }
}

variable "bucket_name" {
  description = "Name of the bucket for trigger files. Null: `<project_name>-<environment>-<account id>`, shortened like every name."
  type        = string
  default     = null

  validation {
    condition     = var.create_bucket || var.bucket_name != null
    error_message = "bucket_name: with create_bucket = false name the bucket that exists (`bucket_name = aws_s3_bucket.config.bucket`)."
  }

  validation {
    condition     = !var.create_bucket || var.bucket_name == null || can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name: use 3 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends. Dots are refused, they break TLS host names."
  }

  validation {
    condition     = var.create_bucket || var.bucket_name == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name: give the name alone, without `s3://`, an ARN or a path (`my-config-bucket`)."
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

variable "create_alarms" {
  description = "Whether to make alarms: executions that do not succeed, events that could not start one, errors and throttles of the functions."
  type        = bool
  default     = false
  nullable    = false
}

variable "create_bucket" {
  description = "Whether to make the bucket for trigger files. False: `bucket_name` exists already; its notifications, policy, lifecycle and encryption are left alone."
  type        = bool
  default     = true
  nullable    = false
}

variable "create_dashboard" {
  description = "Whether to make a CloudWatch dashboard of executions, functions and errors."
  type        = bool
  default     = false
  nullable    = false
}

variable "create_dead_letter_queue" {
  description = "Whether the SQS queue for events that could not start an execution is made here. False: `dead_letter_queue_arn` exists already."
  type        = bool
  default     = true
  nullable    = false
}

variable "create_notification_topic" {
  description = "Whether the SNS topic of the notifications is made here: subscribe to the output `notification_topic_arn`. False: `notification_topic_arn` exists already."
  type        = bool
  default     = true
  nullable    = false
}

variable "create_notifications" {
  description = "Whether a topic is told of executions that failed, timed out or were aborted, with index, step and reason."
  type        = bool
  default     = false
  nullable    = false
}

variable "create_roles" {
  description = "Whether the roles are made here. False: `role_arns` names roles that exist; nothing is attached to them."
  type        = bool
  default     = true
  nullable    = false
}

variable "dead_letter_queue_arn" {
  description = "ARN of the SQS queue for events that could not start an execution, with `create_dead_letter_queue = false`. Its policy has to let EventBridge send messages."
  type        = string
  default     = null

  validation {
    condition     = var.dead_letter_queue_arn == null || can(regex("^arn:aws[a-z-]*:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", var.dead_letter_queue_arn))
    error_message = "dead_letter_queue_arn: give the ARN of a standard queue, `arn:<partition>:sqs:<region>:<account id>:<name>`."
  }

  validation {
    condition     = (var.dead_letter_queue_arn == null) == var.create_dead_letter_queue
    error_message = "dead_letter_queue_arn: name a queue that exists together with create_dead_letter_queue = false, and only then."
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

  validation {
    condition     = length(var.environment) <= 32
    error_message = "environment: use at most 32 characters."
  }
}

variable "event_max_age_seconds" {
  description = "Seconds during which EventBridge tries to start an execution for an upload. After that the event goes to the dead-letter queue, so that yesterday's file starts nothing."
  type        = number
  default     = 3600
  nullable    = false

  validation {
    condition     = var.event_max_age_seconds >= 60 && var.event_max_age_seconds <= 86400 && floor(var.event_max_age_seconds) == var.event_max_age_seconds
    error_message = "event_max_age_seconds: choose a whole number from 60 to 86400 (a day, the longest EventBridge allows)."
  }
}

variable "execution_timeout_seconds" {
  description = "Seconds after which the rebuilding of a trigger file, and of one index in it, is given up with `States.Timeout`. Uploading the file again resumes it."
  type        = number
  default     = 7200
  nullable    = false

  validation {
    condition = (
      var.execution_timeout_seconds >= 60 && var.execution_timeout_seconds <= 6120000 &&
      floor(var.execution_timeout_seconds) == var.execution_timeout_seconds
    )
    error_message = "execution_timeout_seconds: choose a whole number from 60 to 6120000 (70 days: the longest for which the history of an execution holds the looks at a copy)."
  }
}

variable "force_destroy" {
  description = "Whether the bucket made here is emptied when it is destroyed or renamed. False: AWS refuses as long as files, their overwritten versions included, are in it."
  type        = bool
  default     = false
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of a KMS key for the bucket, the logs, the functions' environment, the topic and the queue made here. Null: keys of the services. The output `kms_key_policy_statements` has what the key's policy needs."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn: give the ARN of a key, `arn:<partition>:kms:<region>:<account id>:key/<id>`, not of an alias."
  }
}

variable "lambda_architecture" {
  description = "Instruction set of the functions. The package is pure Python and runs on both."
  type        = string
  default     = "x86_64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.lambda_architecture)
    error_message = "lambda_architecture: choose arm64 or x86_64."
  }
}

variable "lambda_code_signing_config_arn" {
  description = "ARN of a code signing configuration of the functions. Needs a signed package: give it with `package`."
  type        = string
  default     = null

  validation {
    condition     = var.lambda_code_signing_config_arn == null || can(regex("^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:code-signing-config:csc-[a-z0-9]+$", var.lambda_code_signing_config_arn))
    error_message = "lambda_code_signing_config_arn: give the ARN of a code signing configuration, `arn:<partition>:lambda:<region>:<account id>:code-signing-config:csc-<id>`."
  }

  validation {
    condition     = var.lambda_code_signing_config_arn == null || try(var.package.s3_key, null) != null
    error_message = "lambda_code_signing_config_arn: what is built here is not signed. Sign the package and give it as an object of S3 (package.s3_bucket, package.s3_key)."
  }
}

variable "lambda_environment" {
  description = "Further environment variables of the functions, such as a proxy's (`HTTPS_PROXY`). No secrets: who may look at a function sees them."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.lambda_environment) : can(regex("^[A-Za-z][A-Za-z0-9_]+$", name))])
    error_message = "lambda_environment: names have letters, digits and `_`, a letter first, and two characters at least."
  }

  validation {
    condition = length(setintersection(keys(var.lambda_environment), [
      "ALLOWED_ENDPOINTS", "CA_CERTIFICATES", "DOMAIN_ARNS", "LOG_LEVEL", "POLL_INTERVAL_SECONDS", "STALL_TIMEOUT_SECONDS",
    ])) == 0
    error_message = "lambda_environment: ALLOWED_ENDPOINTS, CA_CERTIFICATES, DOMAIN_ARNS, LOG_LEVEL, POLL_INTERVAL_SECONDS and STALL_TIMEOUT_SECONDS have inputs of their own."
  }

  validation {
    condition = alltrue([
      for name in keys(var.lambda_environment) :
      !contains(["LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "TZ"], name) && (!startswith(name, "AWS_") || name == "AWS_LAMBDA_EXEC_WRAPPER")
    ])
    error_message = "lambda_environment: names that Lambda keeps for itself are refused (AWS_* but for AWS_LAMBDA_EXEC_WRAPPER, LAMBDA_TASK_ROOT, LAMBDA_RUNTIME_DIR, TZ)."
  }
}

variable "lambda_layers" {
  description = "ARNs of layer versions the functions get, for tools of observation for example."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.lambda_layers) <= 5
    error_message = "lambda_layers: Lambda allows 5 layers at most."
  }

  validation {
    condition     = alltrue([for arn in var.lambda_layers : can(regex("^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:layer:[A-Za-z0-9_-]+:[0-9]+$", arn))])
    error_message = "lambda_layers: every entry is the ARN of a version of a layer, `arn:<partition>:lambda:<region>:<account id>:layer:<name>:<version>`."
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

variable "lambda_reserved_concurrency" {
  description = "Concurrent runs kept for each function, and their limit. -1: none kept, no limit. Executions run one step at a time."
  type        = number
  default     = -1
  nullable    = false

  validation {
    condition     = var.lambda_reserved_concurrency == -1 || var.lambda_reserved_concurrency >= 1 && floor(var.lambda_reserved_concurrency) == var.lambda_reserved_concurrency
    error_message = "lambda_reserved_concurrency: choose a whole number of at least 1, or -1. With 0 no function could ever run."
  }
}

variable "lambda_runtime" {
  description = "Python runtime of the Lambda functions. AWS deprecates `python3.11` on 2027-06-30; `python3.13` needs version 5.76 of the provider or a later one, `python3.14` a current version 6."
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

variable "lambda_tracing" {
  description = "Whether the functions send traces to X-Ray."
  type        = bool
  default     = false
  nullable    = false
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

variable "manage_bucket_notification" {
  description = "Whether to turn on the bucket's events for EventBridge. **This replaces every other notification of the bucket.** Null: for a bucket made here yes, for one that exists no: turn it on where the bucket is made (`eventbridge = true`)."
  type        = bool
  default     = null
}

variable "notification_topic_arn" {
  description = "ARN of the SNS topic of the notifications, with `create_notification_topic = false`. Where it is encrypted, the policy of its key has to let the role `<project_name>-<environment>-notification` use it."
  type        = string
  default     = null

  validation {
    condition     = var.notification_topic_arn == null || can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", var.notification_topic_arn))
    error_message = "notification_topic_arn: give the ARN of a standard topic, `arn:<partition>:sns:<region>:<account id>:<name>`."
  }

  validation {
    condition     = (var.notification_topic_arn == null) == var.create_notification_topic
    error_message = "notification_topic_arn: name a topic that exists together with create_notification_topic = false, and only then."
  }
}

variable "notify_on_success" {
  description = "Whether executions that succeed are told of too."
  type        = bool
  default     = false
  nullable    = false
}

variable "package" {
  description = "A built package of the functions: a local `file`, or an object of S3. Null: it is built here, which needs Python 3.11 or later with pip. `sha256` is the zip's, in Base64: with it a new package under the same name is noticed, and so is code that was swapped by hand."
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
    error_message = "package: an object of S3 needs both s3_bucket and s3_key."
  }

  validation {
    condition     = var.package == null ? true : (var.package.file == null) != (var.package.s3_key == null)
    error_message = "package: give a file or an object of S3, one of the two, or leave package out to have it built here."
  }

  validation {
    condition     = var.package == null ? true : var.package.s3_object_version == null || var.package.s3_key != null
    error_message = "package: s3_object_version is the version of an object: give s3_bucket and s3_key too."
  }

  validation {
    condition     = var.package == null ? true : var.package.sha256 == null || can(regex("^[A-Za-z0-9+/]{43}=$", var.package.sha256))
    error_message = "package: sha256 is the zip's SHA-256 in Base64, 44 characters (`openssl dgst -sha256 -binary package.zip | base64`)."
  }

  validation {
    condition     = var.package == null ? true : var.package.sha256 == null || var.package.s3_key != null
    error_message = "package: sha256 goes with an object of S3. Of a file it is computed."
  }

  validation {
    condition     = try(var.package.file, null) == null ? true : fileexists(var.package.file)
    error_message = "package: the file does not exist. Build it with `make package` in a checkout of the module, or leave package out to have it built here."
  }
}

variable "package_bucket" {
  description = "Bucket the built package is kept in, so that any machine can make a function again. In the region of the functions. Null: the bucket of the trigger files."
  type        = string
  default     = null

  validation {
    condition     = var.package_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.package_bucket))
    error_message = "package_bucket: give the name alone, without `s3://`, an ARN or a path (`my-artifacts-bucket`)."
  }
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the permissions of every role made here."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/[A-Za-z0-9+=,.@_/-]+$", var.permissions_boundary))
    error_message = "permissions_boundary: give the ARN of a policy, `arn:<partition>:iam::<account id>:policy/<name>`."
  }
}

variable "poll_interval_seconds" {
  description = "Longest time between two looks at a running copy, in seconds. A copy that is young or near its end is looked at more often."
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
    # A Standard execution ends at 25,000 history events. One look costs 9, and while a copy is young it is looked at more
    # often: up to 175 times more each time it is started, which is six times at most.
    condition     = var.execution_timeout_seconds <= 1700 * var.poll_interval_seconds
    error_message = "poll_interval_seconds: more looks at the copy may not fit into the history of an execution. Choose at least execution_timeout_seconds / 1700, or a shorter execution_timeout_seconds."
  }
}

variable "project_name" {
  description = "First part of every name: `<project_name>-<environment>-...`. Where both together are longer than 42 characters, names get their first 34 and a hash instead, so that each stays within the limit of AWS."
  type        = string
  default     = "opensearch-reindex"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]*[a-z0-9])?$", var.project_name))
    error_message = "project_name: use lower-case letters, digits and hyphens, with a letter first and no hyphen last."
  }

  validation {
    condition     = length(var.project_name) <= 64
    error_message = "project_name: use at most 64 characters."
  }
}

variable "role_arns" {
  description = "ARNs of the roles that exist, with `create_roles = false`. What each has to be allowed is what `iam_*.tf` allows."
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
    error_message = "role_arns: every value is the ARN of a role, `arn:<partition>:iam::<account id>:role/<name>`."
  }

  validation {
    condition     = alltrue([for role, arn in var.role_arns : (arn == null) == (var.create_roles || role == "notification" && !var.create_notifications)])
    error_message = "role_arns: with create_roles = false name events, index_state_machine, lambda and state_machine, and notification where create_notifications is true; otherwise none."
  }
}

variable "role_path" {
  description = "Path of every role made here."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9+=,.@_-]+/)*$", var.role_path)) && length(var.role_path) <= 512
    error_message = "role_path: begin and end with `/`, such as `/platform/`, with at most 512 characters."
  }
}

variable "stall_timeout_seconds" {
  description = "Seconds after which a copy that comes no further is cancelled with an error; one that waits for its `requests_per_second` does not count. Under `block_writes` also the seconds after which a copied index that is not as healthy as its source is given up, if no shard of the domain is being built or moved meanwhile."
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

variable "state_machine_log_level" {
  description = "What the state machines log: `ALL`, `ERROR`, `FATAL` or `OFF`. Their history is kept for 90 days anyway."
  type        = string
  default     = "ALL"
  nullable    = false

  validation {
    condition     = contains(["ALL", "ERROR", "FATAL", "OFF"], var.state_machine_log_level)
    error_message = "state_machine_log_level: choose ALL, ERROR, FATAL or OFF."
  }
}

variable "state_machine_tracing" {
  description = "Whether the state machines send traces to X-Ray."
  type        = bool
  default     = false
  nullable    = false
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

variable "trigger_file_prefix" {
  description = "How the keys of trigger files begin, such as `reindex/`. Other objects start nothing and cannot be read."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9!_.()/-]*$", var.trigger_file_prefix)) && length(var.trigger_file_prefix) <= 512 && !startswith(var.trigger_file_prefix, "/")
    error_message = "trigger_file_prefix: use letters, digits and `!_.()/-`, at most 512 characters and no `/` first: keys do not begin with one."
  }
}

variable "trigger_file_suffix" {
  description = "How the keys of trigger files end."
  type        = string
  default     = ".json"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9!_.()-]*\\.[A-Za-z0-9_-]+$", var.trigger_file_suffix)) && !endswith(var.trigger_file_suffix, ".zip")
    error_message = "trigger_file_suffix: end with a dot and letters or digits, such as `.json` or `.reindex.json`. `.zip` is the package's."
  }
}

variable "vpc_config" {
  description = "Subnets of the Lambda functions, for domains inside a VPC, and either `security_group_ids` or `egress`: what a security group made here lets them reach on port 443, the domain, S3 and Step Functions among it. Null: outside of any VPC. The subnets need a way to S3 and Step Functions (NAT or endpoints)."
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
    error_message = "vpc_config: give at least one subnet, or leave vpc_config out."
  }

  validation {
    condition     = var.vpc_config == null ? true : (length(var.vpc_config.security_group_ids) >= 1) != (var.vpc_config.egress != null)
    error_message = "vpc_config: give either security_group_ids, or egress for a security group made here."
  }

  validation {
    condition = try(var.vpc_config.egress, null) == null ? true : length(concat(
      var.vpc_config.egress.cidr_blocks, var.vpc_config.egress.prefix_list_ids, var.vpc_config.egress.security_group_ids,
    )) >= 1
    error_message = "vpc_config: egress names nothing the functions may reach. Give cidr_blocks, prefix_list_ids or security_group_ids."
  }

  validation {
    condition     = var.vpc_config == null ? true : alltrue([for id in var.vpc_config.subnet_ids : startswith(id, "subnet-")])
    error_message = "vpc_config: subnet_ids are ids of subnets, such as `subnet-0a1b2c3d`."
  }

  validation {
    condition = var.vpc_config == null ? true : alltrue([
      for id in concat(var.vpc_config.security_group_ids, try(var.vpc_config.egress.security_group_ids, [])) : startswith(id, "sg-")
    ])
    error_message = "vpc_config: security_group_ids are ids of security groups, such as `sg-0a1b2c3d`."
  }

  validation {
    condition     = alltrue([for cidr in try(var.vpc_config.egress.cidr_blocks, []) : can(cidrnetmask(cidr)) && can(cidrhost(cidr, 0))])
    error_message = "vpc_config: egress.cidr_blocks are ranges of IPv4 addresses, such as `10.0.0.0/16`."
  }

  validation {
    condition     = alltrue([for id in try(var.vpc_config.egress.prefix_list_ids, []) : startswith(id, "pl-")])
    error_message = "vpc_config: egress.prefix_list_ids are ids of prefix lists, such as `pl-0a1b2c3d`."
  }
}
