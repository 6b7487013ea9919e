# Rebuilds the indices of a trigger file, one execution of the index state machine after the other.
resource "aws_sfn_state_machine" "reindex" {
  #checkov:skip=CKV_AWS_284:Opt-in, see state_machine_tracing; history and log hold every step with its data
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

  # Step Functions checks at creation that the role may write logs; the definition names the rest by ARN.
  depends_on = [aws_iam_role_policy.state_machine, aws_lambda_function.step, aws_sfn_state_machine.index]
}

# Rebuilds one index.
resource "aws_sfn_state_machine" "index" {
  #checkov:skip=CKV_AWS_284:Opt-in, see state_machine_tracing; history and log hold every step with its data
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

# Under /aws/vendedlogs/ because each log delivery adds its group to one resource policy of the account, which
# ends at 5120 characters; for groups with this prefix AWS writes a single entry.
resource "aws_cloudwatch_log_group" "state_machine" {
  #checkov:skip=CKV_AWS_158:Opt-in, see kms_key_arn; the log holds names, mappings and counts, no documents
  name              = local.state_machine_log_group
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

resource "aws_cloudwatch_log_group" "index_state_machine" {
  #checkov:skip=CKV_AWS_158:Opt-in, see kms_key_arn; the log holds names, mappings and counts, no documents
  name              = local.index_machine_log_group
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.log_retention_days
  tags              = var.tags
}
