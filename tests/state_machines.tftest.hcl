# The definitions as they are sent to Step Functions.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  domain_arns = ["arn:aws:es:eu-central-1:123456789012:domain/search"]
}

run "the_definitions" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  assert {
    condition = alltrue([
      for state_machine in [aws_sfn_state_machine.reindex, aws_sfn_state_machine.index] :
      state_machine.type == "STANDARD" && state_machine.logging_configuration[0].level == "ALL" &&
      state_machine.logging_configuration[0].include_execution_data && jsondecode(state_machine.definition).TimeoutSeconds == 7200
    ])
    error_message = "Both are Standard, log everything with its data, and end after two hours."
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
    error_message = "Each step of an index invokes its own function, and the one that froze the source releases it."
  }

  assert {
    condition = alltrue([
      for arn in flatten([
        for definition in [aws_sfn_state_machine.reindex.definition, aws_sfn_state_machine.index.definition] :
        regexall("arn:aws:lambda:eu-central-1:123456789012:function:[a-z-]+", definition)
      ]) : contains([for function in aws_lambda_function.step : function.function_name], split(":", arn)[6])
    ])
    error_message = "Every function a definition names exists."
  }

  assert {
    condition = (
      jsondecode(aws_sfn_state_machine.reindex.definition).States.GetTriggerFile.Parameters.FunctionName
      == "arn:aws:lambda:eu-central-1:123456789012:function:opensearch-reindex-dev-get-trigger-file"
      ) && (
      jsondecode(aws_sfn_state_machine.reindex.definition).States.ReindexIndices.ItemProcessor.States.ReindexIndex.Parameters.StateMachineArn
      == "arn:aws:states:eu-central-1:123456789012:stateMachine:${aws_sfn_state_machine.index.name}"
    )
    error_message = "The trigger file is read by its function, and an index rebuilt by the index state machine."
  }

  assert {
    condition = (
      jsondecode(aws_sfn_state_machine.reindex.definition).States.ReindexIndices.MaxConcurrency == 1 &&
      jsondecode(aws_sfn_state_machine.reindex.definition).States.ReindexIndices.ItemProcessor.ProcessorConfig.Mode == "INLINE" &&
      !can(jsondecode(aws_sfn_state_machine.reindex.definition).States.ReindexIndices.Retry)
    )
    error_message = "Indices are rebuilt one by one, in order, and never all over again."
  }

  assert {
    condition = alltrue([
      for name, state in merge(
        { GetTriggerFile = jsondecode(aws_sfn_state_machine.reindex.definition).States.GetTriggerFile },
        { for name, state in jsondecode(aws_sfn_state_machine.index.definition).States : name => state if state.Type == "Task" },
        ) : { for retry in state.Retry : join(" ", retry.ErrorEquals) => [retry.IntervalSeconds, retry.MaxAttempts, retry.BackoffRate, retry.JitterStrategy] if retry.ErrorEquals[0] != "DomainBusyError" } == {
        "Lambda.ClientExecutionTimeoutException Lambda.ServiceException Lambda.AWSLambdaException Lambda.SdkClientException Lambda.TooManyRequestsException" = [2, 6, 2, "FULL"]
        "TransientOpenSearchError"                                                                                                                           = [2, 8, 2, "FULL"]
      }
    ])
    error_message = "A step is tried again after a fault of Lambda's or a transient one of OpenSearch, with backoff, and after no other."
  }

  assert {
    condition = alltrue([
      for name, state in jsondecode(aws_sfn_state_machine.index.definition).States :
      [for retry in state.Retry : [retry.IntervalSeconds, retry.MaxAttempts, retry.BackoffRate] if retry.ErrorEquals == ["DomainBusyError"]] == [[60, 40, 1]]
      if state.Type == "Task"
    ])
    error_message = "A snapshot, or shards that are being built, are waited for during 40 minutes."
  }

  assert {
    condition = {
      for name, state in merge(
        { GetTriggerFile = jsondecode(aws_sfn_state_machine.reindex.definition).States.GetTriggerFile },
        { for name, state in jsondecode(aws_sfn_state_machine.index.definition).States : name => state if state.Type == "Task" },
      ) : name => [for catch in state.Catch : join(" ", [catch.ErrorEquals[0], catch.ResultPath, catch.Next])]
      } == {
      GetTriggerFile     = ["States.ALL $.error ReadError"]
      CreateIndex        = ["States.ALL $.error ReadError"]
      UpdateAliases      = ["States.ALL $.error AreWritesBlocked"]
      StartReindex       = ["States.ALL $.error AreWritesBlocked"]
      CheckReindexStatus = ["States.ALL $.error AreWritesBlocked"]
      RemoveAlias        = ["States.ALL $.error AreWritesBlocked"]
      DeleteIndex        = ["States.ALL $.error ReadError"]
      ReleaseSource      = ["States.ALL $.release_error ReadError"]
    }
    error_message = "Whatever a step fails with ends as the error of the execution, and the source is released first when the aliases may not have moved."
  }

  assert {
    condition = alltrue(flatten([
      for states in [
        jsondecode(aws_sfn_state_machine.index.definition).States,
        jsondecode(aws_sfn_state_machine.reindex.definition).States,
        jsondecode(aws_sfn_state_machine.reindex.definition).States.ReindexIndices.ItemProcessor.States,
        ] : [
        for state in values(states) : [
          for next in concat(
            [for target in [try(state.Next, null), try(state.Default, null)] : target if target != null],
            [for catch in try(state.Catch, []) : catch.Next],
            [for choice in try(state.Choices, []) : choice.Next],
          ) : contains(keys(states), next)
        ]
      ]
    ]))
    error_message = "Every transition leads to a state of the same machine."
  }
}
