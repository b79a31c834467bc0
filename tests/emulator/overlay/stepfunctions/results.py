"""Writes the results of a Map Run to S3: files with the results of its children, and a manifest that names the files.

AWS: input-output-resultwriter.html (WriterConfig: Transformation, OutputType; manifest.json; formatting).
"""

from __future__ import annotations

import json
from typing import Any

from ministack.services import s3
from ministack.services import stepfunctions as sf

Child = dict[str, Any]


def write(
    record: dict[str, Any], run_id: str, children: list[Child], where: dict[str, Any], config: dict[str, Any]
) -> dict[str, Any]:
    """Writes files and manifest under `PREFIX/RUN_ID/`; returns the result of the Map state."""
    bucket = where["Bucket"]
    base = "/".join(part for part in (where.get("Prefix", "").rstrip("/"), run_id) if part)
    lines = config.get("OutputType", "JSON") == "JSONL"
    files: dict[str, list[dict[str, Any]]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
    # In the order in which the children ended; AWS promises no order.
    for status in ("SUCCEEDED", "FAILED"):
        rows = [row for child in children if child["status"] == status for row in _rows(record, child, config)]
        if rows:
            body = "\n".join(map(json.dumps, rows)) if lines else json.dumps(rows)
            key = f"{base}/{status}_0.{'jsonl' if lines else 'json'}"
            files[status].append({"Key": key, "Size": _put(bucket, key, body)})
    manifest = {"DestinationBucket": bucket, "MapRunArn": record["mapRunArn"], "ResultFiles": files}
    key = f"{base}/manifest.json"
    _put(bucket, key, json.dumps(manifest))
    return {"MapRunArn": record["mapRunArn"], "ResultWriterDetails": {"Bucket": bucket, "Key": key}}


def _rows(record: dict[str, Any], child: Child, config: dict[str, Any]) -> list[Any]:
    """Returns the rows of a child. A failed child is written with its metadata, whatever the transformation."""
    transformation = config.get("Transformation", "NONE")
    if transformation == "NONE" or child["status"] != "SUCCEEDED":
        return [_metadata(record, child)]
    output = json.loads(child["output"])
    if transformation == "FLATTEN" and isinstance(output, list):
        return output
    return [output]


def _metadata(record: dict[str, Any], child: Child) -> dict[str, Any]:
    entry = {
        "ExecutionArn": child["executionArn"],
        "Input": child["input"],
        "InputDetails": {"Included": True},
        "Name": child["name"],
        "RedriveCount": 0,
        "StartDate": child["startDate"],
        "StateMachineArn": record["_stateMachineArn"],
        "Status": child["status"],
        "StopDate": child["stopDate"],
    }
    if child["status"] == "SUCCEEDED":
        return entry | {
            "Output": child["output"],
            "OutputDetails": {"Included": True},
            "RedriveStatus": "NOT_REDRIVABLE",
            "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
        }
    return entry | {
        "Cause": child["cause"],
        "Error": child["error"],
        "RedriveStatus": "REDRIVABLE_BY_MAP_RUN",
    }


def _put(bucket: str, key: str, text: str) -> int:
    body = text.encode()
    status, _headers, _answer = s3._put_object(bucket, key, body, {"content-type": "application/json"})
    if status != 200:
        raise sf._ExecutionError("States.ResultWriterFailed", f"cannot write s3://{bucket}/{key}: {status}")
    return len(body)
