"""Rules of the Amazon States Language."""

from __future__ import annotations

import json
from typing import Any

from ministack.services import stepfunctions as sf

# "Maximum input or output size for a task, state, or execution: 256 KiB of data as a UTF-8 encoded string"
# AWS: service-quotas.html, quotas related to task executions.
MAX_PAYLOAD_BYTES = 262_144

# Errors that States.ALL and States.TaskFailed do not match.
# AWS: concepts-error-handling.html, error names ("States.ALL … can't catch the States.DataLimitExceeded terminal error
# or the States.Runtime error types").
TERMINAL = frozenset({"States.DataLimitExceeded", "States.Runtime"})


def check_size(payload: Any, what: str) -> None:
    """Raises an error if data that pass between states are too large."""
    size = len(json.dumps(payload, ensure_ascii=False).encode())
    if size > MAX_PAYLOAD_BYTES:
        raise sf._ExecutionError(
            "States.DataLimitExceeded",
            f"The {what} has {size} bytes, more than the limit of {MAX_PAYLOAD_BYTES}.",
        )


def error_matches(names: list[str], error: str) -> bool:
    """Whether a Retry or a Catch with these names matches this error."""
    if error in names:
        return True
    if error in TERMINAL:
        return False
    return "States.ALL" in names or ("States.TaskFailed" in names and error != "States.Timeout")


def assign(
    state: dict[str, Any],
    raw_input: Any,
    context: dict[str, Any] | None,
    result: Any = None,
    error_output: Any = None,
) -> None:
    """Evaluates an Assign: all its expressions see the variables as they were before.

    AWS: workflow-variables.html, evaluation order in an assign field.
    """
    fields = state.get("Assign")
    if context is None or not isinstance(fields, dict) or sf._state_query_language(state, context) != "JSONata":
        return
    values = sf._apply_jsonata_template(fields, raw_input, context, result=result, error_output=error_output)
    context.setdefault("variables", {}).update(values)


def evaluate_field(state: dict[str, Any], name: str, raw_input: Any, context: dict[str, Any]) -> Any:
    """Returns a field that may be an expression, or given by a path under another name; None if it is absent.

    AWS: state-task.html (TimeoutSeconds, HeartbeatSeconds), state-map-distributed.html (MaxConcurrency and others).
    """
    if name in state:
        if sf._state_query_language(state, context) == "JSONata":
            return sf._apply_jsonata_template(state[name], raw_input, context)
        return state[name]
    if f"{name}Path" in state:
        effective = sf._apply_input_path(state, raw_input, context)
        return sf._resolve_path_or_ctx(state[f"{name}Path"], effective, context)
    return None


def evaluate_fields(state: dict[str, Any], fields: Any, raw_input: Any, context: dict[str, Any]) -> Any:
    """Returns fields with their expressions and paths evaluated."""
    if sf._state_query_language(state, context) == "JSONata":
        return sf._apply_jsonata_template(fields, raw_input, context)
    effective = sf._apply_input_path(state, raw_input, context)
    return sf._resolve_params_obj(fields, effective, context)


def finish(state: dict[str, Any], raw_input: Any, result: Any, context: dict[str, Any]) -> tuple[Any, str | None]:
    """Returns the output of a state with this result, and the name of the next state."""
    if sf._state_query_language(state, context) == "JSONata":
        output = sf._apply_jsonata_output(state, raw_input, context, result=result, default=result)
        assign(state, raw_input, context, result=result)
    else:
        selected = sf._apply_result_selector(state, result)
        output = sf._apply_output_path(state, sf._apply_result_path(state, raw_input, selected), context)
    check_size(output, "output of the state")
    return output, sf._next_or_end(state)


def install() -> None:
    """Replaces functions of MiniStack by those of this module."""
    sf._error_matches = error_matches
    sf._apply_state_assign = assign
