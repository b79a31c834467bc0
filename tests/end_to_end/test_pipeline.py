"""The deployed pipeline, used as a user does: upload, start, look at what came out."""

from __future__ import annotations

import json

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deployment import REPOSITORY, Deployment, deployed, given

EXAMPLES = REPOSITORY / "examples"
# What a run in a folder and a run on AWS cannot have in common: when, how long, where, and the storage's own version.
VOLATILE = ("startedAt", "seconds", "outputs")
MISTAKE = '{"schema": {"fields": [{"name": "a", "type": "no such type"}]}}'


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    settings = {"protectData": "false", "scheduleEnabled": "false", "maxConcurrency": "4", "architecture": "amd64"}
    with deployed(settings, time_scale=0.05) as made:
        yield made


def wait_for(what: str, ready: Callable[[], Any], seconds: float = 120) -> Any:
    """What `ready` gives once it gives something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := ready():
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds} seconds")


def start(deployment: Deployment, request: dict[str, Any]) -> dict[str, Any]:
    """Starts an execution as the console does, and waits for its end."""
    functions = deployment.client("stepfunctions")
    arn = functions.start_execution(
        stateMachineArn=deployment.outputs["stateMachineArn"], input=json.dumps(request)
    )["executionArn"]

    def ended() -> dict[str, Any] | None:
        execution = functions.describe_execution(executionArn=arn)
        return execution if execution["status"] != "RUNNING" else None

    return wait_for("the execution", ended, 300)


def objects(deployment: Deployment, bucket: str) -> dict[str, bytes]:
    s3 = deployment.client("s3")
    found = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", []):
            found[entry["Key"]] = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
    return found


def uploads() -> dict[str, bytes]:
    """The examples, and 300 small files under twelve prefixes at several depths, with every tenth row at fault."""
    files = {}
    for path in sorted(EXAMPLES.rglob("*")):
        key = path.relative_to(EXAMPLES).as_posix()
        if path.is_file() and ("/incoming/" in key or path.name == "resource.json"):
            files[key] = path.read_bytes()
    schema = {"fields": [{"name": "id", "type": "integer"}, {"name": "day", "type": "date"}]}
    for prefix in range(12):
        where = "/".join(["clients", "eu", f"c{prefix:02}"][-1 - prefix % 3 :])
        files[f"{where}/resource.json"] = json.dumps({"schema": schema}).encode()
        for number in range(25):
            rows = [f"{row},2026-11-{1 + row % 30:02}" if row % 10 else f"{row},never" for row in range(1, 40 + number)]
            files[f"{where}/incoming/{number:03} ü+%2F.csv"] = "\n".join(["id,day", *rows, ""]).encode()
    return files


def put(deployment: Deployment, files: dict[str, bytes]) -> None:
    s3 = deployment.client("s3")
    for key, body in files.items():
        s3.put_object(Bucket=deployment.outputs["sourceBucket"], Key=key, Body=body)


def in_folder(folder: Path, files: dict[str, bytes]) -> tuple[dict[str, bytes], dict[str, dict[str, Any]]]:
    """What `sluice run` makes of the same files in a folder: outputs, and ledger records by file."""
    for key, body in files.items():
        path = folder / "source" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    command = [given("SLUICE_BINARY"), "run", str(folder / "source"), "--clean", str(folder / "clean"), "--quiet"]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    clean = folder / "clean"
    found = {path.relative_to(clean).as_posix(): path for path in clean.rglob("*") if path.is_file()}
    # A folder needs a place for what is unfinished; a bucket does not.
    outputs = {key: path.read_bytes() for key, path in found.items() if not key.startswith("_sluice/")}
    ledger = (folder / "source" / "_sluice" / "ledger").rglob("*.json")
    return outputs, records(path.read_bytes() for path in ledger)


def records(bodies: Any) -> dict[str, dict[str, Any]]:
    """Ledger records by file, without what has to differ."""
    found = {}
    for body in bodies:
        report = json.loads(body)
        for name in VOLATILE:
            report.pop(name)
        for name in ("etag", "lastModified"):
            report["file"].pop(name)
        # A defect that is not understood yet (docs/design.md): the estimate differs by its error from run to run.
        for field in report["fields"]:
            if not field["distinctExact"]:
                field.pop("distinct")
        found[report["file"]["key"]] = report
    return found


@pytest.fixture(scope="module")
def events(deployment: Deployment) -> Callable[[], list[dict[str, Any]]]:
    """A queue that gets the events of the pipeline, as a consumer would set it up."""
    sqs, bus = deployment.client("sqs"), deployment.client("events")
    url = sqs.create_queue(QueueName="results")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bus.put_rule(Name="results", EventPattern=json.dumps({"source": ["sluice"]}))
    bus.put_targets(Rule="results", Targets=[{"Id": "queue", "Arn": arn}])

    def take() -> list[dict[str, Any]]:
        taken = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                taken.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return taken

    return take


def of_prefixes(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    details = [event["detail"] for event in events if event["detail-type"] == "Data Processing Status"]
    by_prefix = {detail["prefix"]: detail for detail in details}
    assert len(by_prefix) == len(details), "one event for each prefix"
    return by_prefix


def test_an_empty_bucket_succeeds(deployment: Deployment, events: Callable[[], list[dict[str, Any]]]) -> None:
    execution = start(deployment, {})
    assert execution["status"] == "SUCCEEDED", execution
    assert [event["detail-type"] for event in events()] == ["Data Processing Run"]


def test_uploaded_files_come_out_as_a_run_in_a_folder_makes_them(
    deployment: Deployment, events: Callable[[], list[dict[str, Any]]], tmp_path: Path
) -> None:
    files = uploads()
    put(deployment, files)
    execution = start(deployment, {})
    assert execution["status"] == "SUCCEEDED", execution

    expected, expected_records = in_folder(tmp_path, files)
    assert len(expected) > 600
    assert objects(deployment, deployment.outputs["cleanBucket"]) == expected
    source = objects(deployment, deployment.outputs["sourceBucket"])
    ledger = [body for key, body in source.items() if key.startswith("_sluice/ledger/")]
    found_records = records(ledger)
    assert set(found_records) == set(expected_records)
    for key, record in found_records.items():
        assert record == expected_records[key], key
    assert {key: source[key] for key in files} == files, "nothing that was uploaded is changed"

    told = events()
    prefixes = {key.split("/incoming/")[0] for key in files if "/incoming/" in key}
    statuses = of_prefixes(told)
    assert set(statuses) == prefixes
    refused = {key.split("/incoming/")[0] for key, record in expected_records.items() if record["verdict"] == "refused"}
    assert {prefix for prefix, detail in statuses.items() if detail["status"] == "PARTIAL"} == refused
    assert sum(detail["rows"]["read"] for detail in statuses.values()) == sum(
        record["rows"]["read"] for record in expected_records.values()
    )
    assert [event["detail"]["status"] for event in told if event["detail-type"] == "Data Processing Run"] == ["PARTIAL"]


def test_logs_and_metrics_are_there(deployment: Deployment) -> None:
    logs = deployment.client("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    messages = []
    for group in groups:
        for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]:
            found = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)
            messages += [event["message"] for event in found["events"]]
    assert any('"message":"file checked"' in message for message in messages), groups
    named = {metric["MetricName"] for metric in deployment.client("cloudwatch").list_metrics(Namespace="Sluice")["Metrics"]}
    assert {"FilesClean", "FilesAccepted", "FilesRefused", "RowsRead", "RowsRejected", "Bytes", "Seconds"} <= named


def test_a_second_execution_finds_nothing_to_do(
    deployment: Deployment, events: Callable[[], list[dict[str, Any]]]
) -> None:
    before = objects(deployment, deployment.outputs["cleanBucket"])
    execution = start(deployment, {})
    assert execution["status"] == "SUCCEEDED", execution
    assert json.loads(execution["output"])["tasks"] == 0
    assert objects(deployment, deployment.outputs["cleanBucket"]) == before
    assert of_prefixes(events()) == {}


def test_a_forced_execution_checks_again_and_changes_nothing(deployment: Deployment) -> None:
    before = objects(deployment, deployment.outputs["cleanBucket"])
    execution = start(deployment, {"prefixes": ["noaa"], "force": True})
    assert execution["status"] == "SUCCEEDED", execution
    assert json.loads(execution["output"])["files"]["total"] == 1
    assert objects(deployment, deployment.outputs["cleanBucket"]) == before


def test_a_prefix_that_fails_does_so_alone_and_says_why(
    deployment: Deployment, events: Callable[[], list[dict[str, Any]]]
) -> None:
    events()
    good = {"good/incoming/a.csv": b"a\n1\n"}
    bad = {"bad/resource.json": MISTAKE.encode(), "bad/incoming/a.csv": b"a\n1\n"}
    put(deployment, {**good, **bad})
    execution = start(deployment, {})
    assert (execution["status"], execution["error"]) == ("FAILED", "Sluice.RunFailed"), execution
    statuses = of_prefixes(events())
    assert {prefix: detail["status"] for prefix, detail in statuses.items()} == {"good": "SUCCEEDED", "bad": "FAILED"}
    assert "no such type" in statuses["bad"]["cause"]
    assert "good/clean/a.csv" in objects(deployment, deployment.outputs["cleanBucket"])


@pytest.mark.parametrize("request_", [{"prefixes": "a"}, {"prefixes": ["no-such-prefix"]}, {"prefix": ["noaa"]}])
def test_an_input_that_is_not_understood_fails_before_anything_is_done(
    deployment: Deployment, request_: dict[str, Any]
) -> None:
    execution = start(deployment, request_)
    assert (execution["status"], execution["error"]) == ("FAILED", "Sluice.BadRequest"), execution
    assert "prefix" in execution["cause"]


def test_keys_of_any_length_fit_into_an_override(deployment: Deployment) -> None:
    prefix = "/".join(["long"] + ["p" * 100] * 7)
    put(deployment, {f"{prefix}/incoming/{'k' * 180}{number}.csv": b"a\n1\n" for number in range(200)})
    execution = start(deployment, {"prefixes": [prefix]})
    assert execution["status"] == "SUCCEEDED", execution
    assert json.loads(execution["output"])["files"]["clean"] == 200


def test_a_second_up_changes_nothing(deployment: Deployment) -> None:
    said = deployment.pulumi("up", "--yes", "--stack", "dev", "--skip-preview", "--expect-no-changes")
    assert "unchanged" in said, said


