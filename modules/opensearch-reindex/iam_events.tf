resource "aws_iam_role" "events" {
  count = var.create_roles ? 1 : 0

  name                 = "${local.name}-events"
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  description          = "Permissions of EventBridge to start ${local.name}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "events.amazonaws.com" }
      Condition = {
        ArnEquals    = { "aws:SourceArn" = local.own_rule_arns }
        StringEquals = { "aws:SourceAccount" = local.account_id }
      }
    }]
  })
  tags = var.tags
}

resource "aws_iam_role_policy" "events" {
  count = length(aws_iam_role.events)

  name = "start-execution"
  role = aws_iam_role.events[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "StartExecution"
      Effect   = "Allow"
      Action   = ["states:StartExecution"]
      Resource = concat([local.state_machine_arn], [for arn in [local.notification_machine_arn] : arn if var.create_notifications])
    }]
  })
}
