"""Executions that are stopped stay stopped, and take the children of their Map Runs with them.

AWS: API_StopExecution ("stops a Map Run and its child workflow executions"), concepts-examine-map-run.
"""

from __future__ import annotations

import time

from ministack.services import stepfunctions as sf

Execution = dict[str, object]

# Child of a Map Run → the execution that the Map Run belongs to.
_parents: dict[str, Execution] = {}

# How often a wait looks whether its execution was stopped, in seconds.
GLANCE = 0.25


class Stopped(sf._ExecutionError):
    """The execution, or the one it is a child of, was stopped."""

    def __init__(self) -> None:
        super().__init__("States.Aborted", "the execution was stopped")


def adopt(child: Execution, parent: Execution) -> None:
    """Remembers whose child an execution is."""
    _parents[str(child["executionArn"])] = parent


def is_running(execution: Execution) -> bool:
    """Whether the execution and all it is a child of run."""
    current: Execution | None = execution
    while current is not None:
        if current["status"] != "RUNNING":
            return False
        current = _parents.get(str(current["executionArn"]))
    return True


def pause(execution: Execution, seconds: float) -> None:
    """Sleeps, and raises when the execution is stopped."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if not is_running(execution):
            raise Stopped
        time.sleep(min(left, GLANCE))


_fail_execution = sf._fail_execution


def fail_unless_stopped(execution: Execution, error: str, cause: str) -> None:
    """A stopped execution is ABORTED; that its states end with errors then does not make it FAILED."""
    if execution["status"] == "RUNNING":
        _fail_execution(execution, error, cause)


def install() -> None:
    """Puts this in place of MiniStack's."""
    sf._fail_execution = fail_unless_stopped
