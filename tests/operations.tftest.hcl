# What tells people how executions go: notifications, the dead-letter queue, alarms, the dashboard. The local AWS reads
# alarms back without their metrics, so they are tested here alone.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  domain_arns = ["arn:aws:es:eu-central-1:123456789012:domain/search"]
}

run "the_defaults" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  assert {
    condition = sum([
      for resources in [
        aws_cloudwatch_dashboard.this, aws_cloudwatch_event_rule.notification, aws_cloudwatch_event_target.notification, aws_cloudwatch_metric_alarm.this,
        aws_sfn_state_machine.notification, aws_sns_topic.notification, aws_sns_topic_policy.notification,
      ] : length(resources)
    ]) == 0
    error_message = "Notifications, alarms and dashboard are opt-in."
  }

  assert {
    condition     = output.alarm_arns == {} && output.dashboard_name == null && output.notification_state_machine_arn == null && output.notification_topic_arn == null
    error_message = "The outputs of what is not made are empty."
  }

  assert {
    condition     = aws_sqs_queue.dead_letter[0].message_retention_seconds == 14 * 24 * 3600
    error_message = "The dead-letter queue keeps events as long as SQS can."
  }

  assert {
    condition = jsondecode(aws_sqs_queue_policy.dead_letter[0].policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid       = "SendDeadLetters"
          Effect    = "Allow"
          Principal = { Service = "events.amazonaws.com" }
          Action    = "sqs:SendMessage"
          Resource  = "arn:aws:sqs:eu-central-1:123456789012:opensearch-reindex-dev-dead-letters"
          Condition = { ArnEquals = { "aws:SourceArn" = ["arn:aws:events:eu-central-1:123456789012:rule/opensearch-reindex-dev-trigger-file"] } }
        },
        {
          Sid       = "DenyInsecureTransport"
          Effect    = "Deny"
          Principal = "*"
          Action    = "sqs:*"
          Resource  = "arn:aws:sqs:eu-central-1:123456789012:opensearch-reindex-dev-dead-letters"
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
      ]
    } && aws_sqs_queue_policy.dead_letter[0].queue_url == aws_sqs_queue.dead_letter[0].id
    error_message = "The rule alone puts events into the queue, over TLS."
  }

  assert {
    condition = (
      aws_cloudwatch_event_target.state_machine.rule == aws_cloudwatch_event_rule.trigger_file.name &&
      aws_cloudwatch_event_target.state_machine.dead_letter_config[0].arn == "arn:aws:sqs:eu-central-1:123456789012:opensearch-reindex-dev-dead-letters" &&
      aws_cloudwatch_event_target.state_machine.retry_policy[0].maximum_event_age_in_seconds == 3600 &&
      aws_cloudwatch_event_target.state_machine.retry_policy[0].maximum_retry_attempts == 185
    )
    error_message = "An upload that could not start an execution for an hour goes to the queue and starts none."
  }

  assert {
    condition     = output.dead_letter_queue_arn == aws_sqs_queue.dead_letter[0].arn && output.dead_letter_queue_url == aws_sqs_queue.dead_letter[0].url
    error_message = "The outputs are the queue's."
  }
}

