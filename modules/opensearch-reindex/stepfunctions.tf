# Rebuilds the indices of a trigger file, with one execution of the index state machine for each.
resource "aws_sfn_state_machine" "reindex" {
  #checkov:skip=CKV_AWS_284:Opt-in, see state_machine_tracing; the history and log record every step with its data
  name       = local.name
  role_arn   = local.role_arns.state_machine
  type       = "STANDARD"
  definition = jsonencode(local.state_machine_definitions.reindex)
  tags       = var.tags

  logging_configuration {
    level                  = var.state_machine_log_level
    include_execution_data = var.state_machine_log_level != "OFF"
    log_destination        = var.state_machine_log_level == "OFF" ? null : "${aws_cloudwatch_log_group.state_machine.arn}:*"
  }

  tracing_configuration {
    enabled = var.state_machine_tracing
  }

  # Step Functions checks at creation that the role may write logs. The definition names functions by ARN, so Terraform does
  # not infer these dependencies.
  depends_on = [aws_iam_role_policy.state_machine, aws_lambda_function.step, aws_sfn_state_machine.index]
}

resource "aws_sfn_state_machine" "index" {
  #checkov:skip=CKV_AWS_284:Opt-in, see state_machine_tracing; the history and log record every step with its data
  name       = local.index_name
  role_arn   = local.role_arns.index_state_machine
  type       = "STANDARD"
  definition = jsonencode(local.state_machine_definitions.index)
  tags       = var.tags

  logging_configuration {
    level                  = var.state_machine_log_level
    include_execution_data = var.state_machine_log_level != "OFF"
    log_destination        = var.state_machine_log_level == "OFF" ? null : "${aws_cloudwatch_log_group.index_state_machine.arn}:*"
  }

  tracing_configuration {
    enabled = var.state_machine_tracing
  }

  depends_on = [aws_iam_role_policy.index_state_machine, aws_lambda_function.step]
}

# The names begin with /aws/vendedlogs/ because log delivery adds each other log group to a resource policy of the account,
# which is limited to 5,120 characters. All groups with this prefix share one entry.
resource "aws_cloudwatch_log_group" "state_machine" {
  #checkov:skip=CKV_AWS_158:Opt-in, see kms_key_arn; the log holds names, mappings and counts, but no documents
  name              = local.state_machine_log_group
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

resource "aws_cloudwatch_log_group" "index_state_machine" {
  #checkov:skip=CKV_AWS_158:Opt-in, see kms_key_arn; the log holds names, mappings and counts, but no documents
  name              = local.index_machine_log_group
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.log_retention_days
  tags              = var.tags
}
