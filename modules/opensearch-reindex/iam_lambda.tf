# Policies use jsonencode instead of aws_iam_policy_document, so that a plan shows them in full and tests can read them.

locals {
  network_interface_actions = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
  ]

  # The Lambda service creates network interfaces with the role of the functions, so the resources are unknown beforehand.
  # The second statement denies these actions to the code of the functions.
  network_interface_statements = [
    {
      Sid      = "ManageNetworkInterfaces"
      Effect   = "Allow"
      Action   = local.network_interface_actions
      Resource = ["*"]
    },
    {
      Sid       = "DenyNetworkInterfacesToFunctionCode"
      Effect    = "Deny"
      Action    = local.network_interface_actions
      Resource  = ["*"]
      Condition = { ArnEquals = { "lambda:SourceFunctionArn" = values(local.function_arns) } }
    },
  ]

  # S3 decrypts an object with the permissions of the caller that reads the object.
  decrypt_trigger_files_statement = {
    Sid       = "DecryptTriggerFiles"
    Effect    = "Allow"
    Action    = ["kms:Decrypt"]
    Resource  = [local.bucket_kms_key_arn]
    Condition = { StringEquals = { "kms:ViaService" = "s3.${local.region}.${local.dns_suffix}" } }
  }

  # X-Ray supports no resource-level permissions for these actions.
  send_traces_statement = {
    Sid      = "SendTraces"
    Effect   = "Allow"
    Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    Resource = ["*"]
  }
}

resource "aws_iam_role" "lambda" {
  count = var.create_roles ? 1 : 0

  name                 = "${local.name}-lambda"
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  description          = "Permissions of the Lambda functions of ${local.name}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
  tags = var.tags
}

resource "aws_iam_role_policy" "lambda" {
  count = length(aws_iam_role.lambda)

  name = "steps"
  role = aws_iam_role.lambda[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          # Without s3:ListBucket, S3 reports a missing object as "access denied". A clearer message is not worth the permission.
          Sid      = "ReadTriggerFiles"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:GetObjectVersion"]
          Resource = ["${local.bucket_arn}/${var.trigger_file_prefix}*${var.trigger_file_suffix}"]
        },
        {
          # No es:ESHttpDelete: the request that changes aliases, a POST, also deletes the index.
          Sid      = "CallOpenSearch"
          Effect   = "Allow"
          Action   = ["es:ESHttpGet", "es:ESHttpPost", "es:ESHttpPut"]
          Resource = [for arn in var.domain_arns : "${arn}/*"]
        },
        {
          # A step checks whether the execution that owns a target index still runs.
          Sid      = "DescribeOwnExecutions"
          Effect   = "Allow"
          Action   = ["states:DescribeExecution"]
          Resource = [local.execution_arns, local.index_execution_arns]
        },
        {
          Sid      = "WriteOwnLogs"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = [for log_group in values(local.function_log_groups) : "${local.log_group_arn_prefix}:${log_group}:*"]
        },
      ],
      [for statement in [local.decrypt_trigger_files_statement] : statement if local.bucket_kms_key_arn != null],
      [for statement in [local.send_traces_statement] : statement if var.lambda_tracing],
      [for statement in local.network_interface_statements : statement if var.vpc_config != null],
    )
  })
}
