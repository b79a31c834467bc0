"""Sends EventBridge an event for every change of a task, and lets a test end a task as only AWS can.

AWS: ecs_task_events.html (source, detail type, detail), stopped-task-error-codes.html (reasons),
API_Task.html (stopCode), fargate-capacity-providers.html#fargate-capacity-providers-termination.
"""

from __future__ import annotations

import json
import os
import signal
import time
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import ecs, eventbridge

from policies.sessions import Session

OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"

_mark_stopped = ecs._mark_task_stopped
_mark_running = ecs._mark_task_running


def mark_stopped(arn: str, task: dict[str, Any], reason: str, code: str, exit_code: int | None = None) -> bool:
    """Marks a task as stopped, with the reason in the words of ECS, and sends its event."""
    words = "Essential container in task exited" if code == "EssentialContainerExited" else reason
    stopped = _mark_stopped(arn, task, words, code, exit_code)
    if stopped:
        send_event(task)
    return stopped


def mark_running(arn: str, task: dict[str, Any]) -> bool:
    """Marks a task as running, and sends its event."""
    running = _mark_running(arn, task)
    if running:
        send_event(task)
    return running


def send_event(task: dict[str, Any]) -> None:
    """Sends the event of a task with its current state."""
    detail = ecs._finalize_ecs_response(ecs.json_response(ecs._sanitize(task)))[2]
    eventbridge._put_events(
        {
            "Entries": [
                {
                    "Source": "aws.ecs",
                    "DetailType": "ECS Task State Change",
                    "Detail": _with_times(json.loads(detail), task),
                    "Resources": [task["taskArn"]],
                }
            ]
        },
        allow_aws_source=True,
    )


def _with_times(detail: dict[str, Any], task: dict[str, Any]) -> str:
    """Returns the detail of an event as JSON: with times as text, where the API has numbers, and without tags."""
    detail |= {name: task[name] for name in detail if name.endswith("At") and task.get(name)}
    detail.pop("tags", None)
    return json.dumps(detail)


def find_task(id_: str) -> dict[str, Any]:
    """Returns the task with this id, in whatever account and region."""
    return next(task for task in ecs._tasks.all_values() if task["taskArn"].endswith(f"/{id_}"))


def end_task(id_: str, how: str) -> None:
    """Ends the containers of a task: `SIGKILL`, `OutOfMemory`, or an interruption of a Spot task by Fargate."""
    task = find_task(id_)
    _arn, _aws, _ecs, region, account, _resource = task["taskArn"].split(":", 5)
    with request_scope(account, region):
        if how == "SpotInterruption":
            ecs._stop_task({"cluster": task["clusterArn"], "task": task["taskArn"], "_spot": True})
            return
        if how not in ("SIGKILL", "OutOfMemory"):
            raise ValueError(f"a task cannot end by {how}")
        if how == "OutOfMemory":
            task["containers"][0]["reason"] = OUT_OF_MEMORY
        for container in _containers(task):
            ecs._get_docker().containers.get(container).kill(signal.SIGKILL)


def _containers(task: dict[str, Any]) -> list[str]:
    """Returns the containers of a task. A container may make calls before ECS has noted that it started."""
    for _poll in range(100):
        if task["_docker_ids"]:
            break
        time.sleep(0.1)
    return task["_docker_ids"]


def end_caller(session: Session, how: str) -> None:
    """Ends the task, or the process of the function, that has these credentials."""
    name = session.caller.name.rpartition("/")[2]
    if any(task["taskArn"].endswith(f"/{name}") for task in ecs._tasks.all_values()):
        end_task(name, how)
        return
    variable = f"AWS_ACCESS_KEY_ID={session.key}".encode()
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                with open(f"/proc/{entry.name}/environ", "rb") as environment:
                    if variable in environment.read().split(b"\0"):
                        os.kill(int(entry.name), signal.SIGKILL)
            except OSError:
                continue  # the process has ended, or belongs to another user


def install() -> None:
    """Replaces functions of MiniStack by those of this module."""
    ecs._mark_task_stopped = mark_stopped
    ecs._mark_task_running = mark_running
