resource "aws_lambda_function" "step" {
  for_each = local.steps
  #checkov:skip=CKV_AWS_50:Opt-in, see lambda_tracing; the history and log of the state machine record every call
  #checkov:skip=CKV_AWS_115:Opt-in, see lambda_reserved_concurrency; an execution runs one step at a time
  #checkov:skip=CKV_AWS_116:Step Functions invokes synchronously and sees every failure; a dead-letter queue is for asynchronous invocations
  #checkov:skip=CKV_AWS_117:Opt-in, see vpc_config; a domain with a public endpoint needs no VPC
  #checkov:skip=CKV_AWS_173:Opt-in, see kms_key_arn; the environment holds ARNs, host names, numbers and certificates, but no secrets
  #checkov:skip=CKV_AWS_272:Opt-in, see lambda_code_signing_config_arn; the apply builds the zip from hash-locked sources

  function_name                  = local.function_names[each.key]
  description                    = each.value
  role                           = local.role_arns.lambda
  handler                        = "handlers.${each.key}_handler"
  runtime                        = var.lambda_runtime
  architectures                  = [var.lambda_architecture]
  memory_size                    = var.lambda_memory
  timeout                        = var.lambda_timeout
  reserved_concurrent_executions = var.lambda_reserved_concurrency
  layers                         = var.lambda_layers
  code_signing_config_arn        = var.lambda_code_signing_config_arn
  kms_key_arn                    = var.kms_key_arn
  filename                       = try(var.package.file, null)
  s3_bucket                      = local.builds_package ? aws_s3_object.package[0].bucket : var.package.s3_bucket
  s3_key                         = local.builds_package ? aws_s3_object.package[0].key : var.package.s3_key
  s3_object_version              = local.builds_package ? terraform_data.pinned_package.output.version_id : var.package.s3_object_version
  source_code_hash               = local.package_hash
  tags                           = var.tags

  environment {
    variables = merge(var.lambda_environment, {
      ALLOWED_ENDPOINTS      = join(",", var.allowed_endpoints)
      ALLOW_UNTESTED_ENGINES = tostring(var.allow_untested_engines)
      CA_CERTIFICATES        = var.ca_certificates
      DOMAIN_ARNS            = join(",", var.domain_arns)
      LOG_LEVEL              = var.log_level
      POLL_INTERVAL_SECONDS  = tostring(var.poll_interval_seconds)
      STALL_TIMEOUT_SECONDS  = tostring(var.stall_timeout_seconds)
    })
  }

  tracing_config {
    mode = var.lambda_tracing ? "Active" : "PassThrough"
  }

  dynamic "vpc_config" {
    for_each = var.vpc_config == null ? [] : [var.vpc_config]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = concat(vpc_config.value.security_group_ids, aws_security_group.lambda[*].id)
    }
  }

  lifecycle {
    # Compares what Terraform recorded at the build, so that a later change in S3 cannot make a foreign version pass.
    precondition {
      condition     = local.builds_package ? terraform_data.pinned_package.output.built_sha256 != null : true
      error_message = "Terraform stopped before it recorded the package that it built, and this machine has no zip to compare. The functions keep their code. ${local.rebuild_advice}"
    }

    precondition {
      condition     = local.builds_package ? terraform_data.pinned_package.output.built_sha256 == null ? true : terraform_data.pinned_package.output.built_sha256 == terraform_data.pinned_package.output.object_sha256 : true
      error_message = "The package s3://${local.package_bucket}/${try(aws_s3_object.package[0].key, "")} was overwritten while Terraform uploaded it; expected the SHA-256 of the zip that Terraform built. The functions keep their code. Find out who wrote the object. ${local.rebuild_advice}"
    }

    precondition {
      condition     = local.builds_package ? true : try(var.package.s3_bucket, null) == null ? true : var.package.s3_bucket != local.bucket_name
      error_message = "package.s3_bucket must not be the bucket for trigger files: who may upload trigger files could overwrite the code of the functions. Put the zip into another bucket."
    }

    precondition {
      condition     = local.builds_package ? !contains(["", "null"], try(coalesce(terraform_data.pinned_package.output.version_id), "")) : true
      error_message = "The bucket ${local.package_bucket} in package_bucket has no versioning; expected versioning, so that the functions get the version that Terraform uploaded. The functions keep their code. Turn on versioning. ${local.rebuild_advice}"
    }
  }

  # Lambda creates a missing log group itself, without retention. For a function in a VPC, Lambda checks at creation that
  # the role may manage network interfaces.
  depends_on = [aws_cloudwatch_log_group.step, aws_iam_role_policy.lambda]
}

resource "aws_cloudwatch_log_group" "step" {
  for_each = local.function_log_groups
  #checkov:skip=CKV_AWS_158:Opt-in, see kms_key_arn; the log holds names, mappings and counts, but no documents

  name              = each.value
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.log_retention_days
  tags              = var.tags
}
