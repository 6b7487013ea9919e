# The definitions that Step Functions receives.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  domain_arns = ["arn:aws:es:eu-central-1:123456789012:domain/search"]
}

run "the_definitions" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    create_notifications = true
  }

  assert {
    condition = alltrue([
      for state_machine in [aws_sfn_state_machine.reindex, aws_sfn_state_machine.index] :
      state_machine.type == "STANDARD" && state_machine.logging_configuration[0].level == "ALL" &&
      state_machine.logging_configuration[0].include_execution_data && jsondecode(state_machine.definition).TimeoutSeconds == 7200
    ])
    error_message = "Both state machines are Standard, log everything with its data, and time out after two hours."
  }

  assert {
    condition = {
      for name, state in jsondecode(aws_sfn_state_machine.index.definition).States : name => state.Parameters.FunctionName if state.Type == "Task"
      } == {
      for name, step in {
        CreateIndex        = "create-index"
        UpdateAliases      = "update-aliases"
        StartReindex       = "start-reindex"
        CheckReindexStatus = "check-reindex-status"
        RemoveAlias        = "remove-alias"
        DeleteIndex        = "delete-index"
        ReleaseSource      = "update-aliases"
      } : name => "arn:aws:lambda:eu-central-1:123456789012:function:opensearch-reindex-dev-${step}"
    }
    error_message = "Each step of an index invokes its own function, and the function that blocks writes also releases the source index."
  }

  assert {
    condition = alltrue([
      for arn in flatten([
        for definition in [aws_sfn_state_machine.reindex.definition, aws_sfn_state_machine.index.definition] :
        regexall("arn:aws:lambda:eu-central-1:123456789012:function:[a-z-]+", definition)
      ]) : contains([for function in aws_lambda_function.step : function.function_name], split(":", arn)[6])
    ])
    error_message = "The definitions name only functions that the module creates."
  }

  assert {
    condition = (
      jsondecode(aws_sfn_state_machine.reindex.definition).States.GetTriggerFile.Parameters.FunctionName
      == "arn:aws:lambda:eu-central-1:123456789012:function:opensearch-reindex-dev-get-trigger-file"
      ) && (
      jsondecode(aws_sfn_state_machine.reindex.definition).States.ReindexIndices.ItemProcessor.States.ReindexIndex.Parameters.StateMachineArn
      == "arn:aws:states:eu-central-1:123456789012:stateMachine:${aws_sfn_state_machine.index.name}"
    )
    error_message = "get_trigger_file reads the trigger file, and the index state machine rebuilds an index."
  }

  assert {
    condition = (
      jsondecode(aws_sfn_state_machine.reindex.definition).States.ReindexIndices.MaxConcurrency == 1 &&
      jsondecode(aws_sfn_state_machine.reindex.definition).States.ReindexIndices.ItemProcessor.ProcessorConfig.Mode == "INLINE" &&
      !can(jsondecode(aws_sfn_state_machine.reindex.definition).States.ReindexIndices.Retry)
    )
    error_message = "The Map state rebuilds one index at a time, in order, and has no Retry."
  }

  assert {
    condition = alltrue([
      for name, state in merge(
        { GetTriggerFile = jsondecode(aws_sfn_state_machine.reindex.definition).States.GetTriggerFile },
        { for name, state in jsondecode(aws_sfn_state_machine.index.definition).States : name => state if state.Type == "Task" },
        ) : { for retry in state.Retry : join(" ", retry.ErrorEquals) => [retry.IntervalSeconds, retry.MaxAttempts, retry.BackoffRate, retry.JitterStrategy] if retry.ErrorEquals[0] != "DomainBusyError" } == {
        "Lambda.ClientExecutionTimeoutException Lambda.ServiceException Lambda.AWSLambdaException Lambda.SdkClientException Lambda.TooManyRequestsException" = [2, 6, 2, "FULL"]
        (join(" ", jsondecode(file("modules/opensearch-reindex/state_machines/retry.json")).function_not_ready.ErrorEquals))                                 = [15, 20, 1, "NONE"]
        "Lambda.Unknown Sandbox.Timedout Sandbox.Failure Runtime.ExitError Runtime.OutOfMemory"                                                              = [5, 2, 2, "NONE"]
        "TransientOpenSearchError"                                                                                                                           = [2, 8, 2, "FULL"]
      }
    ])
    error_message = "Every step retries faults of Lambda, a function that is not ready or died, and transient faults of OpenSearch."
  }

  assert {
    condition = alltrue([
      for name, state in jsondecode(aws_sfn_state_machine.index.definition).States :
      [for retry in state.Retry : [retry.IntervalSeconds, retry.MaxAttempts, retry.BackoffRate] if retry.ErrorEquals == ["DomainBusyError"]] == [[60, 40, 1]]
      if state.Type == "Task"
    ])
    error_message = "Every step of an index retries a busy domain for 40 minutes."
  }

  assert {
    condition = {
      for name, state in merge(
        { GetTriggerFile = jsondecode(aws_sfn_state_machine.reindex.definition).States.GetTriggerFile },
        { for name, state in jsondecode(aws_sfn_state_machine.index.definition).States : name => state if state.Type == "Task" },
      ) : name => [for catch in state.Catch : join(" ", [catch.ErrorEquals[0], catch.ResultPath, catch.Next])]
      } == {
      GetTriggerFile     = ["States.ALL $.error ReadError"]
      CreateIndex        = ["States.ALL $.error IsJob"]
      UpdateAliases      = ["States.ALL $.error IsJob"]
      StartReindex       = ["States.ALL $.error AreWritesBlocked"]
      CheckReindexStatus = ["States.ALL $.error AreWritesBlocked"]
      RemoveAlias        = ["States.ALL $.error AreWritesBlocked"]
      DeleteIndex        = ["States.ALL $.error ReadError"]
      ReleaseSource      = ["States.ALL $.release_error IsReleaseErrorOfHandler"]
    }
    error_message = "Every error of a step becomes the error of the execution, and the source index is released first if the aliases may not have moved."
  }

  assert {
    condition = jsonencode(jsondecode(aws_sfn_state_machine.reindex.definition).States.ReindexIndices.ItemProcessor.States.ReindexIndex) == jsonencode(merge(
      jsondecode(aws_sfn_state_machine.reindex.definition).States.ReindexIndices.ItemProcessor.States.ReindexIndex,
      {
        Resource = "arn:aws:states:::states:startExecution.sync:2"
        Retry = [{
          ErrorEquals = [
            "StepFunctions.ExecutionLimitExceeded", "StepFunctions.ExecutionLimitExceededException", "StepFunctions.ThrottlingException",
            "StepFunctions.ServiceException", "StepFunctions.SdkClientException", "StepFunctions.AWSStepFunctionsException",
          ]
          IntervalSeconds = 2, MaxAttempts = 6, BackoffRate = 2, JitterStrategy = "FULL"
        }]
        Catch = [
          {
            ErrorEquals = ["StepFunctions.ExecutionAlreadyExists", "StepFunctions.ExecutionAlreadyExistsException"],
            ResultPath  = "$.conflict", Next = "RenameIndexExecution"
          },
          { ErrorEquals = ["States.ALL"], ResultPath = "$.input", Next = "ReadIndexError" },
        ]
      },
    ))
    error_message = "Only the start of a nested execution has a Retry, and every error is read."
  }

  assert {
    condition = [for state in jsondecode(aws_sfn_state_machine.notification[0].definition).States : state.Resource if state.Type == "Task"] == [
      "arn:aws:states:::aws-sdk:sfn:describeExecution", "arn:aws:states:::sns:publish",
    ]
    error_message = "The notification state machine only describes the execution and publishes."
  }

  assert {
    condition = (
      jsondecode(aws_sfn_state_machine.notification[0].definition).States.Publish.Parameters == {
        TopicArn    = "arn:aws:sns:eu-central-1:123456789012:opensearch-reindex-dev-notification"
        "Subject.$" = "States.Format('opensearch-reindex-dev: {}', $.status)"
        "Message.$" = "$.message"
      } && aws_sfn_state_machine.notification[0].type == "STANDARD" && jsondecode(aws_sfn_state_machine.notification[0].definition).TimeoutSeconds == 300
    )
    error_message = "A notification goes to the topic, and its subject begins with the name of the state machine."
  }

  assert {
    condition = {
      for name, state in jsondecode(aws_sfn_state_machine.notification[0].definition).States :
      name => [for retry in try(state.Retry, []) : [retry.ErrorEquals, retry.IntervalSeconds, retry.MaxAttempts, retry.BackoffRate, retry.JitterStrategy]]
      } == {
      DescribeExecution = [[["States.TaskFailed"], 2, 5, 2, "FULL"]]
      HasSucceeded      = []
      Publish           = [[["States.TaskFailed"], 2, 5, 2, "FULL"]]
      UseEvent          = []
      WriteRawMessage   = []
      WriteMessage      = []
    }
    error_message = "Both tasks of the notification state machine have a Retry."
  }

  assert {
    condition = {
      for name, state in jsondecode(aws_sfn_state_machine.notification[0].definition).States :
      name => [for catch in try(state.Catch, []) : join(" ", [catch.ErrorEquals[0], catch.ResultPath, catch.Next])]
      } == {
      DescribeExecution = []
      HasSucceeded      = []
      Publish           = []
      UseEvent          = []
      WriteRawMessage   = []
      WriteMessage      = ["States.ALL $.unreadable WriteRawMessage"]
    }
    error_message = "A notification contains the raw execution if its cause is not valid JSON."
  }

  # A state without a transition to it is either the first state or unreachable.
  assert {
    condition = alltrue([
      for machine in concat(
        [for state_machine in [aws_sfn_state_machine.index, aws_sfn_state_machine.reindex, aws_sfn_state_machine.notification[0]] : jsondecode(state_machine.definition)],
        [jsondecode(aws_sfn_state_machine.reindex.definition).States.ReindexIndices.ItemProcessor],
        jsondecode(aws_sfn_state_machine.notification[0].definition).States.WriteMessage.Branches,
        ) : toset(concat([machine.StartAt], flatten([
          for name, state in machine.States : [
            for next in concat(
              [for target in [try(state.Next, null), try(state.Default, null)] : target if target != null],
              [for catch in try(state.Catch, []) : catch.Next],
              [for choice in try(state.Choices, []) : choice.Next],
            ) : next if next != name
          ]
      ]))) == toset(keys(machine.States))
    ])
    error_message = "Every transition leads to a state of the same state machine, and every state is reachable."
  }

  assert {
    condition = alltrue(flatten([
      for states in concat(
        [for state_machine in [aws_sfn_state_machine.index, aws_sfn_state_machine.reindex, aws_sfn_state_machine.notification[0]] : jsondecode(state_machine.definition).States],
        [jsondecode(aws_sfn_state_machine.reindex.definition).States.ReindexIndices.ItemProcessor.States],
        jsondecode(aws_sfn_state_machine.notification[0].definition).States.WriteMessage.Branches[*].States,
        ) : [
        for state in values(states) :
        contains(["Choice", "Fail", "Succeed"], state.Type) ? !can(state.Next) && !can(state.End) : can(state.Next) != can(state.End)
      ]
    ]))
    error_message = "Every state has a next state or ends the execution."
  }

  assert {
    condition     = !strcontains(join("", [for state_machine in [aws_sfn_state_machine.index, aws_sfn_state_machine.reindex, aws_sfn_state_machine.notification[0]] : state_machine.definition]), "$${")
    error_message = "No definition contains an unresolved placeholder."
  }

  assert {
    condition = alltrue([
      for state_machine in [aws_sfn_state_machine.index, aws_sfn_state_machine.reindex, aws_sfn_state_machine.notification[0]] :
      state_machine.tracing_configuration[0].enabled == false
    ])
    error_message = "Tracing is opt-in."
  }
}

