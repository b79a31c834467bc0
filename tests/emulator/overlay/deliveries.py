"""EventBridge delivers only where it is allowed to: the policy of a queue, a function or a topic has to allow it, and
starting a state machine needs a role.

AWS: eb-use-resource-based.html, eb-use-identity-based.html. AWS retries a refused delivery for a day and then drops the
event; here the event is dropped at once, and this is logged.
"""

from __future__ import annotations

import logging
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import eventbridge

from policies import judge
from policies.statements import Call

logger = logging.getLogger("sluice.emulator.deliveries")

SERVICE = "events.amazonaws.com"
ACTIONS = {"sqs": "sqs:SendMessage", "lambda": "lambda:InvokeFunction", "sns": "sns:Publish"}

# Delivers without a check, for callers that have checked already.
deliver = eventbridge._invoke_target


def invoke_target(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> None:
    """Hands an event to a target of a rule, if the rule is allowed to."""
    arn = str(target.get("Arn", ""))
    service = arn.split(":")[2] if arn.startswith("arn:") else ""
    source = {"aws:sourcearn": rule.get("Arn", ""), "aws:sourceaccount": get_account_id()}
    try:
        if action := ACTIONS.get(service):
            judge.check_service(SERVICE, Call(action, arn, source))
        elif service == "states":
            role = str(target.get("RoleArn", ""))
            if not role or not judge.trusts(role, SERVICE, str(rule.get("Arn", ""))):
                raise judge.Denied(f"{SERVICE} may not assume the role of the target: {role or 'there is none'}")
            judge.check_role(role, str(rule.get("Name")), Call("states:StartExecution", arn))
        else:
            judge.record_uncovered(f"the emulator cannot judge the target {arn}")
            return
    except judge.Denied as denied:
        logger.warning("rule %s: an event is lost: %s", rule.get("Name"), denied)
        return
    deliver(target, event, rule, view)


def install() -> None:
    """Replaces functions of MiniStack by those of this module."""
    eventbridge._invoke_target = invoke_target
