"""Deploys the pipeline's state machine with stand-ins for its images."""

from __future__ import annotations

import json
import subprocess
import uuid
from dataclasses import dataclass
from typing import Any

from conftest import REPOSITORY, Emulator, eventually, policy

REGISTRY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
WORKER_IMAGE = f"{REGISTRY}/sluice/worker@sha256:{'0' * 64}"
PROVIDERS = ["FARGATE", "FARGATE_SPOT"]
FUNCTIONS_IMAGE = f"{REGISTRY}/sluice/functions:1"


def definition() -> str:
    """Returns the state machine with its placeholders, from the crate that defines it."""
    command = ["cargo", "run", "--quiet", "-p", "statemachine", "--", "--substitutions"]
    return subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout


@dataclass(frozen=True)
class Pipeline:
    """A deployed pipeline."""

    emulator: Emulator
    machine: str
    bucket: str
    queue: str
    cluster: str
    task_definition: str
    log_group: str

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """Starts a run and waits for its end."""
        return self.emulator.run(self.machine, f"run-{uuid.uuid4().hex[:8]}", request)

    def event(self, execution: dict[str, Any]) -> dict[str, Any]:
        """Returns the detail of the event of a run."""
        sqs = self.emulator.client("sqs")

        def look() -> dict[str, Any] | None:
            for message in sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=1).get("Messages", []):
                event = json.loads(message["Body"])
                if event["detail"]["runId"] == execution["name"]:
                    assert event["source"] == "sluice"
                    assert event["detail-type"] == "Data Processing Run"
                    return event["detail"]
            return None

        return eventually(look)

    def attempts(self, execution: dict[str, Any], task: int) -> list[str]:
        """Returns the outcome of each attempt of a task."""
        s3 = self.emulator.client("s3")
        listed = s3.list_objects_v2(Bucket=self.bucket, Prefix=f"attempts/{execution['name']}/{task}/")
        keys = sorted(entry["Key"] for entry in listed.get("Contents", []))
        return [s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode() for key in keys]

    def tasks(self, execution: dict[str, Any], task: int) -> list[dict[str, Any]]:
        """Returns the containers of a task, in the order in which they were started."""
        ecs = self.emulator.client("ecs")
        arns = [
            arn
            for status in ("RUNNING", "STOPPED")
            for arn in ecs.list_tasks(cluster=self.cluster, desiredStatus=status)["taskArns"]
        ]
        found = ecs.describe_tasks(cluster=self.cluster, tasks=arns)["tasks"]
        wanted = {"SLUICE_RUN": execution["name"], "SLUICE_TASK": str(task)}
        of_task = [described for described in found if wanted.items() <= task_environment(described).items()]
        return sorted(of_task, key=lambda described: described["createdAt"])

    def log_lines(self) -> list[str]:
        """Returns the lines that the workers have written."""
        logs = self.emulator.client("logs")
        return [event["message"] for event in logs.filter_log_events(logGroupName=self.log_group)["events"]]


def task_environment(task: dict[str, Any]) -> dict[str, str]:
    """Returns the environment variables that the state machine gave to a task."""
    (override,) = task["overrides"]["containerOverrides"]
    return {entry["name"]: entry["value"] for entry in override["environment"]}


def deploy(emulator: Emulator, template: str, behaviours: dict[str, str] | None = None) -> Pipeline:
    """Creates everything that a pipeline needs, under a name of its own."""
    name = f"pipeline-{uuid.uuid4().hex[:8]}"
    role = emulator.role(name)
    emulator.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": emulator.region})
    emulator.client("logs").create_log_group(logGroupName=f"/sluice/{name}")
    cluster = emulator.client("ecs").create_cluster(clusterName=name, capacityProviders=PROVIDERS)["cluster"][
        "clusterArn"
    ]
    task_definition = _task_definition(emulator, name, role, behaviours or {})
    values = {
        "ClusterArn": cluster,
        "ContainerName": "worker",
        "EventBus": "default",
        "EventSource": "sluice",
        "MapConcurrency": "4",
        "PlanFunctionArn": _function(emulator, name, "plan", role),
        "PublicIp": "DISABLED",
        "PublishFunctionArn": _function(emulator, name, "publish", role),
        "SecurityGroupIds": "sg-0123456789abcdef0",
        "SourceBucket": name,
        "SpotPercent": "80",
        "SubnetIds": "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
        "TaskDefinitionArn": task_definition,
        "TaskTimeoutSeconds": "43200",
    }
    for placeholder, value in values.items():
        template = template.replace(f"${{{placeholder}}}", value)
    assert "${" not in template
    machine = emulator.client("stepfunctions").create_state_machine(name=name, definition=template, roleArn=role)
    queue = _event_queue(emulator, name)
    return Pipeline(emulator, machine["stateMachineArn"], name, queue, cluster, task_definition, f"/sluice/{name}")


def _task_definition(emulator: Emulator, name: str, role: str, behaviours: dict[str, str]) -> str:
    options = {"awslogs-group": f"/sluice/{name}", "awslogs-region": emulator.region, "awslogs-stream-prefix": "task"}
    environment = {"BUCKET": name, "BEHAVIOURS": json.dumps(behaviours)}
    registered = emulator.client("ecs").register_task_definition(
        family=name,
        executionRoleArn=role,
        taskRoleArn=role,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[
            {
                "name": "worker",
                "image": WORKER_IMAGE,
                "essential": True,
                "stopTimeout": 2,
                "environment": [{"name": key, "value": value} for key, value in environment.items()],
                "logConfiguration": {"logDriver": "awslogs", "options": options},
            }
        ],
    )
    return registered["taskDefinition"]["taskDefinitionArn"]


def _function(emulator: Emulator, name: str, command: str, role: str) -> str:
    created = emulator.client("lambda").create_function(
        FunctionName=f"{name}-{command}",
        PackageType="Image",
        Code={"ImageUri": FUNCTIONS_IMAGE},
        ImageConfig={"Command": [command]},
        Role=role,
        Timeout=30,
        Environment={"Variables": {"BUCKET": name}},
    )
    return created["FunctionArn"]


def _event_queue(emulator: Emulator, name: str) -> str:
    sqs, events = emulator.client("sqs"), emulator.client("events")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    let = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(let | {"Resource": arn})})
    events.put_rule(Name=name, EventPattern=json.dumps({"source": ["sluice"]}))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
    return url
