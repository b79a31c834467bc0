"""EventBridge delivers only where it may: a queue, a function or a topic says so in its policy, a state machine's start
needs a role.

AWS: eb-use-resource-based.html, eb-use-identity-based.html. What is refused is tried for a day and then lost; here
it is lost at once, and logged.
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

# Without a question: for who has asked already.
deliver = eventbridge._invoke_target


def invoke_target(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> None:
    """Hands an event to a target of a rule, when the rule may."""
    arn = str(target.get("Arn", ""))
    service = arn.split(":")[2] if arn.startswith("arn:") else ""
    source = {"aws:sourcearn": rule.get("Arn", ""), "aws:sourceaccount": get_account_id()}
    try:
        if action := ACTIONS.get(service):
            judge.of_service(SERVICE, Call(action, arn, source))
        elif service == "states":
            role = str(target.get("RoleArn", ""))
            if not role or not judge.trusts(role, SERVICE, str(rule.get("Arn", ""))):
                raise judge.Denied(f"{SERVICE} may not take the role of the target: {role or 'there is none'}")
            judge.of_role(role, str(rule.get("Name")), Call("states:StartExecution", arn))
        else:
            judge.uncovered(f"the emulator cannot judge the target {arn}")
            return
    except judge.Denied as denied:
        logger.warning("rule %s: an event is lost: %s", rule.get("Name"), denied)
        return
    deliver(target, event, rule, view)


def install() -> None:
    """Puts this in place of MiniStack's."""
    eventbridge._invoke_target = invoke_target
