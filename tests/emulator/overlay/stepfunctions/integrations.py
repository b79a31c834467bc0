"""Errors and arguments of the service integrations that the pipeline uses."""

from __future__ import annotations

import json
from typing import Any

from ministack.services import ecs, eventbridge, s3
from ministack.services import stepfunctions as sf


def run_task(_resource: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """`ecs:runTask`. An error of the API is named `ECS.` and its name; failures in the answer are `AmazonECS.Unknown`.

    AWS: connect-ecs.html. The names of errors are those that executions in real accounts show.
    """
    status, _headers, body = ecs._run_task(sf._pascal_to_camel(arguments))
    answer = json.loads(body)
    if status >= 400:
        name = str(answer.get("__type", "ServerException")).rpartition("#")[2]
        raise sf._ExecutionError(f"ECS.{name}", str(answer.get("message", "")))
    if answer["failures"]:
        raise sf._ExecutionError("AmazonECS.Unknown", json.dumps(answer["failures"]))
    return answer


def put_events(_resource: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """`events:putEvents`. A Detail may be an object; one entry that fails makes the task fail.

    AWS: connect-eventbridge.html ("the task fails with EventBridge.FailedEntry when the FailedEntryCount is greater
    than zero").
    """
    entries = [
        {**entry, "Detail": detail if isinstance(detail := entry.get("Detail", "{}"), str) else json.dumps(detail)}
        for entry in arguments.get("Entries", [])
    ]
    status, _headers, body = eventbridge._put_events({"Entries": entries})
    answer = json.loads(body)
    if status >= 400:
        raise sf._ExecutionError(f"EventBridge.{answer.get('__type', 'Unknown')}", str(answer.get("message", "")))
    if answer["FailedEntryCount"]:
        raise sf._ExecutionError("EventBridge.FailedEntry", json.dumps(answer))
    return answer


def get_object(_resource: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """`aws-sdk:s3:getObject`: the body is a string.

    AWS: supported-services-awssdk.html; errors have the name of the service, then that of the SDK's exception.
    """
    bucket, key = str(arguments["Bucket"]), str(arguments["Key"])
    status, headers, body = s3._get_object(bucket, key, {}, {})
    if status == 404:
        raise sf._ExecutionError("S3.NoSuchKeyException", "The specified key does not exist.")
    if status != 200:
        raise sf._ExecutionError("S3.S3Exception", f"cannot read s3://{bucket}/{key}: {status}")
    named = {name.lower(): value for name, value in headers.items()}
    return {"Body": bytes(body).decode(), "ContentLength": len(body), "ETag": named.get("etag", "")}


def install() -> None:
    """Replaces functions of MiniStack by those of this module."""
    sf._SERVICE_DISPATCH["arn:aws:states:::ecs:runTask"] = run_task
    sf._SERVICE_DISPATCH["arn:aws:states:::events:putEvents"] = put_events
    sf._SERVICE_DISPATCH["arn:aws:states:::aws-sdk:s3:getObject"] = get_object
