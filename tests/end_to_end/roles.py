"""Compares the calls that the roles of all deployments made with those that their policies allow."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deployment import Deployment

# Actions that no test uses, as `policy/statement:action`, and why they stay. Another unused action fails the tests.
REASONS_FOR_UNUSED = {
    "*/Trace:xray:*": "traces are sent by Lambda and Step Functions themselves; the emulator has none",
    "pipeline/DeliverLogs:logs:*": "Step Functions sets up the delivery of its log with them; the emulator does not",
    "pipeline/RedriveMap:states:RedriveExecution": "a person redrives, in the console",
    "pipeline/WatchMap:states:*": "AWS asks for them for a Distributed Map; the emulator watches by itself",
    "pipeline/ReadTasksAndWriteResults:s3:AbortMultipartUpload": "AWS asks for it for a ResultWriter; large results",
    "pipeline/ReadTasksAndWriteResults:s3:ListMultipartUploadParts": "AWS asks for it for a ResultWriter, as above",
    "*:s3:AbortMultipartUpload": "of what is large and cut short; the tests of the worker see it",
    "network-logs/*:logs:*": "VPC writes its log; the emulator has no packets",
    "scheduler/KeepMissedStarts:sqs:SendMessage": "when the state machine is gone; tests/emulator/test_services.py",
}
# Refusals that the tests expect: the end of a role's name, and the action.
EXPECTED_REFUSALS = {
    # The object of a worker that never wrote who it is: it is missing, and the state machine may not list.
    ("pipeline", "s3:ListBucket"),
}


@dataclass
class Record:
    """The allowed actions, used actions and refusals of all deployments."""

    # `policy/statement:action`
    allowed: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    refusals: list[str] = field(default_factory=list)
    uncovered: set[str] = field(default_factory=set)


RECORD = Record()


def report(deployment: Deployment) -> dict[str, Any]:
    """Returns the calls that the emulator has recorded (tests/emulator/README.md)."""
    with urllib.request.urlopen(f"{deployment.endpoint}/_policies/uses") as answer:
        return json.load(answer)


def ignore_statements(deployment: Deployment, *statements: str) -> None:
    """Makes the emulator ignore these statements from now on."""
    body = json.dumps({"statements": list(statements)}).encode()
    url = f"{deployment.endpoint}/_policies/without"
    urllib.request.urlopen(urllib.request.Request(url, data=body, method="PUT")).close()


def collect(deployment: Deployment, refusals: bool = True) -> None:
    """Adds the calls of a deployment and the actions that its roles allow, before the deployment ends."""
    found = report(deployment)
    RECORD.used |= {f"{use['statement']}:{use['action']}" for use in found["uses"]}
    RECORD.uncovered |= set(found["uncovered"])
    for refusal in found["refusals"] if refusals else []:
        role = refusal["role"].rpartition("/")[2]
        if not any(role.endswith(name) and refusal["action"] == action for name, action in EXPECTED_REFUSALS):
            RECORD.refusals.append(f"{role}: {refusal['action']} on {refusal['resource']}")
    RECORD.allowed |= set(allowed_actions(deployment))


def allowed_actions(deployment: Deployment) -> list[str]:
    """Returns all actions that the policies of all roles allow."""
    iam = deployment.client("iam")
    found = []
    for page in iam.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            for policy in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
                document = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=policy)["PolicyDocument"]
                for statement in document["Statement"]:
                    given = statement["Action"]
                    assert statement["Effect"] == "Allow", "roles are only allowed"
                    each = [given] if isinstance(given, str) else given
                    found += [f"{policy}/{statement['Sid']}:{action}" for action in each]
    return found


def unused_actions() -> list[str]:
    """Returns allowed actions that no test has used and no reason explains."""
    unused = RECORD.allowed - RECORD.used
    return sorted(action for action in unused if not any(fnmatchcase(action, reason) for reason in REASONS_FOR_UNUSED))


def unneeded_reasons() -> list[str]:
    """Returns reasons that explain nothing: the action was used, or is not allowed any more."""
    unused = RECORD.allowed - RECORD.used
    return sorted(reason for reason in REASONS_FOR_UNUSED if not any(fnmatchcase(action, reason) for action in unused))
