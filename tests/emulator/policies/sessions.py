"""Sessions of roles: which credentials belong to which role.

AWS: id_credentials_temp.html. A session is made when a container or a function is started for a role, and the role's
trust policy has to let the service assume it (id_roles_create_for-service.html). Tests get sessions by AssumeRole.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from ministack.services import iam, sts

from policies.statements import Call, Caller, Uncovered, first_applicable, read_statements


@dataclass(frozen=True)
class Session:
    """Credentials of a role."""

    caller: Caller
    key: str
    secret: str
    token: str
    # Subnet of the network interface of a task; empty if requests do not come from a network of the account.
    subnet: str = ""

    def document(self) -> dict[str, str]:
        """Returns the credentials as the container credentials endpoint sends them; AWS: task-iam-roles.html."""
        return {
            "AccessKeyId": self.key,
            "SecretAccessKey": self.secret,
            "Token": self.token,
            "Expiration": "2099-01-01T00:00:00Z",
            "RoleArn": self.caller.role,
        }

    def variables(self) -> dict[str, str]:
        """Returns the credentials as environment variables of a function."""
        return {
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_SESSION_TOKEN": self.token,
        }


_sessions: dict[str, Session] = {}


def caller_of(role: str, session: str) -> Caller:
    """Returns a session of a role as a caller."""
    account, name = role.split(":")[4], role.rpartition("/")[2]
    return Caller(role, f"arn:aws:sts::{account}:assumed-role/{name}/{session}", account=account)


def session_of(role: str, name: str, subnet: str = "") -> Session:
    """Returns the session `name` of a role, always the same one."""
    digest = hashlib.sha256(f"{role} {name} {subnet}".encode()).hexdigest()
    key = f"ASIA{digest[:16].upper()}"
    return _sessions.setdefault(key, Session(caller_of(role, name), key, digest[16:56], digest, subnet))


def find(key: str) -> Session | None:
    """Returns the session with this access key, made here or by AssumeRole; None if there is none."""
    found = sts._sessions.get(key)
    if key not in _sessions and found and ":assumed-role/" in found["Arn"]:
        account, (_kind, role, name) = found["Arn"].split(":")[4], found["Arn"].rpartition(":")[2].split("/")
        arn = iam._roles.get_scoped(account, None, role)["Arn"]
        secret, token = found["SecretAccessKey"], found["SessionToken"]
        _sessions[key] = Session(caller_of(arn, name), key, secret, token)
    return _sessions.get(key)


def may_assume(service: str, role: str, source: str) -> bool:
    """Whether the trust policy of a role lets a service assume it on behalf of the resource with the ARN `source`."""
    account, name = role.split(":")[4], role.rpartition("/")[2]
    found = iam._roles.get_scoped(account, None, name)
    if found is None:
        return False
    trust = found.get("AssumeRolePolicyDocument")
    document: dict[str, Any] = json.loads(trust) if isinstance(trust, str) else trust
    call = Call("sts:AssumeRole", role, {"aws:sourcearn": source, "aws:sourceaccount": account})
    caller = Caller(service=service, account=account)
    try:
        statements = read_statements(document, f"trust of {name}")
        if first_applicable(statements, "Deny", caller, call, ""):
            return False
        return first_applicable(statements, "Allow", caller, call, "") is not None
    except Uncovered:
        return False
