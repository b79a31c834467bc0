"""Statements of policies, and whether they apply to a call.

AWS: reference_policies_evaluation-logic.html, reference_policies_elements_condition_operators.html. Statements are
matched by MiniStack's evaluator; elements that it would silently ignore are an error here.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ministack.core import iam_evaluator

# Condition keys whose values the emulator knows, besides those of the caller.
KEYS = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:requestedregion",
        "aws:resourceaccount",
        "aws:securetransport",
        "aws:sourceaccount",
        "aws:sourcearn",
        "ecs:cluster",
        "ecs:createaction",
        "iam:passedtoservice",
        "kms:viaservice",
        "s3:delimiter",
        "s3:if-match",
        "s3:if-none-match",
        "s3:max-keys",
        "s3:prefix",
        "s3:x-amz-server-side-encryption",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    }
)

# MiniStack treats "Null" separately, so it is not in its table.
OPERATORS = frozenset(iam_evaluator._CONDITION_OPS) | {"null"}


class Uncovered(Exception):
    """The emulator cannot judge a statement or a call, so the call is refused."""


@dataclass(frozen=True)
class Caller:
    """The caller: a role, or a service of AWS by itself."""

    # ARN of the role; empty for a service.
    role: str = ""
    # The name in messages.
    name: str = ""
    service: str = ""
    account: str = ""


@dataclass(frozen=True)
class Call:
    """An action on a resource that a caller asks for."""

    action: str
    resource: str
    # Condition keys, in lower case, and their values.
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Statement:
    """A statement of a policy, and its name in the record."""

    name: str
    effect: str
    raw: dict[str, Any]
    parsed: Any

    def applies_to(self, caller: Caller, call: Call, region: str) -> bool:
        """Whether the statement applies to this call of this caller."""
        if "Principal" in self.raw and not _names(self.raw["Principal"], caller):
            return False
        parsed = self.parsed
        if not iam_evaluator._action_matches(call.action, parsed.actions, parsed.not_actions):
            return False
        if not iam_evaluator._resource_matches(call.resource, parsed.resources, parsed.not_resources):
            return False
        return iam_evaluator._conditions_met(parsed.conditions, _context(caller, call, region))


def read_statements(policy: str | dict[str, Any] | None, name: str) -> list[Statement]:
    """Returns the statements of a policy document; `name` is the name of the policy."""
    if not policy:
        return []
    return _read_cached(policy if isinstance(policy, str) else json.dumps(policy), name)


@functools.cache
def _read_cached(policy: str, name: str) -> list[Statement]:
    found = json.loads(policy)["Statement"]
    return [_statement(raw, name, number) for number, raw in enumerate(found if isinstance(found, list) else [found])]


def _statement(raw: dict[str, Any], name: str, number: int) -> Statement:
    known = {"Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
    if unknown := set(raw) - known:
        raise Uncovered(f"{name}: the emulator knows no {', '.join(sorted(unknown))}")
    if "${" in json.dumps(raw):
        raise Uncovered(f"{name}: the emulator knows no policy variables")
    for operator, keys in (raw.get("Condition") or {}).items():
        plain = operator.lower().removesuffix("ifexists").removeprefix("forallvalues:").removeprefix("foranyvalue:")
        if plain not in OPERATORS:
            raise Uncovered(f"{name}: the emulator knows no operator {operator}")
        if unknown := {key for key in keys if key.lower() not in KEYS}:
            raise Uncovered(f"{name}: the emulator knows no condition key {', '.join(sorted(unknown))}")
    (parsed,) = iam_evaluator.parse_policy_document({"Statement": [raw]}) or (None,)
    if parsed is None:
        raise Uncovered(f"{name}: not a statement: {raw}")
    return Statement(f"{name}/{raw.get('Sid') or number}", raw["Effect"], raw, parsed)


def first_applicable(
    statements: Iterable[Statement], effect: str, caller: Caller, call: Call, region: str
) -> Statement | None:
    """Returns the first statement with this effect that applies to the call."""
    fitting = (statement for statement in statements if statement.effect == effect)
    return next((statement for statement in fitting if statement.applies_to(caller, call, region)), None)


def _context(caller: Caller, call: Call, region: str) -> Any:
    context = {
        # The emulator has no TLS, but stands for an endpoint that has it.
        "aws:securetransport": "true",
        **{key.lower(): value for key, value in call.context.items()},
    }
    made = iam_evaluator.EvalContext(
        # The ARN of the role, not that of its session: condition-keys.html, aws:PrincipalArn.
        principal_arn=caller.role or caller.service,
        principal_type="AssumedRole" if caller.role else "Service",
        principal_account=caller.account,
        action=call.action,
        resource_arn=call.resource,
        region=region,
        service_context=context,
    )
    made.secure_transport = str(context["aws:securetransport"]).lower() == "true"
    return made


def _names(principal: Any, caller: Caller) -> bool:
    """Whether a Principal element names the caller or, for a role, its account."""
    if principal == "*":
        return True
    if not isinstance(principal, dict) or set(principal) - {"AWS", "Service"}:
        raise Uncovered(f"the emulator knows no principal {principal}")
    if caller.service:
        return caller.service in _each(principal.get("Service"))
    accepted = {"*", caller.role, caller.account, f"arn:aws:iam::{caller.account}:root"}
    return not accepted.isdisjoint(_each(principal.get("AWS")))


def _each(value: Any) -> Iterator[str]:
    yield from [value] if isinstance(value, str) else value or []
