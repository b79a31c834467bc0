"""The attempts at a task: containers, which are processes of this machine that a test can stop, freeze or kill."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

from deployment import Deployment
from usage import wait_for


@dataclass(frozen=True)
class Attempt:
    """A container that was started for a task."""

    arn: str
    token: str
    status: str
    exit_code: int | None
    # Of which AWS takes 8,192.
    override_characters: int

    def process(self) -> int:
        """The id of its process."""
        variable = f"SLUICE_TASK_TOKEN={self.token}".encode()
        for entry in os.scandir("/proc"):
            if entry.name.isdigit():
                try:
                    with open(f"/proc/{entry.name}/environ", "rb") as environment:
                        if variable in environment.read().split(b"\0"):
                            return int(entry.name)
                except OSError:
                    continue  # it has ended, or is another user's
        raise AssertionError(f"{self.arn} has no process")

    def signal(self, number: int) -> None:
        """Sends a signal to its process."""
        os.kill(self.process(), number)


class Run:
    """A run that is under way."""

    def __init__(self, deployment: Deployment, execution: str) -> None:
        self._deployment = deployment
        self._ecs = deployment.client("ecs")
        (self._cluster,) = self._ecs.list_clusters()["clusterArns"]
        self.name = execution.rpartition(":")[2]
        self._tasks: dict[str, int] = wait_for("the plan", self._planned)

    def _planned(self) -> dict[str, int] | None:
        s3, bucket = self._deployment.client("s3"), self._deployment.outputs["sourceBucket"]
        try:
            body = s3.get_object(Bucket=bucket, Key=f"_sluice/runs/{self.name}/tasks.jsonl")["Body"].read()
        except s3.exceptions.NoSuchKey:
            return None
        tasks = map(json.loads, body.splitlines())
        return {task["prefix"]: task["task"] for task in tasks}

    def attempts(self, prefix: str) -> list[Attempt]:
        """The attempts at the one task of a prefix, in the order in which they were started."""
        arns = [
            arn
            for status in ("RUNNING", "STOPPED")
            for page in self._ecs.get_paginator("list_tasks").paginate(cluster=self._cluster, desiredStatus=status)
            for arn in page["taskArns"]
        ]
        wanted = {"SLUICE_RUN": self.name, "SLUICE_TASK": str(self._tasks[prefix])}
        found = []
        for first in range(0, len(arns), 100):
            for task in self._ecs.describe_tasks(cluster=self._cluster, tasks=arns[first : first + 100])["tasks"]:
                given = environment(task)
                if wanted.items() <= given.items():
                    found.append((task["createdAt"], self._attempt(task, given["SLUICE_TASK_TOKEN"])))
        return [attempt for _created, attempt in sorted(found, key=lambda pair: pair[0])]

    def _attempt(self, task: dict[str, Any], token: str) -> Attempt:
        characters = len(json.dumps(task["overrides"]["containerOverrides"], separators=(",", ":")))
        return Attempt(task["taskArn"], token, task["lastStatus"], task["containers"][0].get("exitCode"), characters)

    def attempt(self, prefix: str, number: int) -> Attempt:
        """An attempt that is under way; they count from 1."""

        def look() -> Attempt | None:
            found = self.attempts(prefix)
            return found[number - 1] if len(found) >= number and found[number - 1].status == "RUNNING" else None

        return wait_for(f"attempt {number} at {prefix}", look)

    def stop(self, attempt: Attempt) -> None:
        """What Fargate does to a Spot task that it takes away."""
        self._ecs.stop_task(cluster=self._cluster, task=attempt.arn, reason="Spot interruption")

    def log(self, attempt: Attempt) -> list[dict[str, Any]]:
        """What a worker has logged."""
        logs = self._deployment.client("logs")
        task = self._ecs.describe_tasks(cluster=self._cluster, tasks=[attempt.arn])["tasks"][0]
        definition = self._ecs.describe_task_definition(taskDefinition=task["taskDefinitionArn"])["taskDefinition"]
        group = definition["containerDefinitions"][0]["logConfiguration"]["options"]["awslogs-group"]
        streams = [stream["logStreamName"] for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]]
        (stream,) = [name for name in streams if name.endswith(attempt.arn.rpartition("/")[2])]
        events = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)["events"]
        return [json.loads(event["message"]) for event in events]

    def ending(self, attempt: Attempt) -> str:
        """How a worker says that it has ended."""
        (line,) = [line for line in self.log(attempt) if line.get("message") == "task ended"]
        return line["ending"]


def environment(task: dict[str, Any]) -> dict[str, str]:
    """The variables that the state machine gave to a task."""
    overrides = task["overrides"]["containerOverrides"]
    return {entry["name"]: entry["value"] for override in overrides for entry in override["environment"]}
