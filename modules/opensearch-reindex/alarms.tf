locals {
  alarm_actions = length(var.alarm_actions) > 0 ? var.alarm_actions : [for arn in [local.notification_topic_arn] : arn if var.create_notifications]

  # Each alarm adds up its metrics, and enters the ALARM state when the sum over five minutes is not 0.
  alarms = {
    executions = {
      description = "An execution failed, timed out or was aborted. Its error names the index, the step and the reason. Correct the cause and upload the trigger file again."
      metrics = {
        for metric in ["ExecutionsAborted", "ExecutionsFailed", "ExecutionsTimedOut"] :
        metric => { namespace = "AWS/States", name = metric, dimensions = { StateMachineArn = local.state_machine_arn } }
      }
    }
    lambda_errors = {
      description = "A step failed. Step Functions retries transient faults. The log of the step has the reason."
      metrics = {
        for step, name in local.function_names :
        step => { namespace = "AWS/Lambda", name = "Errors", dimensions = { FunctionName = name } }
      }
    }
    lambda_throttles = {
      description = "Lambda throttled a step because the concurrency of the account or lambda_reserved_concurrency is exhausted."
      metrics = {
        for step, name in local.function_names :
        step => { namespace = "AWS/Lambda", name = "Throttles", dimensions = { FunctionName = name } }
      }
    }
    dead_letters = {
      description = "EventBridge could not start an execution or send a notification. See detail-type in the message: for `Object Created`, upload the trigger file again."
      metrics = {
        queue = {
          namespace  = "AWS/SQS"
          name       = "ApproximateNumberOfMessagesVisible"
          dimensions = { QueueName = regex("[^:]+$", coalesce(var.dead_letter_queue_arn, local.dead_letter_queue_name)) }
        }
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = { for name, alarm in local.alarms : name => alarm if var.create_alarms }

  alarm_name          = "${local.name}-${replace(each.key, "_", "-")}"
  alarm_description   = each.value.description
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
  tags                = var.tags

  metric_query {
    id          = "total"
    expression  = "SUM(METRICS())"
    label       = each.key
    return_data = true
  }

  dynamic "metric_query" {
    for_each = each.value.metrics

    content {
      id = "m_${lower(metric_query.key)}"

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        period      = 300
        stat        = metric_query.value.namespace == "AWS/SQS" ? "Maximum" : "Sum"
      }
    }
  }
}
