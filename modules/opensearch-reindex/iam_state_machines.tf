locals {
  # Only state machines of this account and region. Step Functions also assumes the role to validate a definition before the
  # state machine exists, so the pattern that AWS documents ends in a wildcard.
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

  state_machine_statements = concat(
    [for statement in [local.deliver_logs_statement] : statement if var.state_machine_log_level != "OFF"],
    [for statement in [local.sample_traces_statement] : statement if var.state_machine_tracing],
  )

  # The log delivery of Step Functions requires these actions, which support no resource-level permissions.
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

  # X-Ray supports no resource-level permissions for these actions.
  sample_traces_statement = {
    Sid    = "SendTraces"
    Effect = "Allow"
    Action = [
      "xray:GetSamplingRules",
      "xray:GetSamplingTargets",
      "xray:PutTelemetryRecords",
      "xray:PutTraceSegments",
    ]
    Resource = ["*"]
  }
}

resource "aws_iam_role" "state_machine" {
  count = var.create_roles ? 1 : 0

  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  name                 = "${local.name}-states"
  description          = "Permissions of the state machine ${local.name}"
  assume_role_policy   = local.states_trust_policy
  tags                 = var.tags
}

resource "aws_iam_role" "index_state_machine" {
  count = var.create_roles ? 1 : 0

  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  name                 = "${local.index_name}-states"
  description          = "Permissions of the state machine ${local.index_name}"
  assume_role_policy   = local.states_trust_policy
  tags                 = var.tags
}

resource "aws_iam_role_policy" "state_machine" {
  count = length(aws_iam_role.state_machine)

  name = "run"
  role = aws_iam_role.state_machine[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid      = "InvokeGetTriggerFile"
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
        Sid      = "TrackIndexExecutions"
        Effect   = "Allow"
        Action   = ["states:DescribeExecution", "states:GetExecutionHistory", "states:StopExecution"]
        Resource = [local.index_execution_arns]
      },
      {
        # `.sync:2` receives the end of a nested execution through this rule, which Step Functions creates.
        Sid      = "ReceiveIndexExecutionEvents"
        Effect   = "Allow"
        Action   = ["events:DescribeRule", "events:PutRule", "events:PutTargets"]
        Resource = [local.nested_execution_rule_arn]
      },
    ], local.state_machine_statements)
  })
}

resource "aws_iam_role_policy" "index_state_machine" {
  count = length(aws_iam_role.index_state_machine)

  name = "run"
  role = aws_iam_role.index_state_machine[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid      = "InvokeSteps"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = [for step, arn in local.function_arns : arn if step != "get_trigger_file"]
      },
    ], local.state_machine_statements)
  })
}

resource "aws_iam_role" "notification" {
  count = var.create_roles && var.create_notifications ? 1 : 0

  name                 = local.notification_name
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  description          = "Permissions of the state machine ${local.notification_name}"
  assume_role_policy   = local.states_trust_policy
  tags                 = var.tags
}

resource "aws_iam_role_policy" "notification" {
  count = length(aws_iam_role.notification)

  name = "notify"
  role = aws_iam_role.notification[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "DescribeExecutions"
          Effect   = "Allow"
          Action   = ["states:DescribeExecution"]
          Resource = [local.execution_arns]
        },
        {
          Sid      = "PublishNotifications"
          Effect   = "Allow"
          Action   = ["sns:Publish"]
          Resource = [local.notification_topic_arn]
        },
      ],
      [for statement in [local.encrypt_notifications_statement] : statement if var.create_notification_topic && var.kms_key_arn != null],
      [for statement in [local.sample_traces_statement] : statement if var.state_machine_tracing],
    )
  })
}

locals {
  # SNS encrypts a message with the permissions of the publisher.
  encrypt_notifications_statement = {
    Sid       = "EncryptNotifications"
    Effect    = "Allow"
    Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
    Resource  = [var.kms_key_arn]
    Condition = { StringEquals = { "kms:ViaService" = "sns.${local.region}.${local.dns_suffix}" } }
  }
}