run "the_inputs_reach_the_state_machines" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    create_notifications      = true
    execution_timeout_seconds = 6120000 # the longest timeout whose polls fit into the history
    poll_interval_seconds     = 3600
    stall_timeout_seconds     = 7200
    state_machine_log_level   = "OFF"
    state_machine_tracing     = true
  }

  override_resource {
    target          = aws_iam_role.index_state_machine
    override_during = plan
    values          = { arn = "arn:aws:iam::123456789012:role/index" }
  }

  override_resource {
    target          = aws_iam_role.state_machine
    override_during = plan
    values          = { arn = "arn:aws:iam::123456789012:role/reindex" }
  }

  assert {
    condition = [
      for state_machine in [aws_sfn_state_machine.index, aws_sfn_state_machine.reindex] :
      [state_machine.role_arn, state_machine.logging_configuration[0].log_destination == null, jsondecode(state_machine.definition).TimeoutSeconds]
      ] == [
      ["arn:aws:iam::123456789012:role/index", true, 6120000],
      ["arn:aws:iam::123456789012:role/reindex", true, 6120000],
    ]
    error_message = "Each state machine has its own role, no log destination with log level OFF, and the timeout."
  }

  assert {
    condition     = alltrue([for state_machine in [aws_sfn_state_machine.index, aws_sfn_state_machine.reindex] : state_machine.logging_configuration[0].level == "OFF"])
    error_message = "The log level reaches both state machines."
  }

  assert {
    condition = alltrue([
      for state_machine in [aws_sfn_state_machine.index, aws_sfn_state_machine.reindex, aws_sfn_state_machine.notification[0]] :
      state_machine.tracing_configuration[0].enabled
    ])
    error_message = "Tracing reaches all state machines."
  }

  assert {
    condition     = !strcontains(join("", [aws_iam_role_policy.state_machine[0].policy, aws_iam_role_policy.index_state_machine[0].policy, aws_iam_role_policy.notification[0].policy]), "logs:")
    error_message = "State machines with log level OFF may not set up log delivery."
  }
}

run "each_state_machine_has_its_own_log_group" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    state_machine_log_level = "ERROR"
  }

  override_resource {
    target          = aws_cloudwatch_log_group.index_state_machine
    override_during = plan
    values          = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:index" }
  }

  override_resource {
    target          = aws_cloudwatch_log_group.state_machine
    override_during = plan
    values          = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:reindex" }
  }

  assert {
    condition = [
      for state_machine in [aws_sfn_state_machine.index, aws_sfn_state_machine.reindex] :
      [state_machine.logging_configuration[0].log_destination, state_machine.logging_configuration[0].level, state_machine.logging_configuration[0].include_execution_data]
      ] == [
      ["arn:aws:logs:eu-central-1:123456789012:log-group:index:*", "ERROR", true],
      ["arn:aws:logs:eu-central-1:123456789012:log-group:reindex:*", "ERROR", true],
    ]
    error_message = "Log level and log destination reach each state machine."
  }
}
