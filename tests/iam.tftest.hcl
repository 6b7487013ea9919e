# Least privilege, asserted on the policies that AWS receives.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  domain_arns = [
    "arn:aws:es:eu-central-1:123456789012:domain/search",
    "arn:aws:es:eu-west-1:210987654321:domain/archive",
  ]
}

run "the_defaults" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.lambda[0].policy).Statement : statement.Sid => [statement.Effect, statement.Action, statement.Resource]
      if statement.Sid != "WriteOwnLogs"
      } == {
      ReadTriggerFiles = [
        "Allow",
        ["s3:GetObject", "s3:GetObjectVersion"],
        ["arn:aws:s3:::opensearch-reindex-triggers-123456789012/*.json"],
      ]
      CallOpenSearch = [
        "Allow",
        ["es:ESHttpGet", "es:ESHttpPost", "es:ESHttpPut"],
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
    error_message = "The functions may only read trigger files, call the domains and describe their own executions."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.lambda[0].policy).Statement : [statement.Action, toset(statement.Resource)]
      if statement.Sid == "WriteOwnLogs"
      ] == [[
        ["logs:CreateLogStream", "logs:PutLogEvents"],
        toset([for log_group in aws_cloudwatch_log_group.step : "arn:aws:logs:eu-central-1:123456789012:log-group:${log_group.name}:*"]),
    ]]
    error_message = "The functions may write only their own logs."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.state_machine[0].policy).Statement : statement.Sid => [statement.Effect, statement.Action, statement.Resource]
      if statement.Sid != "DeliverLogs"
      } == {
      InvokeGetTriggerFile = [
        "Allow",
        ["lambda:InvokeFunction"],
        ["arn:aws:lambda:eu-central-1:123456789012:function:opensearch-reindex-dev-get-trigger-file"],
      ]
      StartIndexExecutions = [
        "Allow",
        ["states:StartExecution"],
        ["arn:aws:states:eu-central-1:123456789012:stateMachine:opensearch-reindex-dev-index"],
      ]
      TrackIndexExecutions = [
        "Allow",
        ["states:DescribeExecution", "states:GetExecutionHistory", "states:StopExecution"],
        ["arn:aws:states:eu-central-1:123456789012:execution:opensearch-reindex-dev-index:*"],
      ]
      ReceiveIndexExecutionEvents = [
        "Allow",
        ["events:DescribeRule", "events:PutRule", "events:PutTargets"],
        ["arn:aws:events:eu-central-1:123456789012:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"],
      ]
    }
    error_message = "The state machine may only invoke one function and run the index state machine."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.index_state_machine[0].policy).Statement : [statement.Action, toset(statement.Resource)]
      if statement.Sid != "DeliverLogs"
      ] == [[
        ["lambda:InvokeFunction"],
        toset([
          for step, function in aws_lambda_function.step : "arn:aws:lambda:eu-central-1:123456789012:function:${function.function_name}"
          if step != "get_trigger_file"
        ]),
    ]]
    error_message = "The index state machine may only invoke the other six functions."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.events[0].policy).Statement == [{
      Sid      = "StartExecution"
      Effect   = "Allow"
      Action   = ["states:StartExecution"]
      Resource = ["arn:aws:states:eu-central-1:123456789012:stateMachine:opensearch-reindex-dev"]
    }]
    error_message = "EventBridge may only start the state machine."
  }

  assert {
    condition = flatten([
      for policy in [
        aws_iam_role_policy.events[0].policy, aws_iam_role_policy.index_state_machine[0].policy,
        aws_iam_role_policy.lambda[0].policy, aws_iam_role_policy.state_machine[0].policy,
      ] : [for statement in jsondecode(policy).Statement : statement.Action if contains(statement.Resource, "*")]
      ]) == flatten([for _ in range(2) : [
        "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
    ]])
    error_message = "Only the log delivery of the two state machines is allowed on all resources."
  }

  assert {
    condition = alltrue([
      for policy in [
        aws_iam_role_policy.events[0].policy, aws_iam_role_policy.index_state_machine[0].policy,
        aws_iam_role_policy.lambda[0].policy, aws_iam_role_policy.state_machine[0].policy,
      ] : jsondecode(policy).Version == "2012-10-17" && !can(regex("[*?]", join(" ", flatten(jsondecode(policy).Statement[*].Action))))
    ])
    error_message = "No action contains a wildcard."
  }

  assert {
    condition = (
      length(aws_iam_role.notification) == 0 && length(aws_iam_role_policy.notification) == 0 &&
      alltrue([
        for role in [aws_iam_role.events, aws_iam_role.index_state_machine, aws_iam_role.lambda, aws_iam_role.state_machine] :
        role[0].path == "/" && role[0].permissions_boundary == null
      ])
    )
    error_message = "The module creates four roles with path / and without a permissions boundary."
  }

  assert {
    condition = {
      for name, role in {
        events              = aws_iam_role.events[0]
        index_state_machine = aws_iam_role.index_state_machine[0]
        lambda              = aws_iam_role.lambda[0]
        state_machine       = aws_iam_role.state_machine[0]
        } : name => [
        for statement in jsondecode(role.assume_role_policy).Statement : [statement.Principal.Service, values(try(statement.Condition, {}))]
      ]
      } == {
      events = [["events.amazonaws.com", [
        { "aws:SourceArn" = ["arn:aws:events:eu-central-1:123456789012:rule/opensearch-reindex-dev-trigger-file"] },
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
    error_message = "One service may assume each role, and only for this account."
  }
}

run "all_features" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    bucket_kms_key_arn    = "arn:aws:kms:eu-central-1:123456789012:key/bucket"
    create_alarms         = true
    create_dashboard      = true
    create_notifications  = true
    kms_key_arn           = "arn:aws:kms:eu-central-1:123456789012:key/rest"
    lambda_tracing        = true
    notify_on_success     = true
    permissions_boundary  = "arn:aws:iam::123456789012:policy/team/boundary"
    role_path             = "/platform/search/"
    state_machine_tracing = true
    vpc_config            = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
  }

  assert {
    condition = alltrue([
      for role in [aws_iam_role.events, aws_iam_role.index_state_machine, aws_iam_role.lambda, aws_iam_role.notification, aws_iam_role.state_machine] :
      role[0].path == "/platform/search/" && role[0].permissions_boundary == "arn:aws:iam::123456789012:policy/team/boundary"
    ])
    error_message = "role_path and permissions_boundary reach every role."
  }

  # The first four statements are the statements of run.the_defaults.
  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.lambda[0].policy).Statement : statement.Sid
      ] == [
      "ReadTriggerFiles", "CallOpenSearch", "DescribeOwnExecutions", "WriteOwnLogs",
      "DecryptTriggerFiles", "SendTraces", "ManageNetworkInterfaces", "DenyNetworkInterfacesToFunctionCode",
    ]
    error_message = "The functions may also decrypt trigger files, send traces and use network interfaces."
  }

  assert {
    condition = slice(jsondecode(aws_iam_role_policy.lambda[0].policy).Statement, 4, 8) == [
      {
        Sid       = "DecryptTriggerFiles"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = ["arn:aws:kms:eu-central-1:123456789012:key/bucket"]
        Condition = { StringEquals = { "kms:ViaService" = "s3.eu-central-1.amazonaws.com" } }
      },
      {
        Sid      = "SendTraces"
        Effect   = "Allow"
        Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
        Resource = ["*"]
      },
      {
        Sid    = "ManageNetworkInterfaces"
        Effect = "Allow"
        Action = [
          "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
          "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
        ]
        Resource = ["*"]
      },
      {
        Sid    = "DenyNetworkInterfacesToFunctionCode"
        Effect = "Deny"
        Action = [
          "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
          "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
        ]
        Resource = ["*"]
        Condition = { ArnEquals = { "lambda:SourceFunctionArn" = [
          for function in aws_lambda_function.step : "arn:aws:lambda:eu-central-1:123456789012:function:${function.function_name}"
        ] } }
      },
    ]
    error_message = "Decryption is allowed only through S3. Lambda may manage network interfaces, and the code of the seven functions may not."
  }

  assert {
    condition = [
      for policy in [aws_iam_role_policy.state_machine[0].policy, aws_iam_role_policy.index_state_machine[0].policy] :
      [for statement in jsondecode(policy).Statement : [statement.Effect, statement.Action, statement.Resource] if statement.Sid == "SendTraces"]
      ] == [for _ in range(2) : [[
        "Allow", ["xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"], ["*"],
    ]]]
    error_message = "The state machines may send traces."
  }

  assert {
    condition = [
      for policy in [aws_iam_role_policy.state_machine[0].policy, aws_iam_role_policy.index_state_machine[0].policy] : jsondecode(policy).Statement[*].Sid
      ] == [
      ["InvokeGetTriggerFile", "StartIndexExecutions", "TrackIndexExecutions", "ReceiveIndexExecutionEvents", "DeliverLogs", "SendTraces"],
      ["InvokeSteps", "DeliverLogs", "SendTraces"],
    ]
    error_message = "The state machines may do the same as with the defaults, and send traces."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.notification[0].policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid      = "DescribeExecutions"
          Effect   = "Allow"
          Action   = ["states:DescribeExecution"]
          Resource = ["arn:aws:states:eu-central-1:123456789012:execution:opensearch-reindex-dev:*"]
        },
        {
          Sid      = "PublishNotifications"
          Effect   = "Allow"
          Action   = ["sns:Publish"]
          Resource = ["arn:aws:sns:eu-central-1:123456789012:opensearch-reindex-dev-notification"]
        },
        {
          Sid       = "EncryptNotifications"
          Effect    = "Allow"
          Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource  = ["arn:aws:kms:eu-central-1:123456789012:key/rest"]
          Condition = { StringEquals = { "kms:ViaService" = "sns.eu-central-1.amazonaws.com" } }
        },
        {
          Sid      = "SendTraces"
          Effect   = "Allow"
          Action   = ["xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"]
          Resource = ["*"]
        },
      ]
    }
    error_message = "The notification state machine may only describe executions of the main state machine and publish to the encrypted topic."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.events[0].policy).Statement == [{
      Sid    = "StartExecution"
      Effect = "Allow"
      Action = ["states:StartExecution"]
      Resource = [
        "arn:aws:states:eu-central-1:123456789012:stateMachine:opensearch-reindex-dev",
        "arn:aws:states:eu-central-1:123456789012:stateMachine:opensearch-reindex-dev-notification",
      ]
    }]
    error_message = "EventBridge may only start the targets of the two rules."
  }

  assert {
    condition = jsondecode(aws_iam_role.events[0].assume_role_policy).Statement == [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "events.amazonaws.com" }
      Condition = {
        ArnEquals = { "aws:SourceArn" = [
          "arn:aws:events:eu-central-1:123456789012:rule/opensearch-reindex-dev-trigger-file",
          "arn:aws:events:eu-central-1:123456789012:rule/opensearch-reindex-dev-notification",
        ] }
        StringEquals = { "aws:SourceAccount" = "123456789012" }
      }
    }]
    error_message = "EventBridge may assume its role only for the two rules."
  }

  assert {
    condition     = jsondecode(aws_iam_role.notification[0].assume_role_policy) == jsondecode(aws_iam_role.state_machine[0].assume_role_policy)
    error_message = "The trust policy of the notification role equals the trust policies of the other state machines."
  }

  assert {
    condition = {
      for name, policy in {
        events              = aws_iam_role_policy.events[0].policy
        index_state_machine = aws_iam_role_policy.index_state_machine[0].policy
        lambda              = aws_iam_role_policy.lambda[0].policy
        notification        = aws_iam_role_policy.notification[0].policy
        state_machine       = aws_iam_role_policy.state_machine[0].policy
      } : name => [for statement in jsondecode(policy).Statement : statement.Sid if contains(statement.Resource, "*") && statement.Effect == "Allow"]
      } == {
      events              = []
      index_state_machine = ["DeliverLogs", "SendTraces"]
      lambda              = ["SendTraces", "ManageNetworkInterfaces"]
      notification        = ["SendTraces"]
      state_machine       = ["DeliverLogs", "SendTraces"]
    }
    error_message = "Only log delivery, traces and network interfaces are allowed on all resources."
  }

  assert {
    condition = alltrue([
      for policy in [
        aws_iam_role_policy.events[0].policy, aws_iam_role_policy.index_state_machine[0].policy, aws_iam_role_policy.lambda[0].policy,
        aws_iam_role_policy.notification[0].policy, aws_iam_role_policy.state_machine[0].policy,
      ] : !can(regex("[*?]", join(" ", flatten(jsondecode(policy).Statement[*].Action))))
    ])
    error_message = "No action contains a wildcard."
  }
}

