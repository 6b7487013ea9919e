"""Evaluation of IAM policies, as far as the module's policies need it."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from support.ministack import MiniStack

Statement = Mapping[str, Any]


def allows(statements: Iterable[Statement], action: str, resource: str) -> bool:
    """Return whether one statement allows an action and no statement denies it.

    Args:
        statements: statements of all policies of a role.
        action: IAM action, such as `es:ESHttpPut`.
        resource: ARN of the resource.

    Raises:
        ValueError: a matching statement has a condition, which this function does not evaluate.
    """
    applying = [statement for statement in statements if _applies(statement, action, resource)]
    if any("Condition" in statement for statement in applying):
        raise ValueError(f"a statement for {action} has a condition; expected none")
    effects = {statement["Effect"] for statement in applying}
    return effects == {"Allow"}


class RolePolicies:
    """Current inline policies of the roles of Lambda functions."""

    def __init__(self, ministack: MiniStack, domain_arn: str) -> None:
        """Name the account and the domain.

        Args:
            ministack: the account.
            domain_arn: ARN of the called domain.
        """
        self._ministack = ministack
        self._domain_arn = domain_arn
        self._iam = ministack.client("iam")

    def allow(self, access_key_id: str, action: str, path: str) -> bool:
        """Return whether a function may send a request to the domain.

        Args:
            access_key_id: access key id of the function's temporary credentials.
            action: IAM action, such as `es:ESHttpPut`.
            path: path of the request.
        """
        role = self._ministack.function_role(access_key_id)
        names = self._iam.list_role_policies(RoleName=role)["PolicyNames"]
        policies = [self._iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
        statements = [statement for policy in policies for statement in policy["Statement"]]
        return allows(statements, action, f"{self._domain_arn}{path}")


def _applies(statement: Statement, action: str, resource: str) -> bool:
    actions = any(_matches(pattern.lower(), action.lower()) for pattern in _listed(statement["Action"]))
    return actions and any(_matches(pattern, resource) for pattern in _listed(statement["Resource"]))


def _matches(pattern: str, text: str) -> bool:
    """Return whether a pattern with IAM's wildcards `*` and `?` matches a whole text."""
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
