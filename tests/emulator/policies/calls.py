"""Reads which actions a request asks for, for all services except S3.

AWS: the Service Authorization Reference, one page for each service: actions, the resources they are about, condition
keys. Only actions that a role of the pipeline may have a reason to call are here; any other is refused with a message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from ministack.services import sqs

from policies.statements import Call, Uncovered

Data = dict[str, Any]


def no_owner(_token: str) -> str | None:
    """Placeholder for the function of the overlay that returns the state machine of a task token."""
    return None


owner_of_token: Callable[[str], str | None] = no_owner


class Place:
    """Region and account of a request."""

    def __init__(self, region: str, account: str) -> None:
        self.region = region
        self.account = account

    def arn(self, service: str, resource: str) -> str:
        """Returns the ARN of a resource in this region and account."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"


def calls(service: str, method: str, path: str, target: str, body: bytes, place: Place) -> list[Call]:
    """Returns the calls that a request stands for; all of them have to be allowed."""
    if service == "sts":
        # GetCallerIdentity needs no permission.
        return []
    if service == "lambda":
        return [_invocation(method, path, place)]
    operation = target.rpartition(".")[2]
    read = OPERATIONS.get((service, operation))
    if read is None:
        raise Uncovered(f"the emulator has no action for {service} {operation or f'{method} {path}'}")
    return read(json.loads(body or b"{}"), place, operation)


def _invocation(method: str, path: str, place: Place) -> Call:
    match = re.fullmatch(r"/2015-03-31/functions/([^/]+)/invocations", path)
    if method != "POST" or match is None:
        raise Uncovered(f"the emulator has no action for lambda {method} {path}")
    name = unquote(match[1])
    return Call("lambda:InvokeFunction", name if name.startswith("arn:") else place.arn("lambda", f"function:{name}"))


def _on(action: str, field: str) -> Callable[[Data, Place, str], list[Call]]:
    """Makes a reader for an operation on the resource whose ARN is in a field of the request."""
    return lambda data, _place, _operation: [Call(action, str(data[field]))]


def _token(data: Data, _place: Place, operation: str) -> list[Call]:
    """Returns an answer for a task as an action on the state machine of its execution; none for an unknown token."""
    machine = owner_of_token(str(data.get("taskToken", "")))
    return [Call(f"states:{operation}", machine)] if machine else []


def _queue(data: Data, place: Place, operation: str) -> list[Call]:
    # A batch is the same action as a single message.
    name = str(data.get("QueueUrl", "")).rpartition("/")[2] or str(data.get("QueueName", ""))
    return [Call(f"sqs:{operation.removesuffix('Batch')}", place.arn("sqs", name))]


def _events(data: Data, place: Place, _operation: str) -> list[Call]:
    buses = {str(entry.get("EventBusName") or "default") for entry in data.get("Entries", [])}
    return [
        Call("events:PutEvents", bus if bus.startswith("arn:") else place.arn("events", f"event-bus/{bus}"))
        for bus in sorted(buses)
    ]


def _task(data: Data, place: Place, operation: str) -> list[Call]:
    cluster = str(data.get("cluster") or "default").rpartition("/")[2]
    context = {"ecs:cluster": place.arn("ecs", f"cluster/{cluster}")}
    tasks = data.get("tasks") or [data.get("task", "")]
    arns = [task if task.startswith("arn:") else place.arn("ecs", f"task/{cluster}/{task}") for task in tasks]
    return [Call(f"ecs:{operation}", arn, context) for arn in arns]


def _log(data: Data, place: Place, operation: str) -> list[Call]:
    stream = f"log-group:{data['logGroupName']}:log-stream:{data['logStreamName']}"
    return [Call(f"logs:{operation}", place.arn("logs", stream))]


QUEUES = (
    "ChangeMessageVisibility",
    "ChangeMessageVisibilityBatch",
    "DeleteMessage",
    "DeleteMessageBatch",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ReceiveMessage",
    "SendMessage",
    "SendMessageBatch",
)

OPERATIONS: dict[tuple[str, str], Callable[[Data, Place, str], list[Call]]] = {
    ("states", "StartExecution"): _on("states:StartExecution", "stateMachineArn"),
    ("states", "ListExecutions"): _on("states:ListExecutions", "stateMachineArn"),
    ("states", "DescribeExecution"): _on("states:DescribeExecution", "executionArn"),
    ("states", "StopExecution"): _on("states:StopExecution", "executionArn"),
    **{("states", f"SendTask{kind}"): _token for kind in ("Success", "Failure", "Heartbeat")},
    **{("sqs", operation): _queue for operation in QUEUES},
    ("events", "PutEvents"): _events,
    ("ecs", "StopTask"): _task,
    ("ecs", "DescribeTasks"): _task,
    ("logs", "CreateLogStream"): _log,
    ("logs", "PutLogEvents"): _log,
}


def queue_policy(arn: str) -> str | None:
    """Returns the policy of a queue."""
    found = sqs.queue_policy_for_arn(arn)
    return found[0] if found else None
