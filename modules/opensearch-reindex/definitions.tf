# The definitions of the state machines. The files in state_machines/ are complete, so the editor of Step Functions opens
# them; this file adds ARNs, retries and the time-out. It holds locals only: the workflow tests render the same definitions
# from it, without a provider.

locals {
  retry = jsondecode(file("${path.module}/state_machines/retry.json"))

  # What every function is invoked for again. A function that was idle for weeks, or lacks its network interface, takes some
  # minutes. AWS writes some of these names in two ways. A function that died may have done its work: every step can run twice.
  function_retries = [
    local.retry.lambda_service,
    local.retry.function_not_ready,
    local.retry.function_died,
    local.retry.opensearch_transient,
  ]

  # A trigger file is only read: it never waits for a busy domain.
  task_retries = {
    reindex = local.function_retries
    index   = concat(local.function_retries, [local.retry.domain_busy])
  }

  definition_files = {
    reindex = jsondecode(templatefile("${path.module}/state_machines/reindex.asl.json", {
      get_trigger_file_function_arn = local.function_arns["get_trigger_file"]
      index_execution_arn           = replace(local.index_state_machine_arn, ":stateMachine:", ":execution:")
      index_state_machine_arn       = local.index_state_machine_arn
      partition                     = local.partition
    }))
    index = jsondecode(templatefile(
      "${path.module}/state_machines/reindex_index.asl.json",
      merge(
        { for step, arn in local.function_arns : "${step}_function_arn" => arn if step != "get_trigger_file" },
        { partition = local.partition },
      ),
    ))
  }

  # The start of a nested execution is inside a Map state and keeps the Retry of its file.
  state_machine_definitions = {
    for machine, definition in local.definition_files : machine => merge(definition, {
      TimeoutSeconds = var.execution_timeout_seconds
      States = {
        for name, state in definition.States : name => merge(
          state,
          { for key, value in { Retry = local.task_retries[machine] } : key => value if state.Type == "Task" },
        )
      }
    })
  }

  notification_definition = templatefile("${path.module}/state_machines/notification.asl.json", {
    name      = local.name
    partition = local.partition
    topic_arn = var.create_notifications ? local.notification_topic_arn : "" # a template takes no null
  })
}
