"""Requests that AWS refuses are refused by the emulator too."""

from __future__ import annotations

import hashlib
import json
import time
import urllib.request
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from conftest import Emulator, eventually
from pipeline import PROVIDERS


def code(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return caught.value.response["Error"]["Code"]


class Machine:
    """A state machine."""

    def __init__(self, emulator: Emulator, states: dict[str, Any], **fields: Any) -> None:
        self.emulator = emulator
        self.name = f"machine-{uuid.uuid4().hex[:8]}"
        self.states = emulator.client("stepfunctions")
        definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states, **fields}
        self.arn = self.states.create_state_machine(
            name=self.name, definition=json.dumps(definition), roleArn=emulator.role(self.name)
        )["stateMachineArn"]

    def start(self, name: str, text: str = "{}") -> str:
        return self.states.start_execution(stateMachineArn=self.arn, name=name, input=text)["executionArn"]

    def run(self, request: dict[str, Any] | None = None) -> dict[str, Any]:
        return self.emulator.run(self.arn, uuid.uuid4().hex, request or {})


def test_mount_point_of_a_volume_that_is_not_declared(emulator: Emulator) -> None:
    container = {"name": "worker", "image": "x", "mountPoints": [{"sourceVolume": "scratch", "containerPath": "/tmp"}]}
    ecs = emulator.client("ecs")
    with pytest.raises(ClientError) as caught:
        ecs.register_task_definition(family="mounts", containerDefinitions=[container])
    assert code(caught) == "ClientException"
    ecs.register_task_definition(family="mounts", containerDefinitions=[container], volumes=[{"name": "scratch"}])


WAIT = {"Wait": {"Type": "Wait", "Seconds": 6000, "End": True}}


def test_start_with_the_name_of_a_run_under_way_is_that_run(emulator: Emulator) -> None:
    machine = Machine(emulator, WAIT)
    first = machine.start("slot-1")
    assert machine.start("slot-1") == first
    with pytest.raises(ClientError) as caught:
        machine.start("slot-1", '{"other": "input"}')
    assert code(caught) == "ExecutionAlreadyExists"
    machine.states.stop_execution(executionArn=first)
    with pytest.raises(ClientError) as caught:
        machine.start("slot-1")
    assert code(caught) == "ExecutionAlreadyExists"


@pytest.mark.parametrize("name", ["a b", "a/b", "a:b", "x" * 81])
def test_name_that_step_functions_does_not_take(emulator: Emulator, name: str) -> None:
    with pytest.raises(ClientError) as caught:
        Machine(emulator, WAIT).start(name)
    assert code(caught) == "InvalidName"


def test_execution_ends_at_the_limit_of_its_machine(emulator: Emulator) -> None:
    machine = Machine(emulator, WAIT, TimeoutSeconds=100)
    ended = machine.run()
    assert (ended["status"], ended.get("error")) == ("TIMED_OUT", "States.Timeout")
    listed = machine.states.list_executions(stateMachineArn=machine.arn, statusFilter="TIMED_OUT")["executions"]
    assert [execution["name"] for execution in listed] == [ended["name"]]


def test_state_reads_an_object_as_text(emulator: Emulator) -> None:
    bucket, s3 = f"object-{uuid.uuid4().hex[:8]}", emulator.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": emulator.region})
    s3.put_object(Bucket=bucket, Key="a.json", Body=b'{"attempt": 3}')
    read = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
        "Arguments": {"Bucket": bucket, "Key": "{% $states.input.key %}"},
        "Output": "{% $parse($states.result.Body).attempt %}",
        "End": True,
    }
    machine = Machine(emulator, {"Read": read})
    assert machine.run({"key": "a.json"})["output"] == "3"
    assert machine.run({"key": "missing"})["error"] == "S3.NoSuchKeyException"


