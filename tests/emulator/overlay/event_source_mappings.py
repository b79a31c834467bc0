"""Functions that read from queues: batches with the size and window of the mapping, with the rights of the function.

AWS: invocation-eventsourcemapping.html (a batch is full by number, by its window, or at 6 MB),
services-sqs-configure.html (BatchSize over 10 needs a window; a queue's visibility timeout is not below the function's;
permissions of the role), services-sqs-errorhandling.html (a failed batch comes again after its visibility timeout).
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region, request_scope
from ministack.services import lambda_svc, sqs

from policies import judge
from policies.statements import Call

Response = tuple[int, dict[str, str], bytes]
Mapping = dict[str, Any]
Message = dict[str, Any]

MAX_PAYLOAD_BYTES = 6_000_000
ACTIONS = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")

_scale = 1.0
_create = lambda_svc._create_esm


@dataclass
class Batch:
    """A batch of messages that is being collected."""

    since: float
    messages: list[Message] = field(default_factory=list)
    size: int = 0


_batches: dict[str, Batch] = {}


def create_mapping(data: Mapping) -> Response:
    """CreateEventSourceMapping: refuses the settings of a queue that Lambda refuses."""
    queue = sqs._queue_by_arn(str(data.get("EventSourceArn", "")))
    _function, config, _name = lambda_svc._get_func_record_for_ref(str(data.get("FunctionName", "")))
    if queue is None or not config:
        return _create(data)
    fault = _fault(data, queue, config)
    return error_response_json("InvalidParameterValueException", fault, 400) if fault else _create(data)


def _fault(data: Mapping, queue: dict[str, Any], config: dict[str, Any]) -> str | None:
    if data.get("BatchSize", 10) > 10 and not data.get("MaximumBatchingWindowInSeconds"):
        return "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
    visible, timeout = int(queue["attributes"].get("VisibilityTimeout", "30")), int(config.get("Timeout", 3))
    if visible < timeout:
        return f"Queue visibility timeout: {visible} seconds is less than Function timeout: {timeout} seconds"
    for action in ACTIONS:
        try:
            _judge(config, str(data["EventSourceArn"]), action)
        except judge.Denied:
            return f"The function execution role does not have permissions to call {action} on SQS"
    return None


def _judge(config: dict[str, Any], queue: str, action: str) -> None:
    judge.check_role(config["Role"], config["FunctionName"], Call(f"sqs:{action}", queue))


def poll() -> bool:
    """Fills the batches of all mappings and hands over those that are due; returns whether there was any."""
    handed = False
    for account, region, mapping in lambda_svc._iter_all_esms():
        with request_scope(account, region):
            if mapping.get("Enabled", True) and ":sqs:" in mapping["EventSourceArn"]:
                handed |= _poll(mapping)
    return handed


def _poll(mapping: Mapping) -> bool:
    queue = sqs._queue_by_arn(mapping["EventSourceArn"])
    function, config = lambda_svc._get_func_record_for_qualifier(mapping["FunctionName"], mapping.get("Qualifier"))
    if queue is None or function is None:
        return False
    busy = lambda_svc._esm_inflight.get(mapping["UUID"], 0)
    if busy >= lambda_svc._sqs_esm_concurrency(mapping, function, config, queue):
        return False
    try:
        for action in ACTIONS:
            _judge(config, mapping["EventSourceArn"], action)
    except judge.Denied as denied:
        mapping["LastProcessingResult"] = f"PROBLEM: {denied}"
        return False
    batch = _fill_batch(mapping, queue)
    if batch is None:
        return False
    del _batches[mapping["UUID"]]
    url = sqs._queue_url(mapping["EventSourceArn"].rpartition(":")[2])
    event = {"Records": [_record(message, mapping["EventSourceArn"]) for message in batch.messages]}
    lambda_svc._dispatch_esm_batch(
        *(mapping["UUID"], _run_batch, mapping, function),
        *(event, batch.messages, url, mapping["EventSourceArn"].rpartition(":")[2]),
    )
    return True


def _fill_batch(mapping: Mapping, queue: dict[str, Any]) -> Batch | None:
    """Adds messages to the batch of a mapping; returns the batch if it is due, else None."""
    window = mapping.get("MaximumBatchingWindowInSeconds", 0) * _scale
    wanted = mapping.get("BatchSize", 10)
    batch = _batches.get(mapping["UUID"])
    visibility = int(queue["attributes"].get("VisibilityTimeout", "30"))
    with sqs._queues_lock:
        sqs._expire_retained(queue)
        sqs._dlq_sweep(queue)
        while True:
            have = batch or Batch(time.monotonic())
            room = min(10, wanted - len(have.messages)) if have.size < MAX_PAYLOAD_BYTES else 0
            found = sqs._collect_msgs(queue, room, visibility) if room else []
            if not found:
                break
            batch = _batches.setdefault(mapping["UUID"], have)
            batch.messages += found
            batch.size += sum(len(json.dumps(_record(message, ""))) for message in found)
    if batch is None:
        return None
    full = len(batch.messages) >= wanted or batch.size >= MAX_PAYLOAD_BYTES
    return batch if full or time.monotonic() - batch.since >= window else None


def _run_batch(mapping: Mapping, function: Any, event: Any, messages: list[Message], url: str, name: str) -> None:
    """Hands a batch over. Failed messages come again after the queue's visibility timeout, by the emulator's clock."""
    lambda_svc._run_sqs_batch(mapping, function, event, messages, url, name)
    queue = sqs._queue_by_arn(mapping["EventSourceArn"])
    if queue is not None:
        again = time.time() + int(queue["attributes"].get("VisibilityTimeout", "30")) * _scale
        with sqs._queues_lock:
            for message in messages:
                message["visible_at"] = min(message["visible_at"], again)


def _record(message: Message, queue: str) -> dict[str, Any]:
    """Returns a message in the form that a function gets; AWS: with-sqs.html, example event."""
    first = message.get("first_receive_at") or time.time()
    return {
        "messageId": message["id"],
        "receiptHandle": message["receipt_handle"],
        "body": message["body"],
        "attributes": {
            "ApproximateReceiveCount": str(message.get("receive_count", 1)),
            "SentTimestamp": str(int(message["sent_at"] * 1000)),
            "SenderId": get_account_id(),
            "ApproximateFirstReceiveTimestamp": str(int(first * 1000)),
        },
        "messageAttributes": {},
        "md5OfBody": message.get("md5_body") or message.get("md5") or "",
        "eventSource": "aws:sqs",
        "eventSourceARN": queue,
        "awsRegion": get_region(),
    }


def install(scale: float) -> None:
    """Replaces functions of MiniStack; `scale` shortens windows and the wait for messages that failed."""
    global _scale
    _scale = scale
    lambda_svc._create_esm = create_mapping
    lambda_svc._poll_sqs = poll
