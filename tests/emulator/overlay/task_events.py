"""EventBridge hears of every change of a task, and a test can let one end as only AWS ends it.

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
    """A task that has stopped says so, with the words of ECS."""
    words = "Essential container in task exited" if code == "EssentialContainerExited" else reason
    stopped = _mark_stopped(arn, task, words, code, exit_code)
    if stopped:
        tell(task)
    return stopped


def mark_running(arn: str, task: dict[str, Any]) -> bool:
    """A task that runs says so."""
    running = _mark_running(arn, task)
    if running:
        tell(task)
    return running


def tell(task: dict[str, Any]) -> None:
    """Sends the event of a task as it is now."""
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
    """The API has numbers for times, the event has text; the event names how tags and secrets are, not what."""
    detail |= {name: task[name] for name in detail if name.endswith("At") and task.get(name)}
    detail.pop("tags", None)
    return json.dumps(detail)


def find(id_: str) -> dict[str, Any]:
    """The task with this id, wherever it is."""
    return next(task for task in ecs._tasks.all_values() if task["taskArn"].endswith(f"/{id_}"))


def end(id_: str, how: str) -> None:
    """Ends the containers of a task: `SIGKILL`, `OutOfMemory`, or as Fargate takes away a Spot task."""
    task = find(id_)
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
    """The containers of a task. One that has just started may call before ECS knows it."""
    for _glance in range(100):
        if task["_docker_ids"]:
            break
        time.sleep(0.1)
    return task["_docker_ids"]


def end_caller(session: Session, how: str) -> None:
    """Ends whoever has these credentials: a task, or the process of a function."""
    name = session.caller.name.rpartition("/")[2]
    if any(task["taskArn"].endswith(f"/{name}") for task in ecs._tasks.all_values()):
        end(name, how)
        return
    variable = f"AWS_ACCESS_KEY_ID={session.key}".encode()
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                with open(f"/proc/{entry.name}/environ", "rb") as environment:
                    if variable in environment.read().split(b"\0"):
                        os.kill(int(entry.name), signal.SIGKILL)
            except OSError:
                continue  # it has ended, or is another user's


def install() -> None:
    """Puts this in place of MiniStack's."""
    ecs._mark_task_stopped = mark_stopped
    ecs._mark_task_running = mark_running
