#!/usr/bin/env python3
"""Stands in for the image of the functions: `plan`, `publish` and `note` over the Lambda Runtime API."""

import json
import os
import sys
import urllib.request

import boto3

API = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime"
BUCKET = os.environ["BUCKET"]

s3 = boto3.client("s3")


class Refused(Exception):
    """The request cannot be handled."""


def plan(event: dict) -> dict:
    """Plans as many tasks as the request says."""
    request = event["request"]
    if "refuse" in request:
        raise Refused(request["refuse"])
    run, tasks = event["execution"], request.get("tasks", 0)
    size = {"cpu": "256", "memory": "512", "largerCpu": "512", "largerMemory": "1024"}
    lines = "".join(
        json.dumps({"task": number, "offset": number * 10, "length": 10, "files": 1, "bytes": 1, **size}) + "\n"
        for number in range(tasks)
    )
    if tasks and not request.get("forget"):
        s3.put_object(Bucket=BUCKET, Key=f"_sluice/runs/{run}/tasks.jsonl", Body=lines.encode())
    counts = {"tasks": tasks, "files": tasks, "bytes": tasks, "done": 0, "prefixes": 1, "ignored": {}, "unfinished": 0}
    return {"runId": run, "startedAt": event["startedAt"], **counts}


def outcomes(where: dict | None) -> list[dict]:
    """Returns the outcomes of the tasks, from the files that the manifest names."""
    if where is None:
        return []
    manifest = json.loads(s3.get_object(Bucket=where["bucket"], Key=where["key"])["Body"].read())
    lines = []
    for file in manifest["ResultFiles"]["SUCCEEDED"]:
        body = s3.get_object(Bucket=where["bucket"], Key=file["Key"])["Body"].read()
        assert len(body) == file["Size"]
        lines += body.decode().split("\n")
    return [json.loads(line) for line in lines]


def publish(event: dict) -> dict:
    """Sends an event with a summary of the run, and returns the summary."""
    failures = [outcome for outcome in outcomes(event["outcomes"]) if "error" in outcome]
    failure = event["failure"]
    first = failure["cause"] if failure else failures[0]["cause"] if failures else None
    summary = {
        "version": 1,
        "runId": event["plan"]["runId"],
        "status": "FAILED" if first is not None else "SUCCEEDED",
        "prefixes": 1,
        "failures": failures,
        "failure": failure,
        "cause": first,
    }
    entry = {"Source": "sluice", "DetailType": "Data Processing Run", "Detail": json.dumps(summary)}
    boto3.client("events").put_events(Entries=[entry])
    return summary


def note(event: dict) -> dict:
    """Stores the event that it got. If FAIL_FIRST is set, the first batch of a queue fails as a whole."""
    before = s3.list_objects_v2(Bucket=BUCKET, Prefix="notes/")["KeyCount"]
    s3.put_object(Bucket=BUCKET, Key=f"notes/{before:04}", Body=json.dumps(event).encode())
    failed = event.get("Records", []) if "FAIL_FIRST" in os.environ and before == 0 else []
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}


def main() -> None:
    handler = {"plan": plan, "publish": publish, "note": note}[sys.argv[1]]
    while True:
        with urllib.request.urlopen(f"{API}/invocation/next") as response:
            request, event = response.headers["Lambda-Runtime-Aws-Request-Id"], json.load(response)
        print(json.dumps({"function": os.environ["AWS_LAMBDA_FUNCTION_NAME"], "secret": "SECRET" in os.environ}))
        sys.stdout.flush()
        try:
            kind, answer = "response", handler(event)
        except Refused as error:
            kind, answer = "error", {"errorType": "Sluice.BadRequest", "errorMessage": str(error)}
        body = json.dumps(answer).encode()
        urllib.request.urlopen(urllib.request.Request(f"{API}/invocation/{request}/{kind}", data=body)).close()


if __name__ == "__main__":
    main()