run "everything_on" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    create_alarms         = true
    create_dashboard      = true
    create_notifications  = true
    event_max_age_seconds = 60
  }

  # So that a plan knows which role is whose.
  override_resource {
    target          = aws_iam_role.events
    override_during = plan
    values          = { arn = "arn:aws:iam::123456789012:role/events" }
  }

  override_resource {
    target          = aws_iam_role.notification
    override_during = plan
    values          = { arn = "arn:aws:iam::123456789012:role/notification" }
  }

  override_resource {
    target          = aws_sfn_state_machine.notification
    override_during = plan
    values          = { arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:notification" }
  }

  override_resource {
    target          = aws_sfn_state_machine.reindex
    override_during = plan
    values          = { arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:reindex" }
  }

  assert {
    condition = aws_cloudwatch_event_rule.notification[0].state == "ENABLED" && jsondecode(aws_cloudwatch_event_rule.notification[0].event_pattern) == {
      source        = ["aws.states"]
      "detail-type" = ["Step Functions Execution Status Change"]
      detail = {
        stateMachineArn = ["arn:aws:states:eu-central-1:123456789012:stateMachine:opensearch-reindex-dev"]
        status          = ["ABORTED", "FAILED", "TIMED_OUT"]
      }
    }
    error_message = "Executions of trigger files that fail, time out or are aborted are told of."
  }

  assert {
    condition = [
      for target in [aws_cloudwatch_event_target.state_machine, aws_cloudwatch_event_target.notification[0]] : [
        target.rule, target.arn, target.role_arn, target.dead_letter_config[0].arn,
        target.retry_policy[0].maximum_event_age_in_seconds, target.retry_policy[0].maximum_retry_attempts,
      ]
      ] == [
      [
        "opensearch-reindex-dev-trigger-file", "arn:aws:states:eu-central-1:123456789012:stateMachine:reindex",
        "arn:aws:iam::123456789012:role/events", "arn:aws:sqs:eu-central-1:123456789012:opensearch-reindex-dev-dead-letters", 60, 185,
      ],
      [
        "opensearch-reindex-dev-notification", "arn:aws:states:eu-central-1:123456789012:stateMachine:notification",
        "arn:aws:iam::123456789012:role/events", "arn:aws:sqs:eu-central-1:123456789012:opensearch-reindex-dev-dead-letters", 60, 185,
      ],
    ]
    error_message = "Each rule starts its state machine with EventBridge's role, and gives up in time."
  }

  assert {
    condition     = aws_sfn_state_machine.notification[0].role_arn == "arn:aws:iam::123456789012:role/notification"
    error_message = "The notification state machine runs with its own role."
  }

  assert {
    condition = jsondecode(aws_sqs_queue_policy.dead_letter[0].policy).Statement[0].Condition.ArnEquals["aws:SourceArn"] == [
      "arn:aws:events:eu-central-1:123456789012:rule/opensearch-reindex-dev-trigger-file",
      "arn:aws:events:eu-central-1:123456789012:rule/opensearch-reindex-dev-notification",
    ]
    error_message = "Both rules put events into the queue."
  }

  assert {
    condition = jsondecode(aws_sns_topic_policy.notification[0].policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid       = "PublishAlarms"
          Effect    = "Allow"
          Principal = { Service = "cloudwatch.amazonaws.com" }
          Action    = "sns:Publish"
          Resource  = "arn:aws:sns:eu-central-1:123456789012:opensearch-reindex-dev-notification"
          Condition = { StringEquals = { "aws:SourceAccount" = "123456789012" } }
        },
        {
          Sid       = "DenyInsecureTransport"
          Effect    = "Deny"
          Principal = "*"
          Action    = "sns:Publish"
          Resource  = "arn:aws:sns:eu-central-1:123456789012:opensearch-reindex-dev-notification"
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
      ]
    } && aws_sns_topic_policy.notification[0].arn == aws_sns_topic.notification[0].arn
    error_message = "Alarms of this account are published to the topic, over TLS."
  }

  assert {
    condition = (
      output.notification_topic_arn == aws_sns_topic.notification[0].arn &&
      output.notification_state_machine_arn == "arn:aws:states:eu-central-1:123456789012:stateMachine:notification" &&
      keys(output.alarm_arns) == ["dead_letters", "executions", "lambda_errors", "lambda_throttles"]
    )
    error_message = "The outputs are the topic's, the state machine's and the alarms'."
  }

  assert {
    condition = jsonencode({
      for name, alarm in aws_cloudwatch_metric_alarm.this : name => sort(flatten([
        for query in alarm.metric_query : [
          for metric in query.metric : join(" ", concat([metric.namespace, metric.metric_name], [for key, value in metric.dimensions : "${key}=${value}"], [metric.period, metric.stat]))
        ]
      ]))
      }) == jsonencode(merge(
      {
        dead_letters = ["AWS/SQS ApproximateNumberOfMessagesVisible QueueName=${aws_sqs_queue.dead_letter[0].name} 300 Maximum"]
        executions = [
          for metric in ["ExecutionsAborted", "ExecutionsFailed", "ExecutionsTimedOut"] :
          "AWS/States ${metric} StateMachineArn=arn:aws:states:eu-central-1:123456789012:stateMachine:${aws_sfn_state_machine.reindex.name} 300 Sum"
        ]
      },
      {
        for name, metric in { lambda_errors = "Errors", lambda_throttles = "Throttles" } : name => sort([
          for function in aws_lambda_function.step : "AWS/Lambda ${metric} FunctionName=${function.function_name} 300 Sum"
        ])
      },
    ))
    error_message = "The alarms watch the queue, the executions of trigger files, and all seven functions."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this : [
        for query in alarm.metric_query : query.expression if query.return_data == true
        ] == ["SUM(METRICS())"] && [alarm.comparison_operator, alarm.threshold, alarm.evaluation_periods, alarm.treat_missing_data] == [
        "GreaterThanThreshold", 0, 1, "notBreaching",
      ]
    ])
    error_message = "One event of any metric is an alarm, and none is not."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this : [for actions in [alarm.alarm_actions, alarm.ok_actions] : tolist(actions)] == [
        for _ in range(2) : tolist(["arn:aws:sns:eu-central-1:123456789012:opensearch-reindex-dev-notification"])
      ]
    ])
    error_message = "Alarms are told to the topic of the notifications, when they begin and when they end."
  }

  assert {
    condition = length(jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets) == 5 && length(setsubtract(
      flatten([
        for widget in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : [for metric in try(widget.properties.metrics, []) : metric[3]]
      ]),
      concat(
        values(aws_lambda_function.step)[*].function_name,
        [for machine in [aws_sfn_state_machine.index, aws_sfn_state_machine.reindex] : "arn:aws:states:eu-central-1:123456789012:stateMachine:${machine.name}"],
      ),
    )) == 0
    error_message = "The dashboard names functions and state machines that exist, and no other."
  }

  assert {
    condition = alltrue([
      for part in concat(
        [for function in aws_lambda_function.step : "\"Duration\",\"FunctionName\",\"${function.function_name}\""],
        [for function in aws_lambda_function.step : "\"Errors\",\"FunctionName\",\"${function.function_name}\""],
        [for function in aws_lambda_function.step : "\"Throttles\",\"FunctionName\",\"${function.function_name}\""],
        [for log_group in aws_cloudwatch_log_group.step : "SOURCE '${log_group.name}' |"],
        [for machine in [aws_sfn_state_machine.index, aws_sfn_state_machine.reindex] : "\"ExecutionsFailed\",\"StateMachineArn\",\"arn:aws:states:eu-central-1:123456789012:stateMachine:${machine.name}\""],
      ) : strcontains(aws_cloudwatch_dashboard.this[0].dashboard_body, part)
    ])
    error_message = "The dashboard shows every function, every function's log and both state machines."
  }

  # Widgets of a row begin where the one before ends, and none lies on another.
  assert {
    condition = [
      for widget in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : [widget.x, widget.y, widget.width, widget.height]
    ] == [[0, 0, 12, 6], [12, 0, 12, 6], [0, 6, 12, 6], [12, 6, 12, 6], [0, 12, 24, 8]]
    error_message = "Two charts are in a row, and the log is below them."
  }
}

