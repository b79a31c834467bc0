"""Task tokens: one for each attempt, with a heartbeat. Answers to a token that nothing waits for any more are refused.

AWS: connect-to-resource.html (wait for a callback with the task token), API_SendTaskSuccess, API_SendTaskFailure,
API_SendTaskHeartbeat, state-task.html (HeartbeatSeconds, TimeoutSeconds).
"""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import stepfunctions as sf

from overlay.stepfunctions.executions import POLL_SECONDS, Execution, Stopped, is_running

Response = tuple[int, dict[str, str], bytes]

# A token has about a thousand characters, which count against the limit of a container override.
TOKEN_BYTES = 744


class PendingTask:
    """A task that waits until somebody answers with its token."""

    def __init__(self, execution: Execution) -> None:
        self.execution = execution
        self.token = base64.b64encode(os.urandom(TOKEN_BYTES)).decode()
        self._changed = threading.Condition()
        self._outcome: Callable[[], Any] | None = None
        self._closed = False
        self._last_heartbeat = time.monotonic()

    def answer(self, outcome: Callable[[], Any]) -> bool:
        """Ends the wait with this outcome; returns false if it has ended already."""
        with self._changed:
            if self._closed or self._outcome is not None:
                return False
            self._outcome = outcome
            self._changed.notify_all()
            return True

    def beat(self) -> bool:
        """Notes a heartbeat; returns false if nothing waits for the token any more."""
        with self._changed:
            if self._closed or self._outcome is not None:
                return False
            self._last_heartbeat = time.monotonic()
            self._changed.notify_all()
            return True

    def close(self) -> None:
        """Ends the wait without an outcome: later answers are told that the task has timed out."""
        with self._changed:
            self._closed = True

    def wait(self, execution: Execution, timeout: float | None, heartbeat: float | None) -> Any:
        """Waits; returns the result of the task or raises its error. The limits are in seconds."""
        started = time.monotonic()
        with self._changed:
            while self._outcome is None:
                now = time.monotonic()
                if not is_running(execution):
                    raise Stopped
                if timeout is not None and now - started >= timeout:
                    raise sf._ExecutionError("States.Timeout", "")
                if heartbeat is not None and now - self._last_heartbeat >= heartbeat:
                    raise sf._ExecutionError("States.HeartbeatTimeout", "")
                ends = [started + timeout] if timeout is not None else []
                ends += [self._last_heartbeat + heartbeat] if heartbeat is not None else []
                self._changed.wait(max(0.0, min([POLL_SECONDS, *(end - now for end in ends)])))
        return self._outcome()


# Closed tokens are kept, because a late answer to a known token is another error than an unknown token.
_tokens: dict[str, PendingTask] = {}


def open_token(execution: Execution) -> PendingTask:
    """Makes a token for a task of this execution, which waits from now on."""
    pending = PendingTask(execution)
    _tokens[pending.token] = pending
    return pending


def machine_of(token: str) -> str | None:
    """Returns the state machine whose execution a token belongs to; for a child of a Map Run, that of the Map."""
    pending = _tokens.get(token)
    return str(pending.execution["stateMachineArn"]) if pending else None


def _timed_out() -> Response:
    message = "Task Timed Out: 'Provided task does not exist anymore'"
    return error_response_json("TaskTimedOut", message, 400)


def _raise(error: str, cause: str) -> Any:
    raise sf._ExecutionError(error, cause)


def _find(data: dict[str, Any]) -> PendingTask | None:
    return _tokens.get(str(data.get("taskToken", "")))


def send_task_success(data: dict[str, Any]) -> Response:
    """SendTaskSuccess."""
    pending = _find(data)
    if pending is None:
        return _unknown(data, _send_task_success)
    try:
        output = json.loads(data.get("output", ""))
    except ValueError:
        return error_response_json("InvalidOutput", "Invalid Output: 'Output must be valid JSON'", 400)
    return json_response({}) if pending.answer(lambda: output) else _timed_out()


def send_task_failure(data: dict[str, Any]) -> Response:
    """SendTaskFailure."""
    pending = _find(data)
    if pending is None:
        return _unknown(data, _send_task_failure)
    error, cause = str(data.get("error") or ""), str(data.get("cause") or "")
    return json_response({}) if pending.answer(lambda: _raise(error, cause)) else _timed_out()


def send_task_heartbeat(data: dict[str, Any]) -> Response:
    """SendTaskHeartbeat."""
    pending = _find(data)
    if pending is None:
        return _unknown(data, _send_task_heartbeat)
    return json_response({}) if pending.beat() else _timed_out()


def _unknown(data: dict[str, Any], activities: Callable[[dict[str, Any]], Response]) -> Response:
    """Passes tokens of activities on to MiniStack; refuses all others as no tokens."""
    if sf._task_tokens.get(data.get("taskToken")):
        return activities(data)
    return error_response_json("InvalidToken", "Invalid Token: 'Invalid token'", 400)


_send_task_success = sf._send_task_success
_send_task_failure = sf._send_task_failure
_send_task_heartbeat = sf._send_task_heartbeat


def install() -> None:
    """Replaces functions of MiniStack by those of this module."""
    sf._send_task_success = send_task_success
    sf._send_task_failure = send_task_failure
    sf._send_task_heartbeat = send_task_heartbeat
