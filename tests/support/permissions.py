"""The reason for each permission of the module's roles, by Sid.

Either a run fails without the permission, or the documentation of AWS requires it.
"""

# Runs on the local AWS fail without these permissions, see tests/stack/test_least_privilege.py.
ENFORCED = {
    "CallOpenSearch": {"es:ESHttpGet", "es:ESHttpPost", "es:ESHttpPut"},
    "DescribeOwnExecutions": {"states:DescribeExecution"},
    "ReadTriggerFiles": {"s3:GetObject", "s3:GetObjectVersion"},
}

_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg"
_S3 = "https://docs.aws.amazon.com/AmazonS3/latest/userguide"
_SNS = "https://docs.aws.amazon.com/sns/latest/dg"
_STATES = "https://docs.aws.amazon.com/step-functions/latest/dg"

# Runs on the local AWS succeed without these permissions. MiniStack writes logs, decrypts, invokes and starts without
# checking the role, and has neither network interfaces nor traces.
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
        "states:GetExecutionHistory": f"{_STATES}/supported-services-awssdk.html",
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
    # For the functions, and for the state machines, which also read sampling rules from X-Ray.
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
