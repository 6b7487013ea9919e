"""What the policies of a role allow: as much of how IAM evaluates them as the module's policies need."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from support.ministack import MiniStack

Statement = Mapping[str, Any]


def allows(statements: Iterable[Statement], action: str, resource: str) -> bool:
    """Say whether statements allow an action: one allows it, and none denies it.

    Args:
        statements: of all policies of a role.
        action: such as `es:ESHttpPut`.
        resource: ARN.

    Raises:
        ValueError: a statement about it has a condition, which is not looked at here.
    """
    applying = [statement for statement in statements if _applies(statement, action, resource)]
    if any("Condition" in statement for statement in applying):
        raise ValueError(f"a condition decides whether {action} is allowed")
    effects = {statement["Effect"] for statement in applying}
    return effects == {"Allow"}


class RolePolicies:
    """The inline policies of the roles of Lambda functions, looked up at every question."""

    def __init__(self, ministack: MiniStack, domain_arn: str) -> None:
        """Describe whom to ask.

        Args:
            ministack: the account.
            domain_arn: of the domain that is called.
        """
        self._ministack = ministack
        self._domain_arn = domain_arn
        self._iam = ministack.client("iam")

    def allow(self, access_key_id: str, action: str, path: str) -> bool:
        """Say whether a function may send a request to the domain.

        Args:
            access_key_id: of the function's temporary credentials.
            action: such as `es:ESHttpPut`.
            path: of the request.
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
    """Say whether a pattern with IAM's wildcards, `*` and `?`, matches all of a text."""
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
