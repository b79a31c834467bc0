"""Executions: a stopped execution stays stopped, and stops the children of its Map Runs, too.

The name of an execution can be used once, and the time of a whole execution has a limit.

AWS: API_StopExecution ("stops a Map Run and its child workflow executions"), concepts-examine-map-run,
API_StartExecution (idempotent for the same name and input while it runs; names), statemachine-structure.html
(TimeoutSeconds).
"""

from __future__ import annotations

import json
import re
import threading
import time
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response, request_scope
from ministack.services import stepfunctions as sf

Execution = dict[str, object]

# Child of a Map Run → the execution that the Map Run belongs to.
_parents: dict[str, Execution] = {}

# Seconds after which a wait looks again whether its execution was stopped.
POLL_SECONDS = 0.25


class Stopped(sf._ExecutionError):
    """The execution, or an execution that it is a child of, was stopped."""

    def __init__(self) -> None:
        super().__init__("States.Aborted", "the execution was stopped")


def set_parent(child: Execution, parent: Execution) -> None:
    """Notes the parent of a child execution."""
    _parents[str(child["executionArn"])] = parent


def is_running(execution: Execution) -> bool:
    """Whether the execution and all its parents are running."""
    current: Execution | None = execution
    while current is not None:
        if current["status"] != "RUNNING":
            return False
        current = _parents.get(str(current["executionArn"]))
    return True


def pause(execution: Execution, seconds: float) -> None:
    """Sleeps for `seconds`; raises `Stopped` if the execution is stopped meanwhile."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if not is_running(execution):
            raise Stopped
        time.sleep(min(left, POLL_SECONDS))


_fail_execution = sf._fail_execution


def fail_unless_stopped(execution: Execution, error: str, cause: str) -> None:
    """Fails an execution, unless it was stopped: it stays ABORTED although its states then end with errors."""
    if execution["status"] == "RUNNING":
        _fail_execution(execution, error, cause)


_start_execution = sf._start_execution

# A name of an execution: characters that it may have, and its length.
NAME = re.compile(r"[^\x00-\x20\x7f-\x9f<>{}\[\]?*\"#%\\^|~`$&,;:/\ufffe\uffff]{1,80}")
MAX_INPUT_BYTES = 262_144

_scale = 1.0


def start_execution(data: dict[str, Any]) -> Any:
    """StartExecution: one execution for each name; a repeated call returns the same answer while the execution runs."""
    name, text = data.get("name"), str(data.get("input", "{}"))
    if name is not None and not NAME.fullmatch(name):
        return error_response_json("InvalidName", f"Invalid Name: '{name}'", 400)
    if len(text.encode()) > MAX_INPUT_BYTES:
        return error_response_json("InvalidExecutionInput", "The input is larger than 262144 bytes", 400)
    try:
        json.loads(text)
    except ValueError as error:
        return error_response_json("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'", 400)
    machine = sf._resolve_state_machine_arn(str(data.get("stateMachineArn", "")))
    before = name and machine and sf._executions.get(f"{machine.replace(':stateMachine:', ':execution:')}:{name}")
    if before and before["status"] == "RUNNING" and before["input"] == text:
        return json_response({"executionArn": before["executionArn"], "startDate": before["startDate"]})
    answer = _start_execution(data)
    if answer[0] == 200 and machine:
        _limit(json.loads(answer[2])["executionArn"], json.loads(sf._state_machines[machine]["definition"]))
    return answer


def _limit(arn: str, definition: dict[str, Any]) -> None:
    seconds = definition.get("TimeoutSeconds")
    if seconds is None:
        return
    timer = threading.Timer(seconds * _scale, _time_out, (arn, get_account_id(), get_region()))
    timer.daemon = True
    timer.start()


def _time_out(arn: str, account: str, region: str) -> None:
    with request_scope(account, region):
        execution = sf._executions.get(arn)
        if execution and execution["status"] == "RUNNING":
            execution.update(status="TIMED_OUT", stopDate=sf.now_iso(), error="States.Timeout", cause=None)
            sf._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
            sf._emit_execution_status_event(execution)


def install(scale: float) -> None:
    """Replaces functions of MiniStack; `scale` shortens the time limit of executions."""
    global _scale
    _scale = scale
    sf._fail_execution = fail_unless_stopped
    sf._start_execution = start_execution
