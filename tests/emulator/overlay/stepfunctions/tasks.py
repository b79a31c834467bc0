"""Task states: attempts, their limits, Retry and Catch.

AWS: state-task.html, concepts-error-handling.html (fields of a retrier: MaxDelaySeconds, JitterStrategy).
"""

from __future__ import annotations

import json
import random
from typing import Any

from ministack.services import stepfunctions as sf

from overlay.stepfunctions import language, permissions, tokens
from overlay.stepfunctions.executions import Execution, pause

CALLBACK = ".waitForTaskToken"

_scale = 1.0


class Retries:
    """Counts how often each retrier of a state was used."""

    def __init__(self, retriers: list[dict[str, Any]]) -> None:
        self._retriers = retriers
        self._used: dict[int, int] = {}

    @property
    def total(self) -> int:
        """Number of retries so far, of all retriers."""
        return sum(self._used.values())

    def delay(self, error: str) -> float | None:
        """Returns unscaled seconds until the next attempt, by the first retrier that fits; None if there is none."""
        retrier, index = sf._find_matching_retrier(self._retriers, error, self._used)
        if retrier is None:
            return None
        used = self._used.get(index, 0)
        self._used[index] = used + 1
        seconds = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** used
        seconds = min(seconds, retrier.get("MaxDelaySeconds", seconds))
        return random.uniform(0, seconds) if retrier.get("JitterStrategy") == "FULL" else seconds


class Task:
    """One execution of a Task state, with all its attempts."""

    def __init__(self, state: dict[str, Any], raw_input: Any, execution: Execution, context: dict[str, Any]) -> None:
        self._state = state
        self._input = raw_input
        self._execution = execution
        self._context = context
        self._resource = str(state.get("Resource", ""))

    def run(self) -> tuple[Any, str | None]:
        """Makes attempts until one succeeds, an error is caught, or the task fails."""
        retries = Retries(self._state.get("Retry", []))
        while True:
            self._context["State"]["RetryCount"] = retries.total
            try:
                return language.finish(self._state, self._input, self._attempt(), self._context)
            except sf._ExecutionError as error:
                self._record_failure(error)
                seconds = retries.delay(error.error)
                if seconds is None:
                    return self._caught(error)
            pause(self._execution, seconds * _scale)

    def _attempt(self) -> Any:
        if self._resource.endswith(CALLBACK):
            result = self._call_back()
        else:
            arguments = self._arguments()
            self._record_start(arguments)
            permissions.check_integration(self._execution, self._resource, arguments)
            timeout = language.evaluate_field(self._state, "TimeoutSeconds", self._input, self._context)
            # This time is not scaled, because it limits work, not waiting.
            result = (
                sf._invoke_resource(self._resource, arguments)
                if timeout is None
                else sf._invoke_resource_with_timeout(self._resource, arguments, float(timeout))
            )
        language.check_size(result, "result of the task")
        self._record("TaskSucceeded", "taskSucceededEventDetails", {"output": json.dumps(result)})
        return result

    def _call_back(self) -> Any:
        pending = tokens.open_token(self._execution)
        self._context["Task"] = {"Token": pending.token}
        try:
            arguments = self._arguments()
            self._record_start(arguments)
            permissions.check_integration(self._execution, self._resource, arguments)
            answer = sf._invoke_resource(self._resource.removesuffix(CALLBACK), arguments)
            self._record("TaskSubmitted", "taskSubmittedEventDetails", {"output": json.dumps(answer)})
            return pending.wait(self._execution, self._limit("TimeoutSeconds"), self._limit("HeartbeatSeconds"))
        finally:
            pending.close()

    def _arguments(self) -> Any:
        if sf._state_query_language(self._state, self._context) == "JSONata":
            arguments = sf._apply_jsonata_arguments(self._state, self._input, self._context)
        else:
            effective = sf._apply_input_path(self._state, self._input, self._context)
            arguments = sf._apply_parameters(self._state, effective, self._context)
        language.check_size(arguments, "input of the task")
        return arguments

    def _limit(self, name: str) -> float | None:
        seconds = language.evaluate_field(self._state, name, self._input, self._context)
        return None if seconds is None else float(seconds) * _scale

    def _caught(self, error: sf._ExecutionError) -> tuple[Any, str]:
        catcher = sf._find_matching_catcher(self._state.get("Catch", []), error.error)
        if catcher is None:
            raise error
        query_language = sf._state_query_language(self._state, self._context)
        shown = {"Error": error.error, "Cause": error.cause}
        output = sf._apply_catcher(catcher, self._input, self._context, query_language, shown)
        return output, catcher["Next"]

    def _record_start(self, arguments: Any) -> None:
        details = {"parameters": json.dumps(arguments), "region": sf.get_region()}
        self._record("TaskScheduled", "taskScheduledEventDetails", details)
        self._record("TaskStarted", "taskStartedEventDetails", {})

    def _record_failure(self, error: sf._ExecutionError) -> None:
        timed_out = error.error in ("States.Timeout", "States.HeartbeatTimeout")
        kind, field = ("TaskTimedOut", "taskTimedOut") if timed_out else ("TaskFailed", "taskFailed")
        self._record(kind, f"{field}EventDetails", {"error": error.error, "cause": error.cause})

    def _record(self, kind: str, field: str, details: dict[str, Any]) -> None:
        service, _separator, action = self._resource.rpartition(":::")[2].partition(":")
        sf._add_event(self._execution, kind, {field: {"resourceType": service, "resource": action, **details}})


def execute_task(
    state: dict[str, Any], raw_input: Any, execution: Execution, context: dict[str, Any]
) -> tuple[Any, str | None]:
    """Runs a Task state; returns its output and the name of the next state."""
    return Task(state, raw_input, execution, context).run()


def install(scale: float) -> None:
    """Replaces functions of MiniStack; `scale` shortens heartbeats, token timeouts and retry intervals."""
    global _scale
    _scale = scale
    sf._execute_task = execute_task
