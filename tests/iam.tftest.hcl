# Least privilege, read from the policies as they are sent to AWS.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  domain_arns = [
    "arn:aws:es:eu-central-1:123456789012:domain/search",
    "arn:aws:es:eu-west-1:210987654321:domain/archive",
  ]
}

run "without_a_vpc" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.lambda.policy).Statement : statement.Sid => [statement.Effect, statement.Action, statement.Resource]
      if statement.Sid != "WriteOwnLogs"
      } == {
      ReadTriggerFiles = [
        "Allow",
        ["s3:GetObject", "s3:GetObjectVersion"],
        ["arn:aws:s3:::opensearch-reindex-triggers-123456789012/*"],
      ]
      CallOpenSearch = [
        "Allow",
        ["es:ESHttpDelete", "es:ESHttpGet", "es:ESHttpHead", "es:ESHttpPost", "es:ESHttpPut"],
        ["arn:aws:es:eu-central-1:123456789012:domain/search/*", "arn:aws:es:eu-west-1:210987654321:domain/archive/*"],
      ]
      DescribeOwnExecutions = [
        "Allow",
        ["states:DescribeExecution"],
        [
          "arn:aws:states:eu-central-1:123456789012:execution:opensearch-reindex-dev:*",
          "arn:aws:states:eu-central-1:123456789012:execution:opensearch-reindex-dev-index:*",
        ],
      ]
    }
    error_message = "The functions read trigger files, call the given domains, describe their own executions, and nothing else."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.lambda.policy).Statement : [statement.Action, toset(statement.Resource)]
      if statement.Sid == "WriteOwnLogs"
      ] == [[
        ["logs:CreateLogStream", "logs:PutLogEvents"],
        toset([for log_group in aws_cloudwatch_log_group.step : "arn:aws:logs:eu-central-1:123456789012:log-group:${log_group.name}:*"]),
    ]]
    error_message = "The functions write their own logs alone."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.state_machine.policy).Statement : statement.Sid => [statement.Effect, statement.Action, statement.Resource]
      if statement.Sid != "DeliverLogs"
      } == {
      ReadTriggerFile = [
        "Allow",
        ["lambda:InvokeFunction"],
        ["arn:aws:lambda:eu-central-1:123456789012:function:opensearch-reindex-dev-get-trigger-file"],
      ]
      StartIndexExecutions = [
        "Allow",
        ["states:StartExecution"],
        ["arn:aws:states:eu-central-1:123456789012:stateMachine:opensearch-reindex-dev-index"],
      ]
      FollowIndexExecutions = [
        "Allow",
        ["states:DescribeExecution", "states:StopExecution"],
        ["arn:aws:states:eu-central-1:123456789012:execution:opensearch-reindex-dev-index:*"],
      ]
      HearOfEndedExecutions = [
        "Allow",
        ["events:DescribeRule", "events:PutRule", "events:PutTargets"],
        ["arn:aws:events:eu-central-1:123456789012:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"],
      ]
    }
    error_message = "The state machine invokes one function, runs the index state machine, and nothing else."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.index_state_machine.policy).Statement : [statement.Action, toset(statement.Resource)]
      if statement.Sid != "DeliverLogs"
      ] == [[
        ["lambda:InvokeFunction"],
        toset([
          for step, function in aws_lambda_function.step : "arn:aws:lambda:eu-central-1:123456789012:function:${function.function_name}"
          if step != "get_trigger_file"
        ]),
    ]]
    error_message = "The index state machine invokes the other six functions, and nothing else."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.events.policy).Statement == [{
      Sid      = "StartExecution"
      Effect   = "Allow"
      Action   = ["states:StartExecution"]
      Resource = ["arn:aws:states:eu-central-1:123456789012:stateMachine:opensearch-reindex-dev"]
    }]
    error_message = "EventBridge starts the state machine, and nothing else."
  }

  assert {
    condition = flatten([
      for policy in [
        aws_iam_role_policy.events.policy, aws_iam_role_policy.index_state_machine.policy,
        aws_iam_role_policy.lambda.policy, aws_iam_role_policy.state_machine.policy,
      ] : [for statement in jsondecode(policy).Statement : statement.Action if contains(statement.Resource, "*")]
      ]) == flatten([for _ in range(2) : [
        "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
    ]])
    error_message = "The log delivery of the two state machines is all that is allowed on every resource."
  }

  assert {
    condition = {
      for name, role in {
        events              = aws_iam_role.events
        index_state_machine = aws_iam_role.index_state_machine
        lambda              = aws_iam_role.lambda
        state_machine       = aws_iam_role.state_machine
        } : name => [
        for statement in jsondecode(role.assume_role_policy).Statement : [statement.Principal.Service, values(try(statement.Condition, {}))]
      ]
      } == {
      events = [["events.amazonaws.com", [
        { "aws:SourceArn" = "arn:aws:events:eu-central-1:123456789012:rule/opensearch-reindex-dev-trigger-file" },
        { "aws:SourceAccount" = "123456789012" },
      ]]]
      index_state_machine = [["states.amazonaws.com", [
        { "aws:SourceArn" = "arn:aws:states:eu-central-1:123456789012:stateMachine:*" },
        { "aws:SourceAccount" = "123456789012" },
      ]]]
      lambda = [["lambda.amazonaws.com", []]]
      state_machine = [["states.amazonaws.com", [
        { "aws:SourceArn" = "arn:aws:states:eu-central-1:123456789012:stateMachine:*" },
        { "aws:SourceAccount" = "123456789012" },
      ]]]
    }
    error_message = "One service takes each role, for this account alone."
  }
}

run "inside_a_vpc" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    vpc_config = {
      subnet_ids         = ["subnet-1"]
      security_group_ids = ["sg-1"]
    }
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.lambda.policy).Statement : statement.Effect => [statement.Resource, statement.Action]
      if startswith(statement.Action[0], "ec2:")
      } == {
      for effect in ["Allow", "Deny"] : effect => [["*"], [
        "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
      ]]
    }
    error_message = "Lambda may manage network interfaces, and the functions' code may not."
  }

  assert {
    condition = toset(one([
      for statement in jsondecode(aws_iam_role_policy.lambda.policy).Statement : statement.Condition.ArnEquals["lambda:SourceFunctionArn"]
      if statement.Effect == "Deny"
    ])) == toset([for function in aws_lambda_function.step : "arn:aws:lambda:eu-central-1:123456789012:function:${function.function_name}"])
    error_message = "The code of all seven functions is kept from network interfaces."
  }
}
