"""The attempts at a task: containers, which are processes of this machine that a test can stop, freeze or kill."""

from __future__ import annotations

import json
import os
import urllib.request
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
    # AWS accepts at most 8,192.
    override_characters: int

    def process_id(self) -> int:
        """Returns the id of the container's process."""
        variable = f"SLUICE_TASK_TOKEN={self.token}".encode()
        for entry in os.scandir("/proc"):
            if entry.name.isdigit():
                try:
                    with open(f"/proc/{entry.name}/environ", "rb") as environment:
                        if variable in environment.read().split(b"\0"):
                            return int(entry.name)
                except OSError:
                    continue  # the process has ended, or belongs to another user
        raise AssertionError(f"{self.arn} has no process")

    def signal(self, number: int) -> None:
        """Sends a signal to the container's process."""
        os.kill(self.process_id(), number)


class Run:
    """A run that is under way."""

    def __init__(self, deployment: Deployment, execution: str) -> None:
        self._deployment = deployment
        self._ecs = deployment.client("ecs")
        (self._cluster,) = self._ecs.list_clusters()["clusterArns"]
        self.name = execution.rpartition(":")[2]
        self._tasks: dict[str, set[int]] = wait_for("the plan", self._planned)

    def _planned(self) -> dict[str, set[int]] | None:
        """Returns the numbers of the tasks of each prefix; a task is a range of the lines of `files.jsonl`."""
        s3, bucket = self._deployment.client("s3"), self._deployment.outputs["sourceBucket"]

        def read(name: str) -> bytes:
            return s3.get_object(Bucket=bucket, Key=f"_sluice/runs/{self.name}/{name}.jsonl")["Body"].read()

        try:
            # The tasks are written last.
            tasks, files = [json.loads(line) for line in read("tasks").splitlines()], read("files")
        except s3.exceptions.NoSuchKey:
            return None
        found: dict[str, set[int]] = {}
        for task in tasks:
            for line in files[task["offset"] : task["offset"] + task["length"]].splitlines():
                found.setdefault(json.loads(line)["key"].split("/incoming/")[0], set()).add(task["task"])
        return found

    def tasks(self, prefix: str) -> list[dict[str, Any]]:
        """Returns the containers of the one task of a prefix, in the order in which they were started."""
        listed = [
            arn
            for status in ("RUNNING", "STOPPED")
            for page in self._ecs.get_paginator("list_tasks").paginate(cluster=self._cluster, desiredStatus=status)
            for arn in page["taskArns"]
        ]
        # A task that ends between the two listings is in both.
        arns = list(dict.fromkeys(listed))
        (number,) = self._tasks[prefix]
        wanted = {"SLUICE_RUN": self.name, "SLUICE_TASK": str(number)}
        found = []
        for first in range(0, len(arns), 100):
            for task in self._ecs.describe_tasks(cluster=self._cluster, tasks=arns[first : first + 100])["tasks"]:
                if wanted.items() <= task_environment(task).items():
                    found.append(task)
        # Sorted by the number of the attempt first, because two attempts may begin in one second.
        return sorted(found, key=lambda task: (int(task_environment(task)["SLUICE_ATTEMPT"]), task["createdAt"]))

    def attempts(self, prefix: str) -> list[Attempt]:
        """Returns the attempts at the one task of a prefix, in the order in which they were started."""
        return [self._attempt(task) for task in self.tasks(prefix)]

    def ended_tasks(self, prefix: str) -> list[dict[str, Any]]:
        """Waits until all containers of the one task of a prefix have ended, and returns them."""

        def look() -> list[dict[str, Any]] | None:
            found = self.tasks(prefix)
            return found if found and all(task["lastStatus"] == "STOPPED" for task in found) else None

        return wait_for(f"the containers of {prefix} have ended", look)

    def ended_attempts(self, prefix: str) -> list[Attempt]:
        """Waits until all attempts at the one task have ended, a moment after the worker reported; returns them."""
        return [self._attempt(task) for task in self.ended_tasks(prefix)]

    def _attempt(self, task: dict[str, Any]) -> Attempt:
        token = task_environment(task)["SLUICE_TASK_TOKEN"]
        characters = len(json.dumps(task["overrides"]["containerOverrides"], separators=(",", ":")))
        return Attempt(task["taskArn"], token, task["lastStatus"], task["containers"][0].get("exitCode"), characters)

    def running_attempt(self, prefix: str, number: int) -> Attempt:
        """Waits until the attempt with this number, from 1, is running, and returns it."""

        def look() -> Attempt | None:
            found = self.attempts(prefix)
            return found[number - 1] if len(found) >= number and found[number - 1].status == "RUNNING" else None

        return wait_for(f"attempt {number} at {prefix}", look)

    def interrupt_spot(self, attempt: Attempt) -> None:
        """Interrupts an attempt as Fargate interrupts a Spot task."""
        url = f"{self._deployment.endpoint}/_tasks/{attempt.arn.rpartition('/')[2]}"
        body = json.dumps({"end": "SpotInterruption"}).encode()
        urllib.request.urlopen(urllib.request.Request(url, data=body, method="PUT")).close()

    def log(self, attempt: Attempt) -> list[dict[str, Any]]:
        """Returns the log lines of a worker."""
        logs = self._deployment.client("logs")
        task = self._ecs.describe_tasks(cluster=self._cluster, tasks=[attempt.arn])["tasks"][0]
        definition = self._ecs.describe_task_definition(taskDefinition=task["taskDefinitionArn"])["taskDefinition"]
        group = definition["containerDefinitions"][0]["logConfiguration"]["options"]["awslogs-group"]
        streams = [stream["logStreamName"] for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]]
        (stream,) = [name for name in streams if name.endswith(attempt.arn.rpartition("/")[2])]
        events = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)["events"]
        return [json.loads(event["message"]) for event in events]

    def ending(self, attempt: Attempt) -> str:
        """Returns how the attempt ended, by the worker's log."""
        (line,) = [line for line in self.log(attempt) if line.get("message") == "task ended"]
        return line["ending"]


def task_environment(task: dict[str, Any]) -> dict[str, str]:
    """Returns the environment variables that the state machine gave to a task."""
    overrides = task["overrides"]["containerOverrides"]
    return {entry["name"]: entry["value"] for override in overrides for entry in override["environment"]}
