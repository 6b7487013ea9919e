"""The examples, copied and applied like by a user, then destroyed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from stack.account import names_of_all_resources
from support.ministack import MiniStack
from support.terraform import TerraformRoot, domain_arn, example

# Each makes buckets, whose lifecycle rules take the provider a minute.
pytestmark = pytest.mark.slow


def outputs_of(root: TerraformRoot) -> Mapping[str, Any]:
    """Apply, see that nothing is left to change, and return the outputs."""
    root.apply()
    assert root.plan_is_empty()
    return root.outputs()


@contextmanager
def leaves_nothing(ministack: MiniStack) -> Iterator[None]:
    """Demand that the account has afterwards what it had before, no more and no less."""
    before = names_of_all_resources(ministack)
    yield
    assert names_of_all_resources(ministack) == before


def test_vpc_runs_functions_in_subnets_with_access_to_domain_s3_and_step_functions(
    ministack: MiniStack,
) -> None:
    with (
        leaves_nothing(ministack),
        example(ministack, "vpc", project_name="private", domain_arns=[domain_arn(ministack)]) as root,
    ):
        outputs = outputs_of(root)

        functions = (
            ministack.client("lambda").get_paginator("list_functions").paginate().build_full_result()["Functions"]
        )
        own = [function for function in functions if function["FunctionName"].startswith("private-dev-")]
        assert len(own) == 7
        for function in own:
            assert set(function["VpcConfig"]["SubnetIds"]) == set(outputs["subnet_ids"])
            assert function["VpcConfig"]["SecurityGroupIds"] == [outputs["security_group_id"]]
        ec2 = ministack.client("ec2")
        group = [{"Name": "group-id", "Values": [outputs["security_group_id"]]}]
        listed = ec2.describe_security_group_rules(Filters=group)["SecurityGroupRules"]
        # The provider takes away the rule for everything that a group has at first; MiniStack keeps it.
        rules = [rule for rule in listed if rule["IpProtocol"] != "-1"]
        assert all(rule["IsEgress"] and (rule["FromPort"], rule["ToPort"]) == (443, 443) for rule in rules)
        groups = {rule["ReferencedGroupInfo"]["GroupId"] for rule in rules if "ReferencedGroupInfo" in rule}
        endpoints = ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [outputs["vpc_id"]]}])
        services = {endpoint["ServiceName"].rpartition(".")[2] for endpoint in endpoints["VpcEndpoints"]}
        assert (len(rules), len(groups), services) == (3, 2, {"s3", "states"})
        assert outputs["domain_security_group_id"] in groups

        root.destroy()


def test_multiple_domains_gives_each_team_a_deployment_that_the_other_has_no_part_in(ministack: MiniStack) -> None:
    search = [domain_arn(ministack, "products"), domain_arn(ministack, "logs")]
    payments = [domain_arn(ministack, "payments")]
    variables = {"search_domain_arns": search, "payments_domain_arns": payments}
    with leaves_nothing(ministack), example(ministack, "multiple-domains", **variables) as root:
        outputs = outputs_of(root)

        iam = ministack.client("iam")
        for team, arns in (("search", search), ("payments", payments)):
            role = outputs["lambda_role_arns"][team].rpartition("/")[2]
            (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
            statements = {
                statement["Sid"]: statement["Resource"]
                for statement in iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]
            }
            assert statements["CallOpenSearch"] == [f"{arn}/*" for arn in arns]
            assert statements["ReadTriggerFiles"] == [f"arn:aws:s3:::{outputs['bucket_names'][team]}/*.json"]
        assert len(set(outputs["state_machine_arns"].values())) == 2

        root.destroy()
