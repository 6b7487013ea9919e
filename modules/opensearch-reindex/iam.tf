# Policies are written with jsonencode, not aws_iam_policy_document: a plan shows them in full, and tests read them.

locals {
  # For state machines of this account and region alone. Step Functions also assumes the role to check a definition
  # before the state machine exists, so AWS's own pattern ends in a wildcard.
  states_trust_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "states.amazonaws.com" }
      Condition = {
        ArnLike      = { "aws:SourceArn" = "${local.states_arn_prefix}:stateMachine:*" }
        StringEquals = { "aws:SourceAccount" = local.account_id }
      }
    }]
  })

  # What the log delivery of Step Functions needs; AWS offers no narrower resource for these actions.
  deliver_logs_statement = {
    Sid    = "DeliverLogs"
    Effect = "Allow"
    Action = [
      "logs:CreateLogDelivery",
      "logs:DeleteLogDelivery",
      "logs:DescribeLogGroups",
      "logs:DescribeResourcePolicies",
      "logs:GetLogDelivery",
      "logs:ListLogDeliveries",
      "logs:PutResourcePolicy",
      "logs:UpdateLogDelivery",
    ]
    Resource = ["*"]
  }

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
}

resource "aws_iam_role" "lambda" {
  name        = "${local.name}-lambda"
  description = "What the steps of ${local.name} may do"
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
  name = "steps"
  role = aws_iam_role.lambda.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          # Without s3:ListBucket a key that is gone reads as "access denied": no listing for a clearer message.
          Sid      = "ReadTriggerFiles"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:GetObjectVersion"]
          Resource = ["${local.bucket_arn}/*"]
        },
        {
          Sid    = "CallOpenSearch"
          Effect = "Allow"
          Action = [
            "es:ESHttpDelete",
            "es:ESHttpGet",
            "es:ESHttpHead",
            "es:ESHttpPost",
            "es:ESHttpPut",
          ]
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
      [for statement in local.network_interface_statements : statement if var.vpc_config != null],
    )
  })
}

resource "aws_iam_role" "state_machine" {
  name               = "${local.name}-states"
  description        = "What the state machine ${local.name} may do"
  assume_role_policy = local.states_trust_policy
  tags               = var.tags
}

resource "aws_iam_role" "index_state_machine" {
  name               = "${local.index_name}-states"
  description        = "What the state machine ${local.index_name} may do"
  assume_role_policy = local.states_trust_policy
  tags               = var.tags
}

resource "aws_iam_role_policy" "state_machine" {
  name = "run"
  role = aws_iam_role.state_machine.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadTriggerFile"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = [local.function_arns["get_trigger_file"]]
      },
      {
        Sid      = "StartIndexExecutions"
        Effect   = "Allow"
        Action   = ["states:StartExecution"]
        Resource = [local.index_state_machine_arn]
      },
      {
        Sid      = "FollowIndexExecutions"
        Effect   = "Allow"
        Action   = ["states:DescribeExecution", "states:StopExecution"]
        Resource = [local.index_execution_arns]
      },
      {
        # `.sync:2` learns of the end of a nested execution through this rule, which Step Functions makes.
        Sid      = "HearOfEndedExecutions"
        Effect   = "Allow"
        Action   = ["events:DescribeRule", "events:PutRule", "events:PutTargets"]
        Resource = [local.nested_execution_rule_arn]
      },
      local.deliver_logs_statement,
    ]
  })
}

resource "aws_iam_role_policy" "index_state_machine" {
  name = "run"
  role = aws_iam_role.index_state_machine.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "RunSteps"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = [for step, arn in local.function_arns : arn if step != "get_trigger_file"]
      },
      local.deliver_logs_statement,
    ]
  })
}

resource "aws_iam_role" "events" {
  name        = "${local.name}-events"
  description = "Starts ${local.name} when a trigger file is uploaded"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "events.amazonaws.com" }
      Condition = {
        ArnEquals    = { "aws:SourceArn" = local.rule_arn }
        StringEquals = { "aws:SourceAccount" = local.account_id }
      }
    }]
  })
  tags = var.tags
}

resource "aws_iam_role_policy" "events" {
  name = "start-execution"
  role = aws_iam_role.events.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "StartExecution"
      Effect   = "Allow"
      Action   = ["states:StartExecution"]
      Resource = [local.state_machine_arn]
    }]
  })
}