def test_state_sees_how_often_it_was_tried_and_draws_lots(emulator: Emulator) -> None:
    failing = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
        "Arguments": {"Bucket": "nowhere", "Key": "{% $string($states.context.State.RetryCount) %}"},
        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 2}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Draw"}],
        "End": True,
    }
    lots = {"Type": "Pass", "Output": "{% $random() < 1 and $random() >= 0 %}", "End": True}
    machine = Machine(emulator, {"Fail": failing, "Draw": lots})
    ended = machine.run()
    assert ended["output"] == "true"
    history = machine.states.get_execution_history(executionArn=ended["executionArn"])["events"]
    given = [json.loads(e["taskScheduledEventDetails"]["parameters"]) for e in history if e["type"] == "TaskScheduled"]
    assert [arguments["Key"] for arguments in given] == ["0", "1", "2"]


class Cluster:
    """A cluster with a task definition of the smallest size."""

    def __init__(self, emulator: Emulator) -> None:
        self._ecs, self._name = emulator.client("ecs"), f"cluster-{uuid.uuid4().hex[:8]}"
        self._ecs.create_cluster(clusterName=self._name, capacityProviders=PROVIDERS[:1])
        self._ecs.register_task_definition(
            family=self._name,
            cpu="256",
            memory="512",
            containerDefinitions=[{"name": "worker", "image": "sluice/worker"}],
        )

    def run(self, provider: str = "FARGATE", **overrides: str) -> dict[str, Any]:
        (task,) = self._ecs.run_task(
            cluster=self._name,
            taskDefinition=self._name,
            capacityProviderStrategy=[{"capacityProvider": provider, "weight": 1}],
            overrides=overrides,
        )["tasks"]
        return task

    def stop(self, task: str, reason: str) -> None:
        self._ecs.stop_task(cluster=self._name, task=task, reason=reason)


@pytest.mark.parametrize(
    ("cpu", "memory"),
    [("256", "512"), ("1024", "2048"), ("4096", "8192"), ("4096", "30720"), ("8192", "16384"), ("16384", "122880")],
)
def test_size_that_fargate_has(emulator: Emulator, cpu: str, memory: str) -> None:
    task = Cluster(emulator).run(cpu=cpu, memory=memory)
    assert (task["cpu"], task["memory"]) == (cpu, memory)
    assert task["overrides"]["cpu"] == cpu


@pytest.mark.parametrize(
    ("cpu", "memory"),
    [("256", "4096"), ("1024", "1024"), ("1024", "2500"), ("4096", "4096"), ("8192", "17408"), ("3000", "8192")],
)
def test_size_that_fargate_does_not_have(emulator: Emulator, cpu: str, memory: str) -> None:
    with pytest.raises(ClientError, match=f"No Fargate configuration exists for given values: {cpu} CPU, {memory}"):
        Cluster(emulator).run(cpu=cpu, memory=memory)


def test_provider_that_the_cluster_does_not_have(emulator: Emulator) -> None:
    with pytest.raises(ClientError, match="'FARGATE_SPOT' is not associated"):
        Cluster(emulator).run("FARGATE_SPOT")


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        ("application/vnd.oci.image.manifest.v1+json", True),
        ("application/vnd.docker.distribution.manifest.v2+json", True),
        ("application/vnd.oci.image.index.v1+json", False),
        ("application/vnd.docker.distribution.manifest.list.v2+json", False),
    ],
)
def test_function_takes_a_plain_manifest_and_no_index(emulator: Emulator, kind: str, taken: bool) -> None:
    repository, name = f"sluice/{uuid.uuid4().hex[:8]}", uuid.uuid4().hex[:8]
    emulator.client("ecr").create_repository(repositoryName=repository)
    may = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    may["Action"] = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    functions = f"arn:aws:lambda:{emulator.region}:{emulator.account}:function:*"
    may["Condition"] = {"StringLike": {"aws:sourceArn": functions}}
    text = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    emulator.client("ecr").set_repository_policy(repositoryName=repository, policyText=text)
    manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": [], "layers": []})
    emulator.client("ecr").put_image(
        repositoryName=repository, imageManifest=manifest, imageManifestMediaType=kind, imageTag="1"
    )
    uri = f"{emulator.account}.dkr.ecr.{emulator.region}.amazonaws.com/{repository}:1"
    function = {"FunctionName": name, "PackageType": "Image", "Code": {"ImageUri": uri}, "Role": emulator.role(name)}
    if taken:
        emulator.client("lambda").create_function(**function)
        return
    with pytest.raises(ClientError, match=r"media type for the source image .* is not supported") as caught:
        emulator.client("lambda").create_function(**function)
    assert code(caught) == "InvalidParameterValueException"


