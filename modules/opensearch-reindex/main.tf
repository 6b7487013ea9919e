data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  dns_suffix = data.aws_partition.current.dns_suffix
  # Provider 6 deprecates `name`, and `id` from 6.47. Provider 5 has no `region`. Terraform warns about a direct reference to
  # a deprecated attribute, even within `try`.
  region = [for region in [data.aws_region.current] : try(region.region, region.id)][0]

  # Lambda limits the name of a function to 64 characters. The longest is `<name>-check-reindex-status`.
  full_name  = "${var.project_name}-${var.environment}"
  name       = length(local.full_name) <= 43 ? local.full_name : "${trimsuffix(substr(local.full_name, 0, 34), "-")}-${substr(sha256(local.full_name), 0, 8)}"
  index_name = "${local.name}-index"

  # The default environment is not part of the name of a bucket. S3 limits that name to 63 characters, of which `-triggers-`
  # and the account ID are 22.
  full_bucket_prefix = var.environment == "dev" ? var.project_name : local.full_name
  bucket_prefix      = length(local.full_bucket_prefix) <= 41 ? local.full_bucket_prefix : "${trimsuffix(substr(local.full_bucket_prefix, 0, 32), "-")}-${substr(sha256(local.full_bucket_prefix), 0, 8)}"

  # The description of each Lambda function, by step.
  steps = {
    get_trigger_file     = "Reads the trigger file and checks it before anything changes"
    create_index         = "Creates the target index from the source index and the trigger file"
    update_aliases       = "Redirects or blocks writes, then counts the documents of the frozen source index"
    start_reindex        = "Starts the reindex task, or finds the task that already runs"
    check_reindex_status = "Polls the reindex task"
    remove_alias         = "Proves the copy, then moves all aliases to the target index"
    delete_index         = "Proves the copy again, then deletes the source index"
  }
  function_names = { for step in keys(local.steps) : step => "${local.name}-${replace(step, "_", "-")}" }

  # These ARNs are built from names. The state machines, their roles and the Lambda role name each other, which would be a
  # cycle of references. Built ARNs are also known at plan, so that a plan shows every policy and definition in full.
  function_arns = {
    for step, function_name in local.function_names :
    step => "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${function_name}"
  }
  states_arn_prefix         = "arn:${local.partition}:states:${local.region}:${local.account_id}"
  state_machine_arn         = "${local.states_arn_prefix}:stateMachine:${local.name}"
  index_state_machine_arn   = "${local.states_arn_prefix}:stateMachine:${local.index_name}"
  execution_arns            = "${local.states_arn_prefix}:execution:${local.name}:*"
  index_execution_arns      = "${local.states_arn_prefix}:execution:${local.index_name}:*"
  rule_name                 = "${local.name}-trigger-file"
  rule_arn                  = "arn:${local.partition}:events:${local.region}:${local.account_id}:rule/${local.rule_name}"
  notification_name         = "${local.name}-notification"
  notification_rule_arn     = "arn:${local.partition}:events:${local.region}:${local.account_id}:rule/${local.notification_name}"
  notification_machine_arn  = "${local.states_arn_prefix}:stateMachine:${local.notification_name}"
  dead_letter_queue_name    = "${local.name}-dead-letters"
  log_group_arn_prefix      = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group"
  function_log_groups       = { for step, function_name in local.function_names : step => "/aws/lambda/${function_name}" }
  state_machine_log_group   = "/aws/vendedlogs/states/${local.name}"
  index_machine_log_group   = "/aws/vendedlogs/states/${local.index_name}"
  bucket_name               = coalesce(var.bucket_name, "${local.bucket_prefix}-triggers-${local.account_id}")
  bucket_arn                = "arn:${local.partition}:s3:::${local.bucket_name}"
  bucket_kms_key_arn        = try(coalesce(var.bucket_kms_key_arn, var.kms_key_arn), null)
  nested_execution_rule_arn = "arn:${local.partition}:events:${local.region}:${local.account_id}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"

  role_arns = {
    events              = try(aws_iam_role.events[0].arn, var.role_arns.events)
    index_state_machine = try(aws_iam_role.index_state_machine[0].arn, var.role_arns.index_state_machine)
    lambda              = try(aws_iam_role.lambda[0].arn, var.role_arns.lambda)
    notification        = try(aws_iam_role.notification[0].arn, var.role_arns.notification)
    state_machine       = try(aws_iam_role.state_machine[0].arn, var.role_arns.state_machine)
  }
}
