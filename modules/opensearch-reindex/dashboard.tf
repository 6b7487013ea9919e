locals {
  dashboard_widgets = [
    {
      title   = "Executions by trigger file"
      metrics = [for metric in ["ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"] : ["AWS/States", metric, "StateMachineArn", local.state_machine_arn]]
    },
    {
      title   = "Executions by index"
      metrics = [for metric in ["ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"] : ["AWS/States", metric, "StateMachineArn", local.index_state_machine_arn]]
    },
    {
      title   = "Errors and throttles of the steps"
      metrics = [for pair in setproduct(["Errors", "Throttles"], values(local.function_names)) : ["AWS/Lambda", pair[0], "FunctionName", pair[1]]]
    },
    {
      title   = "Maximum duration of each step"
      metrics = [for name in values(local.function_names) : ["AWS/Lambda", "Duration", "FunctionName", name, { stat = "Maximum" }]]
    },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  count = var.create_dashboard ? 1 : 0

  dashboard_name = local.name
  dashboard_body = jsonencode({
    widgets = concat(
      [
        for position, widget in local.dashboard_widgets : {
          type   = "metric"
          x      = position % 2 * 12
          y      = floor(position / 2) * 6
          width  = 12
          height = 6
          properties = {
            title   = widget.title
            region  = local.region
            view    = "timeSeries"
            stat    = "Sum"
            period  = 300
            metrics = widget.metrics
          }
        }
      ],
      [{
        type   = "log"
        x      = 0
        y      = 12
        width  = 24
        height = 8
        properties = {
          title  = "Errors and warnings"
          region = local.region
          view   = "table"
          query = join(" ", concat(
            [for log_group in values(local.function_log_groups) : "SOURCE '${log_group}' |"],
            ["fields @timestamp, level, step, source_index, message, error.reason | filter level in [\"ERROR\", \"WARNING\"] | sort @timestamp desc | limit 100"],
          ))
        }
      }],
    )
  })
}