run "existing_roles" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    create_notifications = true
    create_roles         = false
    role_arns = {
      events              = "arn:aws:iam::123456789012:role/given-events"
      index_state_machine = "arn:aws:iam::123456789012:role/given-index-states"
      lambda              = "arn:aws:iam::123456789012:role/team/given-lambda"
      notification        = "arn:aws:iam::123456789012:role/given-notification"
      state_machine       = "arn:aws:iam::123456789012:role/given-states"
    }
  }

  assert {
    condition = sum([
      for resources in [
        aws_iam_role.events, aws_iam_role.index_state_machine, aws_iam_role.lambda, aws_iam_role.notification, aws_iam_role.state_machine,
        aws_iam_role_policy.events, aws_iam_role_policy.index_state_machine, aws_iam_role_policy.lambda, aws_iam_role_policy.notification,
        aws_iam_role_policy.state_machine,
      ] : length(resources)
    ]) == 0
    error_message = "The module creates no roles and no policies."
  }

  assert {
    condition = (
      alltrue([for function in aws_lambda_function.step : function.role == "arn:aws:iam::123456789012:role/team/given-lambda"]) &&
      aws_sfn_state_machine.reindex.role_arn == "arn:aws:iam::123456789012:role/given-states" &&
      aws_sfn_state_machine.index.role_arn == "arn:aws:iam::123456789012:role/given-index-states" &&
      aws_sfn_state_machine.notification[0].role_arn == "arn:aws:iam::123456789012:role/given-notification" &&
      aws_cloudwatch_event_target.state_machine.role_arn == "arn:aws:iam::123456789012:role/given-events" &&
      aws_cloudwatch_event_target.notification[0].role_arn == "arn:aws:iam::123456789012:role/given-events"
    )
    error_message = "Each service uses its role from role_arns."
  }

  assert {
    condition = (
      output.event_rule_role_arn == "arn:aws:iam::123456789012:role/given-events" &&
      output.index_state_machine_role_arn == "arn:aws:iam::123456789012:role/given-index-states" &&
      output.lambda_role_arn == "arn:aws:iam::123456789012:role/team/given-lambda" &&
      output.state_machine_role_arn == "arn:aws:iam::123456789012:role/given-states"
    )
    error_message = "The outputs return role_arns."
  }
}

run "existing_roles_without_notifications" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    create_roles = false
    role_arns = {
      events              = "arn:aws-us-gov:iam::123456789012:role/given-events"
      index_state_machine = "arn:aws-us-gov:iam::123456789012:role/given-index-states"
      lambda              = "arn:aws-us-gov:iam::123456789012:role/given-lambda"
      state_machine       = "arn:aws-us-gov:iam::123456789012:role/given-states"
    }
  }

  assert {
    condition     = aws_lambda_function.step["create_index"].role == "arn:aws-us-gov:iam::123456789012:role/given-lambda"
    error_message = "Each service uses its role from role_arns."
  }
}
