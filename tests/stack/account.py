"""What is in the account of the local AWS."""

from typing import Any

from support.ministack import MiniStack

# Service, operation, key of the list, key of the name. Where a name may be missing, the first key that is there counts.
_LISTS = (
    ("s3", "list_buckets", "Buckets", "Name"),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("stepfunctions", "list_state_machines", "stateMachines", "name"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("iam", "list_policies", "Policies", "PolicyName"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("events", "list_rules", "Rules", "Name"),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    ("ec2", "describe_subnets", "Subnets", "SubnetId"),
    ("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    ("ec2", "describe_security_groups", "SecurityGroups", "GroupName"),
    ("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    ("ec2", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
)


def names_of_all_resources(ministack: MiniStack) -> set[str]:
    """Return everything in the account that a deployment can leave behind.

    The resources are sorted by service and name. A key that is scheduled for deletion counts as deleted, because AWS
    deletes no key at once.

    Args:
        ministack: the account.
    """
    found = {
        f"{service} {item[name]}"
        for service, operation, kind, name in _LISTS
        for item in _all(ministack.client(service), operation, kind)
    }
    queues = ministack.client("sqs").list_queues().get("QueueUrls", [])
    kms = ministack.client("kms")
    states = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in _all(kms, "list_keys", "Keys")]
    return (
        found
        | {f"sqs {url}" for url in queues}
        | {f"kms {key['KeyId']}" for key in states if key["KeyState"] != "PendingDeletion"}
    )


def _all(client: Any, operation: str, kind: str) -> list[dict[str, Any]]:
    if client.can_paginate(operation):
        return [item for page in client.get_paginator(operation).paginate() for item in page.get(kind, [])]
    return list(getattr(client, operation)().get(kind, []))
