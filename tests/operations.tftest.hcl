# Notifications, the dead-letter queue, alarms and the dashboard. Alarms are tested only here, because the local AWS returns
# alarms without their metrics.

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
    error_message = "The outputs of disabled features are empty."
  }

  assert {
    condition     = aws_sqs_queue.dead_letter[0].message_retention_seconds == 14 * 24 * 3600
    error_message = "The dead-letter queue keeps events for 14 days, the maximum of SQS."
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
    error_message = "Only the rule may send events to the queue, and only with TLS."
  }

  assert {
    condition = (
      aws_cloudwatch_event_target.state_machine.rule == aws_cloudwatch_event_rule.trigger_file.name &&
      aws_cloudwatch_event_target.state_machine.dead_letter_config[0].arn == "arn:aws:sqs:eu-central-1:123456789012:opensearch-reindex-dev-dead-letters" &&
      aws_cloudwatch_event_target.state_machine.retry_policy[0].maximum_event_age_in_seconds == 3600 &&
      aws_cloudwatch_event_target.state_machine.retry_policy[0].maximum_retry_attempts == 185
    )
    error_message = "An event that starts no execution within an hour goes to the queue."
  }

  assert {
    condition     = output.dead_letter_queue_arn == aws_sqs_queue.dead_letter[0].arn && output.dead_letter_queue_url == aws_sqs_queue.dead_letter[0].url
    error_message = "The outputs return the ARN and URL of the queue."
  }
}

run "all_features" {
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

  # Different ARNs show which service uses which role.
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
    error_message = "The rule matches executions that failed, timed out or were aborted."
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
    error_message = "Each rule starts its state machine with the role of EventBridge, for at most event_max_age_seconds."
  }

  assert {
    condition     = aws_sfn_state_machine.notification[0].role_arn == "arn:aws:iam::123456789012:role/notification"
    error_message = "The notification state machine uses its own role."
  }

  assert {
    condition = jsondecode(aws_sqs_queue_policy.dead_letter[0].policy).Statement[0].Condition.ArnEquals["aws:SourceArn"] == [
      "arn:aws:events:eu-central-1:123456789012:rule/opensearch-reindex-dev-trigger-file",
      "arn:aws:events:eu-central-1:123456789012:rule/opensearch-reindex-dev-notification",
    ]
    error_message = "Both rules may send events to the queue."
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
    error_message = "Only alarms of this account may publish to the topic, and only with TLS."
  }

  assert {
    condition = (
      output.notification_topic_arn == aws_sns_topic.notification[0].arn &&
      output.notification_state_machine_arn == "arn:aws:states:eu-central-1:123456789012:stateMachine:notification" &&
      keys(output.alarm_arns) == ["dead_letters", "executions", "lambda_errors", "lambda_throttles"]
    )
    error_message = "The outputs return the ARNs of the topic, the state machine and the alarms."
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
    error_message = "The alarms cover the queue, the executions of trigger files and all seven functions."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this : [
        for query in alarm.metric_query : query.expression if query.return_data == true
        ] == ["SUM(METRICS())"] && [alarm.comparison_operator, alarm.threshold, alarm.evaluation_periods, alarm.treat_missing_data] == [
        "GreaterThanThreshold", 0, 1, "notBreaching",
      ]
    ])
    error_message = "An alarm enters the ALARM state if any metric is above 0."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this : [for actions in [alarm.alarm_actions, alarm.ok_actions] : tolist(actions)] == [
        for _ in range(2) : tolist(["arn:aws:sns:eu-central-1:123456789012:opensearch-reindex-dev-notification"])
      ]
    ])
    error_message = "Alarms notify the notification topic when they enter and leave the ALARM state."
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
    error_message = "The dashboard names only functions and state machines that the module creates."
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
    error_message = "The dashboard shows every function, every function log and both state machines."
  }

  # Widgets in a row are adjacent, and no widget overlaps another widget.
  assert {
    condition = [
      for widget in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : [widget.x, widget.y, widget.width, widget.height]
    ] == [[0, 0, 12, 6], [12, 0, 12, 6], [0, 6, 12, 6], [12, 6, 12, 6], [0, 12, 24, 8]]
    error_message = "Each row has two charts, and the log is below the charts."
  }
}

run "an_existing_topic_and_queue" {
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
    error_message = "The module creates no topic, no queue and no policy for them."
  }

  assert {
    condition = (
      jsondecode(aws_sfn_state_machine.notification[0].definition).States.Publish.Parameters.TopicArn == "arn:aws:sns:eu-central-1:123456789012:given-topic" &&
      one([for statement in jsondecode(aws_iam_role_policy.notification[0].policy).Statement : statement.Resource if statement.Sid == "PublishNotifications"]) == ["arn:aws:sns:eu-central-1:123456789012:given-topic"] &&
      output.notification_topic_arn == "arn:aws:sns:eu-central-1:123456789012:given-topic"
    )
    error_message = "Notifications use the existing topic."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset(["arn:aws:sns:eu-central-1:123456789012:given-topic"])])
    error_message = "Alarms notify the existing topic."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.notification[0].event_pattern).detail.status == ["ABORTED", "FAILED", "TIMED_OUT", "SUCCEEDED"]
    error_message = "notify_on_success adds successful executions to the rule."
  }

  assert {
    condition = alltrue([
      for target in [aws_cloudwatch_event_target.state_machine, aws_cloudwatch_event_target.notification[0]] :
      target.dead_letter_config[0].arn == "arn:aws:sqs:eu-central-1:123456789012:given-queue" && target.retry_policy[0].maximum_event_age_in_seconds == 86400
    ])
    error_message = "Events that start no execution within a day go to the existing queue."
  }

  assert {
    condition     = output.dead_letter_queue_arn == "arn:aws:sqs:eu-central-1:123456789012:given-queue" && output.dead_letter_queue_url == null
    error_message = "The outputs return the ARN of the existing queue, and no URL."
  }

  assert {
    condition = one([
      for query in aws_cloudwatch_metric_alarm.this["dead_letters"].metric_query : query.metric[0].dimensions if length(query.metric) == 1
    ]) == tomap({ QueueName = "given-queue" })
    error_message = "The alarm covers the existing queue."
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
    error_message = "The alarms have no actions."
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
    error_message = "Alarms notify alarm_actions."
  }
}
