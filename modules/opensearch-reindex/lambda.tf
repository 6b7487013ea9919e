locals {
  source_dir   = "${path.module}/../../lambda_src"
  architecture = "x86_64"
  source_files = sort(flatten([for pattern in ["*.json", "*.py", "requirements.txt"] : tolist(fileset(local.source_dir, pattern))]))

  # Everything the zip is made of, under names that are the same on every machine. The zip itself does not exist
  # when a clean machine plans, so its own hash cannot be asked for.
  package_hash = sha256(jsonencode({
    architecture = local.architecture
    builder      = filesha256("${path.module}/build_package.py")
    runtime      = var.lambda_runtime
    sources      = { for file in local.source_files : file => filesha256("${local.source_dir}/${file}") }
  }))
  package_path = "${path.module}/.build/${substr(local.package_hash, 0, 16)}.zip"
}

resource "terraform_data" "package" {
  # The name is here because another one replaces the functions, which then read the zip again.
  triggers_replace = [local.package_hash, local.name]

  provisioner "local-exec" {
    # The program and its arguments go without a shell, so no path needs quoting; the command is the last argument.
    interpreter = concat(
      ["python3", "${path.module}/build_package.py", "--runtime", var.lambda_runtime, "--source-dir", local.source_dir],
      local.source_files,
      ["--output"],
    )
    command = local.package_path
  }
}

resource "aws_lambda_function" "step" {
  for_each = local.steps
  #checkov:skip=CKV_AWS_50:The state machine's history and log hold every call; X-Ray would add only permissions on every resource
  #checkov:skip=CKV_AWS_115:Executions run one step at a time; a reserved share would take concurrency from the rest of the account
  #checkov:skip=CKV_AWS_116:Step Functions invokes synchronously and sees every failure, a dead-letter queue is for asynchronous ones
  #checkov:skip=CKV_AWS_173:The environment holds ARNs, host names, numbers and certificates, no secrets; Lambda encrypts it with a key of its own
  #checkov:skip=CKV_AWS_272:The zip is built from the module's own hash-locked sources by whoever applies, there is no signing profile to check

  function_name = local.function_names[each.key]
  description   = each.value
  role          = aws_iam_role.lambda.arn
  handler       = "handlers.${each.key}_handler"
  runtime       = var.lambda_runtime
  architectures = [local.architecture]
  memory_size   = var.lambda_memory
  timeout       = var.lambda_timeout
  filename      = local.package_path
  # Any value is kept as it is; a new one uploads the zip.
  source_code_hash = local.package_hash
  tags             = var.tags

  environment {
    variables = {
      ALLOWED_ENDPOINTS     = join(",", var.allowed_endpoints)
      CA_CERTIFICATES       = var.ca_certificates
      DOMAIN_ARNS           = join(",", var.domain_arns)
      LOG_LEVEL             = var.log_level
      POLL_INTERVAL_SECONDS = tostring(var.poll_interval_seconds)
      STALL_TIMEOUT_SECONDS = tostring(var.stall_timeout_seconds)
    }
  }

  dynamic "vpc_config" {
    for_each = var.vpc_config == null ? [] : [var.vpc_config]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  # Lambda would create a missing log group by itself, without retention. With a VPC it checks at creation that
  # the role may manage network interfaces.
  depends_on = [aws_cloudwatch_log_group.step, aws_iam_role_policy.lambda, terraform_data.package]
}

resource "aws_cloudwatch_log_group" "step" {
  for_each = local.function_log_groups
  #checkov:skip=CKV_AWS_158:CloudWatch Logs encrypts with keys of its own; the log holds names, mappings and counts, no documents

  name              = each.value
  retention_in_days = var.log_retention_days
  tags              = var.tags
}
