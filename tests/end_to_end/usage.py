"""What a user does with a deployed pipeline: upload, start, wait, look at the outputs; and the same in a folder."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from deployment import Deployment, required_variable

# Members that differ between a run in a folder and one on AWS: when, how long, where and with which versions.
VOLATILE = ("startedAt", "seconds", "outputs")

Files = dict[str, bytes]
Detail = dict[str, Any]


def wait_for(what: str, ready: Callable[[], Any], seconds: float = 120) -> Any:
    """Calls `ready` until it returns something true, and returns that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := ready():
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds} seconds")


def start(deployment: Deployment, request: dict[str, Any]) -> str:
    """Starts an execution as the console does; returns its ARN, which ends with its name."""
    machine = deployment.outputs["stateMachineArn"]
    functions = deployment.client("stepfunctions")
    return functions.start_execution(stateMachineArn=machine, input=json.dumps(request))["executionArn"]


def wait_for_end(deployment: Deployment, arn: str, seconds: float = 300) -> dict[str, Any]:
    """Waits until an execution has ended, and returns it."""
    functions = deployment.client("stepfunctions")

    def look() -> dict[str, Any] | None:
        execution = functions.describe_execution(executionArn=arn)
        return execution if execution["status"] != "RUNNING" else None

    return wait_for("the execution", look, seconds)


def run_to_end(deployment: Deployment, request: dict[str, Any]) -> dict[str, Any]:
    """Starts an execution and waits for its end."""
    return wait_for_end(deployment, start(deployment, request))


def put(deployment: Deployment, files: Files) -> None:
    """Uploads files to the source bucket."""
    s3, bucket = deployment.client("s3"), deployment.outputs["sourceBucket"]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda file: s3.put_object(Bucket=bucket, Key=file[0], Body=file[1]), files.items()))


def keys(deployment: Deployment, bucket: str, prefix: str = "") -> list[str]:
    """Returns the keys in a bucket."""
    pages = deployment.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def objects(deployment: Deployment, bucket: str, prefix: str = "") -> Files:
    """Returns the objects in a bucket, by key."""
    s3 = deployment.client("s3")
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys(deployment, bucket, prefix)}


def output_files(deployment: Deployment, prefix: str = "") -> Files:
    """Returns the outputs, without the parts that differ between runs, by key."""
    found = objects(deployment, deployment.outputs["cleanBucket"], prefix)
    return {key: comparable_output(key, body) for key, body in found.items()}


def ledger(deployment: Deployment, prefix: str = "") -> Files:
    """Returns the ledger records, by key."""
    return objects(deployment, deployment.outputs["sourceBucket"], f"_sluice/ledger/{prefix}")


def write_counts(deployment: Deployment, bucket: str, prefix: str) -> dict[str, int]:
    """Returns how often each object was written, by key."""
    pages = deployment.client("s3").get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    written: dict[str, int] = {}
    for page in pages:
        for entry in page.get("Versions", []):
            written[entry["Key"]] = written.get(entry["Key"], 0) + 1
    return written


def run_in_folder(folder: Path, files: Files) -> tuple[Files, dict[str, dict[str, Any]]]:
    """Runs `sluice run` over the same files in a folder; returns outputs, and ledger records by file."""
    for key, body in files.items():
        path = folder / "source" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    command = [
        required_variable("SLUICE_BINARY"),
        "run",
        str(folder / "source"),
        "--clean",
        str(folder / "clean"),
        "--quiet",
    ]
    # 1: a file was refused.
    code = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
    assert code in (0, 1), code
    made = folder / "clean"
    found = {path.relative_to(made).as_posix(): path for path in made.rglob("*") if path.is_file()}
    # A folder has a place for unfinished outputs; a bucket does not.
    outputs = {
        key: comparable_output(key, path.read_bytes()) for key, path in found.items() if not key.startswith("_sluice/")
    }
    written = (folder / "source" / "_sluice" / "ledger").rglob("*.json")
    return outputs, comparable_records(path.read_bytes() for path in written)


def comparable_output(key: str, body: bytes) -> bytes:
    """Returns an output without parts that have to differ: a Parquet footer names its source, an answer has a time."""
    if "/feedback/" in key:
        return b""
    if not key.endswith(".parquet"):
        return body
    assert body[:4] == body[-4:] == b"PAR1", key
    footer = int.from_bytes(body[-8:-4], "little")
    return body[: -8 - footer]


def comparable_records(bodies: Iterable[bytes]) -> dict[str, dict[str, Any]]:
    """Returns ledger records by file, without members that have to differ."""
    found = {}
    for body in bodies:
        report = json.loads(body)
        for name in VOLATILE:
            report.pop(name)
        for name in ("etag", "lastModified"):
            report["file"].pop(name)
        for table in (report["descriptor"] or {}).get("references", []):
            table.pop("etag")
        found[report["file"]["key"]] = report
    return found


class Events:
    """A queue that receives the events of the pipeline, set up as a consumer would do it."""

    def __init__(self, deployment: Deployment) -> None:
        self._sqs, bus = deployment.client("sqs"), deployment.client("events")
        self._url = self._sqs.create_queue(QueueName="results")["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"]
        rule = bus.put_rule(Name="results", EventPattern=json.dumps({"source": ["sluice"]}))["RuleArn"]
        may = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
        may |= {"Resource": attributes["QueueArn"], "Condition": {"ArnEquals": {"aws:SourceArn": rule}}}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [may]})
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": policy})
        bus.put_targets(Rule="results", Targets=[{"Id": "queue", "Arn": attributes["QueueArn"]}])
        self._details: list[tuple[str, Detail]] = []

    def _of(self, kind: str, execution: dict[str, Any]) -> list[Detail]:
        while messages := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                event = json.loads(message["Body"])
                self._details.append((event["detail-type"], event["detail"]))
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        name = execution["executionArn"].rpartition(":")[2]
        return [detail for known, detail in self._details if (known, detail["runId"]) == (kind, name)]

    def of_prefixes(self, execution: dict[str, Any]) -> dict[str, Detail]:
        """Returns the events of the prefixes of a run that has ended, by prefix."""
        details = self._of("Data Processing Status", execution)
        by_prefix = {detail["prefix"]: detail for detail in details}
        assert len(by_prefix) == len(details), "one event for each prefix"
        return by_prefix

    def of_run(self, execution: dict[str, Any]) -> Detail:
        """Returns the event of a run that has ended."""
        (detail,) = self._of("Data Processing Run", execution)
        return detail


def statuses(details: dict[str, Detail]) -> dict[str, str]:
    """Returns the status of each prefix."""
    return {prefix: detail["status"] for prefix, detail in details.items()}