def test_function_needs_a_repository_that_lets_lambda_pull(emulator: Emulator) -> None:
    repository, name = f"sluice/{uuid.uuid4().hex[:8]}", uuid.uuid4().hex[:8]
    emulator.client("ecr").create_repository(repositoryName=repository)
    uri = f"{emulator.account}.dkr.ecr.{emulator.region}.amazonaws.com/{repository}:1"
    with pytest.raises(ClientError, match="ecr:BatchGetImage"):
        emulator.client("lambda").create_function(
            FunctionName=name, PackageType="Image", Code={"ImageUri": uri}, Role=emulator.role(name)
        )


def test_upload_that_met_a_conflict_is_over(emulator: Emulator) -> None:
    bucket, s3 = f"conflict-{uuid.uuid4().hex[:8]}", emulator.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": emulator.region})
    upload = {"Bucket": bucket, "Key": "a", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="a")["UploadId"]}
    part = {"PartNumber": 1, "ETag": s3.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]}
    rule = {"method": "POST", "path": f"/{bucket}/a", "query": "uploadId", "times": 1}
    rule |= {"status": 409, "code": "ConditionalRequestConflict"}
    fault = f"{emulator.endpoint}/_faults/conflict"
    ask = urllib.request.Request(fault, data=json.dumps(rule).encode(), method="PUT")
    urllib.request.urlopen(ask).close()
    try:
        for expected in ("ConditionalRequestConflict", "NoSuchUpload"):
            with pytest.raises(ClientError) as caught:
                s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]})
            assert code(caught) == expected
    finally:
        urllib.request.urlopen(urllib.request.Request(fault, method="DELETE")).close()


def test_object_is_deleted_only_as_it_is_known(emulator: Emulator) -> None:
    bucket, s3 = f"deleted-{uuid.uuid4().hex[:8]}", emulator.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": emulator.region})
    etag = s3.put_object(Bucket=bucket, Key="a", Body=b"1")["ETag"]
    with pytest.raises(ClientError) as caught:
        s3.delete_object(Bucket=bucket, Key="a", IfMatch=f'"{hashlib.md5(b"2").hexdigest()}"')
    assert code(caught) == "PreconditionFailed"
    s3.delete_object(Bucket=bucket, Key="a", IfMatch=etag)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_task_is_stopped_by_a_state(emulator: Emulator) -> None:
    name = f"stopped-{uuid.uuid4().hex[:8]}"
    ecs, role = emulator.client("ecs"), emulator.role(name)
    ecs.create_cluster(clusterName=name)
    environment = {"SLUICE_RUN": "r", "SLUICE_TASK": "0", "SLUICE_TASK_TOKEN": "t", "BUCKET": name}
    environment["BEHAVIOURS"] = '{"0": "ignore_sigterm"}'
    emulator.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": emulator.region})
    container = {"name": "worker", "image": "sluice/worker", "stopTimeout": 1}
    container["environment"] = [{"name": key, "value": value} for key, value in environment.items()]
    ecs.register_task_definition(family=name, taskRoleArn=role, containerDefinitions=[container])
    task = ecs.run_task(cluster=name, taskDefinition=name)["tasks"][0]["taskArn"]
    eventually(lambda: emulator.client("s3").list_objects_v2(Bucket=name, Prefix="waiting/")["KeyCount"])
    stop = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:ecs:stopTask",
        "Arguments": {"Cluster": name, "Task": task, "Reason": "silent"},
        "Output": "{% $states.result.Task.StoppedReason %}",
        "End": True,
    }
    assert Machine(emulator, {"Stop": stop}).run()["output"] == '"silent"'
    begun = time.monotonic()
    eventually(lambda: ecs.describe_tasks(cluster=name, tasks=[task])["tasks"][0]["lastStatus"] == "STOPPED")
    assert time.monotonic() - begun < 20
