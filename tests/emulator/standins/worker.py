#!/usr/bin/env python3
"""Stands in for the image of the worker: does with its task token what BEHAVIOURS says for its task.

BEHAVIOURS is a JSON object, task number → one of the functions below; tasks that are not in it succeed. Every attempt
leaves an object `attempts/RUN/TASK/NUMBER` in BUCKET, whose content is the outcome of the attempt.
"""

import json
import os
import signal
import sys
import time
import urllib.request

import boto3
from botocore.exceptions import ClientError

RUN, TASK, TOKEN = (os.environ[f"SLUICE_{name}"] for name in ("RUN", "TASK", "TASK_TOKEN"))
BUCKET = os.environ["BUCKET"]

s3 = boto3.client("s3")
states = boto3.client("stepfunctions")


def attempt_number() -> int:
    """Returns the number of this attempt, from 0."""
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"attempts/{RUN}/{TASK}/")
    return listed["KeyCount"]


ATTEMPT = attempt_number()


def note(text: str) -> None:
    """Stores the outcome of this attempt."""
    print(json.dumps({"task": TASK, "attempt": ATTEMPT, "note": text}), flush=True)
    s3.put_object(Bucket=BUCKET, Key=f"attempts/{RUN}/{TASK}/{ATTEMPT}", Body=text.encode())


def succeed() -> None:
    states.send_task_heartbeat(taskToken=TOKEN)
    note(f"token {TOKEN}")
    states.send_task_success(taskToken=TOKEN, output=json.dumps({"task": int(TASK)}))


def fail() -> None:
    note("failed")
    states.send_task_failure(taskToken=TOKEN, error="Sluice.BadFile", cause=f"task {TASK} cannot be read")


def interrupted_once() -> None:
    if ATTEMPT > 0:
        return succeed()
    note("interrupted")
    states.send_task_failure(taskToken=TOKEN, error="Sluice.Interrupted", cause="SIGTERM")


def die() -> None:
    note(f"died with token {TOKEN}")
    sys.exit(3)


def die_once() -> None:
    if ATTEMPT > 0:
        return succeed()
    die()


def die_twice() -> None:
    if ATTEMPT > 1:
        return succeed()
    die()


def out_of_memory_once() -> None:
    """Fails the first attempt with the error that the function `stopped` sends."""
    if ATTEMPT > 0:
        return succeed()
    note("out of memory")
    states.send_task_failure(taskToken=TOKEN, error="Sluice.OutOfMemory", cause="killed")


def silent_once() -> None:
    """In the first attempt, stores the ARN of its task, and then stays silent."""
    if ATTEMPT > 0:
        return succeed()
    with urllib.request.urlopen(f"{os.environ['ECS_CONTAINER_METADATA_URI_V4']}/task") as answer:
        who = {"attempt": ATTEMPT, "taskArn": json.load(answer)["TaskARN"]}
    s3.put_object(Bucket=BUCKET, Key=f"_sluice/runs/{RUN}/workers/{TASK}.json", Body=json.dumps(who).encode())
    note(who["taskArn"])
    time.sleep(3600)


def late() -> None:
    """Answers only after its heartbeat was missed and another attempt has taken over."""
    if ATTEMPT > 0:
        return succeed()
    s3.put_object(Bucket=BUCKET, Key=f"attempts/{RUN}/{TASK}/0", Body=b"silent")
    while attempt_number() < 2:
        time.sleep(0.1)
    try:
        states.send_task_success(taskToken=TOKEN, output="{}")
        note("accepted")
    except ClientError as error:
        note(error.response["Error"]["Code"])


def wait_for_sigterm() -> None:
    """Ends cleanly at SIGTERM."""
    caught = []
    signal.signal(signal.SIGTERM, lambda *_: caught.append(True))
    s3.put_object(Bucket=BUCKET, Key=f"waiting/{TASK}", Body=b"")
    while not caught:
        signal.pause()
    note("SIGTERM")
    sys.exit(7)


def ignore_sigterm() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    s3.put_object(Bucket=BUCKET, Key=f"waiting/{TASK}", Body=b"")
    time.sleep(3600)


def measure() -> None:
    """Prints embedded metrics, and the account of the credentials that it was given."""
    metrics = {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": "Sluice",
                    "Dimensions": [["Prefix"]],
                    "Metrics": [{"Name": "RowsRead", "Unit": "Count"}, {"Name": "Seconds", "Unit": "Seconds"}],
                }
            ],
        },
        "Prefix": "a/b",
        "RowsRead": 12,
        "Seconds": [0.5, 1.5],
    }
    print(json.dumps(metrics), flush=True)
    print(boto3.client("sts").get_caller_identity()["Account"], os.environ["AWS_REGION"], flush=True)
    print("AWS_ACCESS_KEY_ID" in os.environ, flush=True)
    print(os.environ.get("EVERYWHERE"), flush=True)


if __name__ == "__main__":
    globals()[json.loads(os.environ.get("BEHAVIOURS", "{}")).get(TASK, "succeed")]()
