# Policies are written with jsonencode, not aws_iam_policy_document: a plan shows them in full, and tests read them.

locals {
  network_interface_actions = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
  ]

  # The Lambda service manages the network interfaces with the functions' role, on resources that do not exist yet.
  # The second statement keeps the functions' own code from these actions.
  network_interface_statements = [
    {
      Sid      = "ManageNetworkInterfaces"
      Effect   = "Allow"
      Action   = local.network_interface_actions
      Resource = ["*"]
    },
    {
      Sid       = "KeepNetworkInterfacesFromCode"
      Effect    = "Deny"
      Action    = local.network_interface_actions
      Resource  = ["*"]
      Condition = { ArnEquals = { "lambda:SourceFunctionArn" = values(local.function_arns) } }
    },
  ]

  # S3 decrypts with the permissions of who reads.
  decrypt_trigger_files_statement = {
    Sid       = "DecryptTriggerFiles"
    Effect    = "Allow"
    Action    = ["kms:Decrypt"]
    Resource  = [local.bucket_kms_key_arn]
    Condition = { StringEquals = { "kms:ViaService" = "s3.${local.region}.${local.dns_suffix}" } }
  }

  # X-Ray offers no narrower resource for these actions.
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
  description          = "What the steps of ${local.name} may do"
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
          # Without s3:ListBucket a key that is gone reads as "access denied": no listing for a clearer message.
          Sid      = "ReadTriggerFiles"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:GetObjectVersion"]
          Resource = ["${local.bucket_arn}/${var.trigger_file_prefix}*${var.trigger_file_suffix}"]
        },
        {
          # Without es:ESHttpDelete: an index is deleted with the request that changes its aliases, a POST.
          Sid      = "CallOpenSearch"
          Effect   = "Allow"
          Action   = ["es:ESHttpGet", "es:ESHttpPost", "es:ESHttpPut"]
          Resource = [for arn in var.domain_arns : "${arn}/*"]
        },
        {
          # Tells whether the execution that owns a target index is still running.
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
