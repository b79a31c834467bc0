"""Whether statements apply to a call: one line for each case."""

from __future__ import annotations

from typing import Any

import pytest

from policies.statements import Call, Caller, Uncovered, first_applicable, read_statements

ROLE = "arn:aws:iam::123456789012:role/worker"
WORKER = Caller(ROLE, "worker", account="123456789012")
EVENTS = Caller(service="events.amazonaws.com", account="123456789012")
KEY = "arn:aws:s3:::b/a/incoming/x.csv"
PLAIN = {"aws:securetransport": "false"}
CLUSTER = "arn:aws:ecs:eu-central-1:123456789012:cluster/c"


def applies(statement: dict[str, Any], call: Call, caller: Caller = WORKER) -> bool:
    effect = statement.setdefault("Effect", "Allow")
    return (
        first_applicable(read_statements({"Statement": statement}, "p"), effect, caller, call, "eu-central-1")
        is not None
    )


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("s3:GetObject", "arn:aws:s3:::b/*", True),
        ("s3:getobject", "arn:aws:s3:::b/*", True),
        ("s3:Get*", "arn:aws:s3:::b/*", True),
        ("s3:PutObject", "arn:aws:s3:::b/*", False),
        ("s3:GetObjectVersion", "arn:aws:s3:::b/*", False),
        ("s3:GetObject", "arn:aws:s3:::b", False),
        ("s3:GetObject", "arn:aws:s3:::B/*", False),
        ("s3:GetObject", "arn:aws:s3:::b/a/incoming/?.csv", True),
        (["s3:PutObject", "s3:GetObject"], ["arn:aws:s3:::c/*", "arn:aws:s3:::b/a/*"], True),
        ("*", "*", True),
    ],
)
def test_action_and_resource(action: Any, resource: Any, expected: bool) -> None:
    assert applies({"Action": action, "Resource": resource}, Call("s3:GetObject", KEY)) is expected


@pytest.mark.parametrize(
    ("operator", "key", "value", "context", "expected"),
    [
        ("Bool", "aws:SecureTransport", "false", {}, False),
        ("Bool", "aws:SecureTransport", "false", PLAIN, True),
        ("ArnEquals", "ecs:cluster", CLUSTER, {"ecs:cluster": CLUSTER}, True),
        ("ArnEquals", "ecs:cluster", CLUSTER, {"ecs:cluster": f"{CLUSTER}2"}, False),
        ("ArnEquals", "ecs:cluster", CLUSTER, {}, False),
        ("StringEquals", "iam:PassedToService", "ecs-tasks.amazonaws.com", {"iam:passedtoservice": "x"}, False),
        ("StringEquals", "ecs:CreateAction", ["RunTask"], {"ecs:createaction": "RunTask"}, True),
        ("StringNotEquals", "ecs:CreateAction", "RunTask", {}, True),
        ("StringEqualsIfExists", "ecs:CreateAction", "RunTask", {}, True),
        ("ArnNotEquals", "aws:PrincipalArn", [ROLE, "arn:aws:iam::123456789012:role/plan"], {}, False),
        ("ArnNotEquals", "aws:PrincipalArn", ["arn:aws:iam::123456789012:role/plan"], {}, True),
        ("StringLike", "s3:prefix", "a/*", {"s3:prefix": "a/incoming/"}, True),
        ("Null", "s3:prefix", "true", {}, True),
    ],
)
def test_condition(operator: str, key: str, value: Any, context: dict[str, Any], expected: bool) -> None:
    statement = {"Action": "*", "Resource": "*", "Condition": {operator: {key: value}}}
    assert applies(statement, Call("s3:GetObject", KEY, context)) is expected


@pytest.mark.parametrize(
    ("principal", "caller", "expected"),
    [
        ("*", WORKER, True),
        ("*", EVENTS, True),
        ({"AWS": ROLE}, WORKER, True),
        ({"AWS": "arn:aws:iam::123456789012:root"}, WORKER, True),
        ({"AWS": "arn:aws:iam::123456789012:role/plan"}, WORKER, False),
        ({"AWS": "arn:aws:iam::210987654321:root"}, WORKER, False),
        ({"Service": "events.amazonaws.com"}, EVENTS, True),
        ({"Service": ["sns.amazonaws.com"]}, EVENTS, False),
        ({"Service": "events.amazonaws.com"}, WORKER, False),
        ({"AWS": "arn:aws:iam::123456789012:root"}, EVENTS, False),
    ],
)
def test_principal(principal: Any, caller: Caller, expected: bool) -> None:
    statement = {"Action": "*", "Resource": "*", "Principal": principal}
    assert applies(statement, Call("sqs:SendMessage", "arn:aws:sqs:eu-central-1:123456789012:q"), caller) is expected


@pytest.mark.parametrize(
    "part",
    [
        {"Condition": {"StringMatches": {"aws:PrincipalArn": "x"}}},
        {"Condition": {"StringEquals": {"aws:SourceVpc": "x"}}},
        {"Resource": "arn:aws:s3:::b/${aws:PrincipalTag/team}/*"},
        {"NotPrincipal": {"AWS": ROLE}},
        {"Principal": {"Federated": "x"}},
    ],
)
def test_what_is_not_known_is_an_error_and_not_a_yes_or_no(part: dict[str, Any]) -> None:
    with pytest.raises(Uncovered):
        applies({"Action": "*", "Resource": "*", **part}, Call("s3:GetObject", KEY))
