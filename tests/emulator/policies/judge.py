"""Decides whether a caller may make a call, from all policies that apply, and records all calls.

AWS: reference_policies_evaluation-logic.html, within one account. A denial in any policy denies the call. Otherwise the
role's policies or the policy of the resource have to allow it, and so has the policy of the endpoint that the request
goes through. A KMS key with a policy of its own leaves the decision to the account's policies
(key-policy-default.html).
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2, ecr, iam, lambda_svc, s3, sns

from policies import calls, sessions
from policies.sessions import Session, caller_of
from policies.statements import Call, Caller, Statement, Uncovered, first_applicable, read_statements


class Denied(Exception):
    """The call is refused, with the message of AWS."""


@dataclass
class Record:
    """The calls so far: allowed ones with the statement that allowed them, refused ones, and what is not covered."""

    uses: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    refusals: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    uncovered: set[str] = field(default_factory=set)


_record = Record()
_lock = threading.Lock()
_enforced = True
# Names of statements that are ignored because a test asked for it.
_ignored: set[str] = set()


def enforce(enforced: bool) -> None:
    """Turns the enforcement of policies on or off; when it is off, nothing is refused."""
    global _enforced
    _enforced = enforced


def ignore_statements(names: set[str]) -> None:
    """From now on ignores the statements with these names (`policy/Sid`), and no others."""
    _ignored.clear()
    _ignored.update(names)


def check_role(role: str, session: str, call: Call, through: Session | None = None) -> None:
    """Raises `Denied` if a session of a role may not make this call."""
    _judge(caller_of(role, session), call, through)


def check_session(session: Session, call: Call) -> None:
    """Raises `Denied` if the owner of these credentials may not make this call."""
    _judge(session.caller, call, session)


def check_service(service: str, call: Call) -> None:
    """Raises `Denied` if a service may not make this call by itself: only the policy of the resource can allow it."""
    _judge(Caller(service=service, name=service, account=get_account_id()), call, None)


def may(session: Session, call: Call) -> bool:
    """Whether a session may make this call; a call that it may not make is not recorded as a refusal."""
    try:
        check_session(session, call)
    except Denied:
        with _lock:
            del _record.refusals[(session.caller.role, call.action, call.resource, "")]
        return False
    return True


def trusts(role: str, service: str, source: str) -> bool:
    """Whether a service may assume a role; always true when policies are not enforced."""
    return not _enforced or sessions.may_assume(service, role, source)


def _judge(caller: Caller, call: Call, through: Session | None) -> None:
    if not _enforced:
        return
    try:
        statements, reason = _decide(caller, call, through)
    except Uncovered as error:
        with _lock:
            _record.uncovered.add(str(error))
        statements, reason = [], str(error)
    who = caller.role or caller.service
    with _lock:
        for statement in statements:
            _record.uses[(who, call.action, call.resource, statement.name)] += 1
        if not statements:
            _record.refusals[(who, call.action, call.resource, "")] += 1
    if not statements:
        raise Denied(f"User: {caller.name} is not authorized to perform: {call.action} on resource: {reason}")


def record_uncovered(message: str) -> None:
    """Records that a call was refused because the emulator does not know how to judge it."""
    with _lock:
        _record.uncovered.add(message)


def _decide(caller: Caller, call: Call, through: Session | None) -> tuple[list[Statement], str]:
    """Returns the statements that together allow the call, or none and the reason why it is not allowed."""
    region = get_region()
    identity = _not_ignored(policies_of(caller.role)) if caller.role else []
    resource = _not_ignored(_resource_policy(call))
    endpoint = _endpoint_policy(call, through)
    endpoint = None if endpoint is None else _not_ignored(endpoint)
    kinds = (("an identity-based", identity), ("a resource-based", resource), ("a VPC endpoint", endpoint or []))
    for kind, statements in kinds:
        if first_applicable(statements, "Deny", caller, call, region):
            return [], f"{call.resource} with an explicit deny in {kind} policy"
    allowed = first_applicable(identity, "Allow", caller, call, region) or first_applicable(
        resource, "Allow", caller, call, region
    )
    if allowed is None:
        kind = "identity-based" if caller.role else "resource-based"
        return [], f"{call.resource} because no {kind} policy allows the {call.action} action"
    if endpoint is None:
        return [allowed], ""
    let_through = first_applicable(endpoint, "Allow", caller, call, region)
    if let_through is None:
        return [], f"{call.resource} because no VPC endpoint policy allows the {call.action} action"
    return [allowed, let_through], ""


def _not_ignored(statements: list[Statement]) -> list[Statement]:
    return [statement for statement in statements if statement.name not in _ignored]


def policies_of(role: str) -> list[Statement]:
    """Returns the statements of the inline policies of a role; attached policies are not covered."""
    account, name = role.split(":")[4], role.rpartition("/")[2]
    found = iam._roles.get_scoped(account, None, name)
    if found is None:
        return []
    if found.get("AttachedPolicies"):
        raise Uncovered(f"{name}: the emulator knows no attached policies")
    inline = (found.get("InlinePolicies") or {}).items()
    return [statement for policy, document in inline for statement in read_statements(document, policy)]


def _resource_policy(call: Call) -> list[Statement]:
    service = call.resource.split(":")[2] if call.resource.startswith("arn:") else ""
    policy: Any = None
    if service == "s3":
        found = s3.bucket_policy_for_arn(call.resource)
        policy = found[0] if found else None
    elif service == "sqs":
        policy = calls.queue_policy(call.resource)
    elif service == "sns":
        found = sns.topic_policy_for_arn(call.resource)
        policy = found[0] if found else None
    elif service == "lambda":
        found = lambda_svc.function_policy_for_arn(call.resource)
        policy = found[0] if found and found[0].get("Statement") else None
    elif service == "ecr":
        found = ecr.repository_policy_for_arn(call.resource)
        policy = found[0] if found else None
    if not policy:
        return []
    # The policy of a repository has no Resource, because it applies to the repository: repository-policies.html.
    return read_statements(policy, f"{service}:{call.resource.rpartition(':')[2].partition('/')[0]}")


def _endpoint_policy(call: Call, through: Session | None) -> list[Statement] | None:
    """Returns the policy of the S3 gateway endpoint that a request goes through; None if it does not go through one.

    AWS: vpc-endpoints-s3.html. Policies of other endpoints are not looked at.
    """
    if through is None or not through.subnet or not call.action.startswith("s3:"):
        return None
    tables = {
        table["RouteTableId"]
        for table in ec2._route_tables.values()
        for association in table.get("Associations", [])
        if association.get("SubnetId") == through.subnet
    }
    for endpoint in ec2._vpc_endpoints.values():
        gateway = endpoint.get("VpcEndpointType") == "Gateway" and endpoint["ServiceName"].endswith(".s3")
        if gateway and tables.intersection(endpoint.get("RouteTableIds", [])):
            policy = endpoint.get("PolicyDocument")
            return read_statements(policy, "endpoint") if policy else None
    return None


def report() -> dict[str, Any]:
    """Returns the record, as `/_policies/uses` shows it."""
    with _lock:
        return {
            "uses": [_entry(*key, count) for key, count in sorted(_record.uses.items())],
            "refusals": [_entry(*key, count) for key, count in sorted(_record.refusals.items())],
            "uncovered": sorted(_record.uncovered),
        }


def _entry(role: str, action: str, resource: str, statement: str, count: int) -> dict[str, Any]:
    return {"role": role, "action": action, "resource": resource, "statement": statement, "count": count}