run "a_topic_and_a_queue_that_exist" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    create_alarms             = true
    create_dead_letter_queue  = false
    create_notification_topic = false
    create_notifications      = true
    dead_letter_queue_arn     = "arn:aws:sqs:eu-central-1:123456789012:given-queue"
    event_max_age_seconds     = 86400
    notification_topic_arn    = "arn:aws:sns:eu-central-1:123456789012:given-topic"
    notify_on_success         = true
  }

  assert {
    condition = (
      length(aws_sns_topic.notification) == 0 && length(aws_sns_topic_policy.notification) == 0 &&
      length(aws_sqs_queue.dead_letter) == 0 && length(aws_sqs_queue_policy.dead_letter) == 0
    )
    error_message = "No topic and no queue is made, and no policy attached."
  }

  assert {
    condition = (
      jsondecode(aws_sfn_state_machine.notification[0].definition).States.Publish.Parameters.TopicArn == "arn:aws:sns:eu-central-1:123456789012:given-topic" &&
      one([for statement in jsondecode(aws_iam_role_policy.notification[0].policy).Statement : statement.Resource if statement.Sid == "PublishNotifications"]) == ["arn:aws:sns:eu-central-1:123456789012:given-topic"] &&
      output.notification_topic_arn == "arn:aws:sns:eu-central-1:123456789012:given-topic"
    )
    error_message = "Notifications go to the topic given."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset(["arn:aws:sns:eu-central-1:123456789012:given-topic"])])
    error_message = "Alarms are told to the topic given."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.notification[0].event_pattern).detail.status == ["ABORTED", "FAILED", "TIMED_OUT", "SUCCEEDED"]
    error_message = "Success is told of too where it is asked for."
  }

  assert {
    condition = alltrue([
      for target in [aws_cloudwatch_event_target.state_machine, aws_cloudwatch_event_target.notification[0]] :
      target.dead_letter_config[0].arn == "arn:aws:sqs:eu-central-1:123456789012:given-queue" && target.retry_policy[0].maximum_event_age_in_seconds == 86400
    ])
    error_message = "Events that could not start an execution for a day go to the queue given."
  }

  assert {
    condition     = output.dead_letter_queue_arn == "arn:aws:sqs:eu-central-1:123456789012:given-queue" && output.dead_letter_queue_url == null
    error_message = "The outputs are the given queue's; its URL is the caller's."
  }

  assert {
    condition = one([
      for query in aws_cloudwatch_metric_alarm.this["dead_letters"].metric_query : query.metric[0].dimensions if length(query.metric) == 1
    ]) == tomap({ QueueName = "given-queue" })
    error_message = "The alarm watches the queue given."
  }
}

run "alarms_without_notifications" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    create_alarms = true
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : length(alarm.alarm_actions) == 0 && length(alarm.ok_actions) == 0])
    error_message = "Alarms show in the console alone."
  }
}

run "alarms_with_actions" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    alarm_actions        = ["arn:aws:sns:eu-central-1:123456789012:on-call"]
    create_alarms        = true
    create_notifications = true
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this :
      alarm.alarm_actions == toset(["arn:aws:sns:eu-central-1:123456789012:on-call"]) && alarm.ok_actions == toset(["arn:aws:sns:eu-central-1:123456789012:on-call"])
    ])
    error_message = "Alarms are told to whom the input names."
  }
}
