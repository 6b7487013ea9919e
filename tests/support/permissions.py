"""The reason of each permission: a run fails without it, or AWS's documentation.

The keys are the Sids of the statements in iam_*.tf.
"""

# Runs on the local AWS fail without these: tests/stack/test_least_privilege.py.
ENFORCED = {
    "CallOpenSearch": {"es:ESHttpGet", "es:ESHttpPost", "es:ESHttpPut"},
    "DescribeOwnExecutions": {"states:DescribeExecution"},
    "ReadTriggerFiles": {"s3:GetObject", "s3:GetObjectVersion"},
}

_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg"
_S3 = "https://docs.aws.amazon.com/AmazonS3/latest/userguide"
_SNS = "https://docs.aws.amazon.com/sns/latest/dg"
_STATES = "https://docs.aws.amazon.com/step-functions/latest/dg"

# MiniStack does on its own account what AWS does with these permissions, so a run would not miss them: it writes logs,
# decrypts, invokes and starts without asking the role, and has neither network interfaces nor traces.
DOCUMENTED = {
    "DecryptTriggerFiles": {"kms:Decrypt": f"{_S3}/UsingKMSEncryption.html"},
    "DeliverLogs": {
        f"logs:{action}": f"{_STATES}/cw-logs.html"
        for action in (
            "CreateLogDelivery",
            "DeleteLogDelivery",
            "DescribeLogGroups",
            "DescribeResourcePolicies",
            "GetLogDelivery",
            "ListLogDeliveries",
            "PutResourcePolicy",
            "UpdateLogDelivery",
        )
    },
    "DescribeExecutions": {"states:DescribeExecution": f"{_STATES}/supported-services-awssdk.html"},
    "EncryptNotifications": {
        "kms:Decrypt": f"{_SNS}/sns-key-management.html",
        "kms:GenerateDataKey": f"{_SNS}/sns-key-management.html",
    },
    "TrackIndexExecutions": {
        "states:DescribeExecution": f"{_STATES}/connect-stepfunctions.html",
        "states:StopExecution": f"{_STATES}/connect-stepfunctions.html",
    },
    "ReceiveIndexExecutionEvents": {
        "events:DescribeRule": f"{_STATES}/connect-stepfunctions.html",
        "events:PutRule": f"{_STATES}/connect-stepfunctions.html",
        "events:PutTargets": f"{_STATES}/connect-stepfunctions.html",
    },
    "ManageNetworkInterfaces": {
        f"ec2:{action}": f"{_LAMBDA}/configuration-vpc.html"
        for action in (
            "AssignPrivateIpAddresses",
            "CreateNetworkInterface",
            "DeleteNetworkInterface",
            "DescribeNetworkInterfaces",
            "DescribeSubnets",
            "UnassignPrivateIpAddresses",
        )
    },
    "PublishNotifications": {"sns:Publish": f"{_STATES}/connect-sns.html"},
    "InvokeGetTriggerFile": {"lambda:InvokeFunction": f"{_STATES}/connect-lambda.html"},
    "InvokeSteps": {"lambda:InvokeFunction": f"{_STATES}/connect-lambda.html"},
    # Of the functions, and of the state machines, which also ask X-Ray what to sample.
    "SendTraces": {
        "xray:GetSamplingRules": f"{_STATES}/concepts-xray-tracing.html",
        "xray:GetSamplingTargets": f"{_STATES}/concepts-xray-tracing.html",
        "xray:PutTelemetryRecords": f"{_LAMBDA}/services-xray.html",
        "xray:PutTraceSegments": f"{_LAMBDA}/services-xray.html",
    },
    "StartExecution": {
        "states:StartExecution": "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-iam-roles.html"
    },
    "StartIndexExecutions": {"states:StartExecution": f"{_STATES}/connect-stepfunctions.html"},
    "WriteOwnLogs": {
        "logs:CreateLogStream": f"{_LAMBDA}/monitoring-cloudwatchlogs.html",
        "logs:PutLogEvents": f"{_LAMBDA}/monitoring-cloudwatchlogs.html",
    },
}
