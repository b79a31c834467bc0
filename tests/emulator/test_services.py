"""ECS, Lambda, CloudWatch, ECR and Scheduler: the behaviour that the overlay adds."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from botocore.exceptions import ClientError

from conftest import HERE, Emulator, eventually, start
from pipeline import Pipeline, deploy

BEHAVIOURS = {"stop": "wait_for_sigterm", "stubborn": "ignore_sigterm", "metrics": "measure", "last": "ignore_sigterm"}

# A state machine that succeeds at once; its output is its input.
ECHO = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})


@pytest.fixture(scope="module")
def pipeline(emulator: Emulator) -> Pipeline:
    return deploy(emulator, ECHO, BEHAVIOURS)


def run_task(pipeline: Pipeline, task: str, **arguments: Any) -> str:
    """Starts a task; returns its ARN."""
    variables = {"SLUICE_RUN": "none", "SLUICE_TASK": task, "SLUICE_TASK_TOKEN": "none"}
    environment = [{"name": name, "value": value} for name, value in variables.items()]
    answer = pipeline.emulator.client("ecs").run_task(
        cluster=pipeline.cluster,
        taskDefinition=pipeline.task_definition,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
        overrides={"containerOverrides": [{"name": "worker", "environment": environment}]},
        **arguments,
    )
    return answer["tasks"][0]["taskArn"]


def describe(pipeline: Pipeline, task: str) -> dict[str, Any]:
    ecs = pipeline.emulator.client("ecs")
    return ecs.describe_tasks(cluster=pipeline.cluster, tasks=[task])["tasks"][0]


def wait_until_stopped(pipeline: Pipeline, task: str) -> dict[str, Any]:
    """Waits until a task has stopped, and returns it."""

    def look() -> dict[str, Any] | None:
        described = describe(pipeline, task)
        return described if described["lastStatus"] == "STOPPED" else None

    return eventually(look)


def wait_until_it_waits(pipeline: Pipeline, task: str) -> None:
    s3 = pipeline.emulator.client("s3")
    eventually(lambda: s3.list_objects_v2(Bucket=pipeline.bucket, Prefix=f"waiting/{task}")["KeyCount"])


def test_stopped_task_gets_sigterm_and_ends_with_its_own_code(pipeline: Pipeline) -> None:
    task = run_task(pipeline, "stop")
    wait_until_it_waits(pipeline, "stop")
    answer = pipeline.emulator.client("ecs").stop_task(cluster=pipeline.cluster, task=task, reason="enough")
    assert answer["task"]["desiredStatus"] == "STOPPED"
    ended = wait_until_stopped(pipeline, task)
    assert ended["containers"][0]["exitCode"] == 7
    assert (ended["stopCode"], ended["stoppedReason"]) == ("UserInitiated", "enough")
    assert any("SIGTERM" in line for line in pipeline.log_lines())


def test_task_that_does_not_end_is_killed_after_its_stop_timeout(pipeline: Pipeline) -> None:
    task = run_task(pipeline, "stubborn")
    wait_until_it_waits(pipeline, "stubborn")
    begun = time.monotonic()
    pipeline.emulator.client("ecs").stop_task(cluster=pipeline.cluster, task=task)
    assert describe(pipeline, task)["lastStatus"] != "STOPPED"
    assert wait_until_stopped(pipeline, task)["containers"][0]["exitCode"] == 137
    assert time.monotonic() - begun >= 2


def test_overrides_over_the_limit_are_refused(pipeline: Pipeline) -> None:
    with pytest.raises(ClientError, match="at most 8192") as caught:
        run_task(pipeline, "x" * 8192)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"


def test_cluster_must_be_there(pipeline: Pipeline) -> None:
    with pytest.raises(ClientError, match="ClusterNotFoundException"):
        pipeline.emulator.client("ecs").run_task(cluster="nowhere", taskDefinition=pipeline.task_definition)


def test_task_without_its_log_group_does_not_start(emulator: Emulator) -> None:
    lost = deploy(emulator, ECHO)
    emulator.client("logs").delete_log_group(logGroupName=lost.log_group)
    ended = wait_until_stopped(lost, run_task(lost, "0"))
    assert ended["stopCode"] == "TaskFailedToStart"
    assert "The specified log group does not exist" in ended["stoppedReason"]


def test_embedded_metrics_become_metrics(pipeline: Pipeline) -> None:
    started = datetime.now(UTC) - timedelta(minutes=1)
    wait_until_stopped(pipeline, run_task(pipeline, "metrics"))
    cloudwatch = pipeline.emulator.client("cloudwatch")
    eventually(lambda: cloudwatch.list_metrics(Namespace="Sluice", MetricName="RowsRead")["Metrics"])

    def total(name: str) -> float:
        metric = {"Namespace": "Sluice", "MetricName": name, "Dimensions": [{"Name": "Prefix", "Value": "a/b"}]}
        query = {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
        data = cloudwatch.get_metric_data(
            MetricDataQueries=[query], StartTime=started, EndTime=datetime.now(UTC) + timedelta(minutes=1)
        )
        return sum(data["MetricDataResults"][0]["Values"])

    assert (total("RowsRead"), total("Seconds")) == (12, 2)


def test_task_has_region_and_credentials_and_nothing_of_the_emulator(pipeline: Pipeline) -> None:
    wait_until_stopped(pipeline, run_task(pipeline, "metrics"))
    lines = eventually(lambda: (found := pipeline.log_lines()) and "False" in found and found)
    assert f"{pipeline.emulator.account} {pipeline.emulator.region}" in lines


def test_variable_of_every_container_is_in_its_environment(pipeline: Pipeline) -> None:
    wait_until_stopped(pipeline, run_task(pipeline, "metrics"))
    eventually(lambda: "in every container" in pipeline.log_lines())


def test_image_function_runs_with_its_command_and_only_its_environment(pipeline: Pipeline) -> None:
    name = f"{pipeline.bucket}-plan"
    event = {"request": {"tasks": 2}, "execution": "by-hand", "startedAt": "2026-01-01T00:00:00Z"}
    answer = pipeline.emulator.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
    assert "FunctionError" not in answer
    assert json.load(answer["Payload"])["tasks"] == 2

    logs = pipeline.emulator.client("logs")
    events = eventually(lambda: logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"])
    assert json.dumps({"function": name, "secret": False}) in [event["message"] for event in events]


def test_function_that_fails_says_its_error(pipeline: Pipeline) -> None:
    event = {"request": {"refuse": "no"}, "execution": "by-hand", "startedAt": ""}
    client = pipeline.emulator.client("lambda")
    answer = client.invoke(FunctionName=f"{pipeline.bucket}-plan", Payload=json.dumps(event))
    assert answer["FunctionError"]
    assert json.load(answer["Payload"])["errorType"] == "Sluice.BadRequest"


def push(emulator: Emulator, repository: str, tag: str, config: bytes = b"{}") -> bytes:
    """Pushes an image without layers, as an engine does; returns its manifest."""
    digest = f"sha256:{hashlib.sha256(config).hexdigest()}"
    registry = f"{emulator.endpoint}/v2/{repository}"
    begun = urllib.request.urlopen(urllib.request.Request(f"{registry}/blobs/uploads/", method="POST"))
    place = urllib.request.Request(
        f"{emulator.endpoint}{begun.headers['Location']}?digest={digest}", data=config, method="PUT"
    )
    assert urllib.request.urlopen(place).status == 201
    kind = "application/vnd.oci.image.manifest.v1+json"
    image = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": len(config)}
    manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "config": image, "layers": []}).encode()
    headers = {"Content-Type": kind}
    put = urllib.request.Request(f"{registry}/manifests/{tag}", data=manifest, headers=headers, method="PUT")
    assert urllib.request.urlopen(put).status == 201
    return manifest


def test_image_pushed_to_its_repository_is_found_by_tag(emulator: Emulator) -> None:
    ecr = emulator.client("ecr")
    uri = ecr.create_repository(repositoryName="sluice/pushed")["repository"]["repositoryUri"]
    assert f"http://{uri}" == f"{emulator.endpoint}/sluice/pushed"
    assert ecr.get_authorization_token()["authorizationData"][0]["proxyEndpoint"] == emulator.endpoint

    manifest = push(emulator, "sluice/pushed", "1")
    found = ecr.describe_images(repositoryName="sluice/pushed", imageIds=[{"imageTag": "1"}])["imageDetails"][0]
    assert found["imageDigest"] == f"sha256:{hashlib.sha256(manifest).hexdigest()}"
    assert urllib.request.urlopen(f"{emulator.endpoint}/v2/sluice/pushed/manifests/1").read() == manifest


@pytest.mark.parametrize("config", [b"{}", b"[]"], ids=["the same image", "another image"])
def test_immutable_tag_is_used_once(emulator: Emulator, config: bytes) -> None:
    repository = f"sluice/once-{config.hex()}"
    ecr = emulator.client("ecr")
    ecr.create_repository(repositoryName=repository, imageTagMutability="IMMUTABLE")
    manifest = push(emulator, repository, "1")
    with pytest.raises(urllib.error.HTTPError) as refused:
        push(emulator, repository, "1", config)
    assert refused.value.code == 400
    assert "cannot be overwritten because the repository is immutable" in refused.value.read().decode()
    assert urllib.request.urlopen(f"{emulator.endpoint}/v2/{repository}/manifests/1").read() == manifest


def test_mutable_tag_moves_to_the_next_image(emulator: Emulator) -> None:
    emulator.client("ecr").create_repository(repositoryName="sluice/moves")
    push(emulator, "sluice/moves", "1")
    manifest = push(emulator, "sluice/moves", "1", b"[]")
    assert urllib.request.urlopen(f"{emulator.endpoint}/v2/sluice/moves/manifests/1").read() == manifest


def test_image_that_is_not_there_is_an_error(emulator: Emulator) -> None:
    ecr = emulator.client("ecr")
    ecr.create_repository(repositoryName="sluice/empty")
    with pytest.raises(ClientError, match="does not exist within the repository") as caught:
        ecr.describe_images(repositoryName="sluice/empty", imageIds=[{"imageTag": "1"}])
    assert caught.value.response["Error"]["Code"] == "ImageNotFoundException"


def schedule(pipeline: Pipeline, name: str, target: str, **options: Any) -> None:
    """Makes a schedule that starts once, two seconds from now by the clock of Rome."""
    at = datetime.now(UTC) + timedelta(seconds=2)
    local = at.astimezone(ZoneInfo("Europe/Rome"))
    pipeline.emulator.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression=f"at({local:%Y-%m-%dT%H:%M:%S})",
        ScheduleExpressionTimezone="Europe/Rome",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={"Arn": target, "RoleArn": pipeline.emulator.role(f"schedule-{name}"), **options},
    )


def test_schedule_starts_the_state_machine_once_in_its_time_zone(pipeline: Pipeline) -> None:
    schedule(pipeline, "start", pipeline.machine, Input='{"force": true}')
    states = pipeline.emulator.client("stepfunctions")
    started = eventually(lambda: states.list_executions(stateMachineArn=pipeline.machine)["executions"])
    assert len(started) == 1
    assert json.loads(states.describe_execution(executionArn=started[0]["executionArn"])["input"]) == {"force": True}
    with pytest.raises(ClientError, match="ResourceNotFound"):
        pipeline.emulator.client("scheduler").get_schedule(Name="start")


def test_start_that_fails_goes_to_the_queue_of_the_schedule(pipeline: Pipeline) -> None:
    sqs = pipeline.emulator.client("sqs")
    url = sqs.create_queue(QueueName="missed")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    schedule(pipeline, "missed", f"{pipeline.machine}-gone", Input="{}", DeadLetterConfig={"Arn": arn})
    messages = eventually(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages"))
    assert messages[0]["Body"] == "{}"


def test_emulator_takes_its_processes_with_it(tmp_path: Path) -> None:
    worker = f"sluice/worker={sys.executable} {HERE / 'standins' / 'worker.py'}"
    functions = f"sluice/functions={sys.executable} {HERE / 'standins' / 'functions.py'}"
    process, emulator = start("--data", str(tmp_path), "--image", worker, "--image", functions)
    pipeline = deploy(emulator, ECHO, BEHAVIOURS)
    run_task(pipeline, "last")
    wait_until_it_waits(pipeline, "last")
    event = {"request": {}, "execution": "e", "startedAt": ""}
    emulator.client("lambda").invoke(FunctionName=f"{pipeline.bucket}-plan", Payload=json.dumps(event))

    of_emulator = f"AWS_ENDPOINT_URL={emulator.endpoint}".encode()
    assert len(processes_with(of_emulator)) == 2
    process.terminate()
    assert process.wait(timeout=20) == 0
    assert processes_with(of_emulator) == []


def processes_with(variable: bytes) -> list[str]:
    """Returns the ids of processes that were started with a variable in their environment."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                with open(f"/proc/{entry.name}/environ", "rb") as environment:
                    if variable in environment.read().split(b"\0"):
                        found.append(entry.name)
            except OSError:
                continue  # the process has ended, or belongs to another user
    return found
