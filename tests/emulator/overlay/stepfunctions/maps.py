"""Distributed Map: items from JSON or JSON Lines in S3, child executions, tolerance, results to S3.

AWS: state-map-distributed.html, input-output-itemreader.html, input-output-itemselector.html,
concepts-examine-map-run.html, maprun-fail-threshold.html.
"""

from __future__ import annotations

import contextvars
import copy
import json
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

from ministack.services import s3
from ministack.services import stepfunctions as sf

from overlay.stepfunctions import language, permissions, results
from overlay.stepfunctions.executions import Execution, is_running, set_parent
from policies.statements import Call

# Children that run at once when the definition names no number; AWS: 10,000.
MAX_CHILDREN = 256

COUNTS = (
    "pending",
    "running",
    "succeeded",
    "failed",
    "timedOut",
    "aborted",
    "total",
    "resultsWritten",
    "failuresNotRedrivable",
    "pendingRedrive",
)


def read_items(state: dict[str, Any], raw_input: Any, execution: Execution, context: dict[str, Any]) -> list[Any]:
    """Returns the items of the Map, from its ItemReader, its `Items` or its input."""
    reader = state.get("ItemReader")
    if reader is None:
        items = language.evaluate_field(state, "Items", raw_input, context)
        items = raw_input if items is None else items
    else:
        where = language.evaluate_fields(
            state, reader.get("Arguments") or reader.get("Parameters") or {}, raw_input, context
        )
        arn = f"arn:aws:s3:::{where['Bucket']}/{where['Key']}"
        permissions.require(execution, "States.ItemReaderFailed", Call("s3:GetObject", arn))
        items = parse_items(read_object(where["Bucket"], where["Key"]), reader.get("ReaderConfig") or {})
    if not isinstance(items, list):
        raise sf._ExecutionError("States.ItemReaderFailed", "Attempting to map over non-iterable node.")
    return items


def read_object(bucket: str, key: str) -> bytes:
    """Returns the content of an object in S3."""
    status, _headers, body = s3._get_object(bucket, key, {}, {})
    if status != 200:
        raise sf._ExecutionError("States.ItemReaderFailed", f"cannot read s3://{bucket}/{key}: {status}")
    return bytes(body)


def parse_items(body: bytes, config: dict[str, Any]) -> Any:
    """Returns the items in an object. Formats that are not emulated are refused, not ignored."""
    kind = config.get("InputType")
    if kind not in ("JSON", "JSONL") or set(config) - {"InputType", "MaxItems"}:
        raise sf._ExecutionError("States.Runtime", f"the emulator does not read items with {json.dumps(config)}")
    try:
        text = body.decode()
        # Not `splitlines`: it also splits at characters that JSON allows in a string.
        items = json.loads(text) if kind == "JSON" else [json.loads(line) for line in text.split("\n") if line.strip()]
    except ValueError as error:
        raise sf._ExecutionError(
            "States.ItemReaderFailed", f"Attempting to parse the items of the item reader failed: {error}"
        ) from error
    return items[: config["MaxItems"]] if "MaxItems" in config else items


class MapRun:
    """One visit of a Map state in distributed mode."""

    def __init__(self, state: dict[str, Any], raw_input: Any, execution: Execution, context: dict[str, Any]) -> None:
        if "ItemBatcher" in state:
            raise sf._ExecutionError("States.Runtime", "the emulator does not batch items")
        self._state = state
        self._input = raw_input
        self._execution = execution
        self._context = context
        self._processor = state.get("ItemProcessor") or state.get("Iterator") or {}
        self._lock = threading.Lock()
        self._exceeded = threading.Event()
        self._children: list[Execution] = []
        self._outputs: dict[int, Any] = {}
        self._items = read_items(state, raw_input, execution, context)
        # The Map Run starts its children with the role of the state machine, which has to allow it.
        start = Call("states:StartExecution", permissions.machine_of(execution))
        permissions.require(execution, "StepFunctions.AccessDeniedException", start)
        self._count_limit = language.evaluate_field(state, "ToleratedFailureCount", raw_input, context)
        self._percent_limit = language.evaluate_field(state, "ToleratedFailurePercentage", raw_input, context)
        _arn, _aws, _states, region, account, _kind, machine = str(execution["stateMachineArn"]).split(":")
        label = state.get("Label") or context["State"]["Name"]
        self._id = sf.new_uuid()
        self._prefix = f"arn:aws:states:{region}:{account}"
        self._machine = f"{machine}/{label}"
        self.record = self._new_record()
        sf._map_runs[self.record["mapRunArn"]] = self.record

    def _new_record(self) -> dict[str, Any]:
        counts = dict.fromkeys(COUNTS, 0) | {"total": len(self._items), "pending": len(self._items)}
        concurrency = language.evaluate_field(self._state, "MaxConcurrency", self._input, self._context)
        return {
            "mapRunArn": f"{self._prefix}:mapRun:{self._machine}:{self._id}",
            "executionArn": self._execution["executionArn"],
            "status": "RUNNING",
            "startDate": sf.now_iso(),
            "maxConcurrency": int(concurrency or 0),
            "toleratedFailurePercentage": float(self._percent_limit or 0),
            "toleratedFailureCount": int(self._count_limit or 0),
            "itemCounts": counts,
            "executionCounts": dict(counts),
            "redriveCount": 0,
            "_stateMachineArn": f"{self._prefix}:stateMachine:{self._machine}",
        }

    def run(self) -> tuple[Any, str | None]:
        """Runs all children; returns the output of the state and the name of the next state."""
        inputs = [self._child_input(index, item) for index, item in enumerate(self._items)]
        workers = self.record["maxConcurrency"] or MAX_CHILDREN
        with ThreadPoolExecutor(max_workers=min(workers, MAX_CHILDREN, max(1, len(inputs)))) as pool:
            # Each thread gets its own copy of the context, which holds account and region of the request.
            futures = [
                pool.submit(contextvars.copy_context().run, self._run_child, index, child_input)
                for index, child_input in enumerate(inputs)
            ]
            wait(futures)
        for future in futures:
            future.result()
        details = self._write_results()
        self.record["stopDate"] = sf.now_iso()
        if self._exceeded.is_set():
            self.record["status"] = "FAILED"
            raise sf._ExecutionError(
                "States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded"
            )
        self.record["status"] = "SUCCEEDED" if is_running(self._execution) else "ABORTED"
        result = details or [self._outputs[index] for index in sorted(self._outputs)]
        return language.finish(self._state, self._input, result, self._context)

    def _child_input(self, index: int, item: Any) -> Any:
        selector = self._state.get("ItemSelector") or self._state.get("Parameters")
        if selector is None:
            return item
        # A shallow copy: expressions only read it.
        context = {**self._context, "Map": {"Item": {"Index": index, "Value": item}}}
        return language.evaluate_fields(self._state, selector, self._input, context)

    def _run_child(self, index: int, child_input: Any) -> None:
        if self._exceeded.is_set() or not is_running(self._execution):
            return
        child = self._new_child(child_input)
        self._count("pending", "running")
        try:
            language.check_size(child_input, "input of a child execution")
            output = sf._run_sub_machine(
                self._processor["States"],
                self._processor["StartAt"],
                child_input,
                child,
                self._child_context(child, child_input),
            )
        except sf._ExecutionError as error:
            self._end_child(child, "FAILED", error=error.error, cause=error.cause)
            return
        self._outputs[index] = output
        self._end_child(child, "SUCCEEDED", output=json.dumps(output))

    def _new_child(self, child_input: Any) -> Execution:
        name = sf.new_uuid()
        child: Execution = {
            "executionArn": f"{self._prefix}:execution:{self._machine}:{name}",
            "stateMachineArn": self.record["_stateMachineArn"],
            "name": name,
            "status": "RUNNING",
            "startDate": sf.now_iso(),
            "stopDate": None,
            "input": json.dumps(child_input),
            "inputDetails": {"included": True},
            "output": None,
            "outputDetails": {"included": True},
            "mapRunArn": self.record["mapRunArn"],
            "events": [],
        }
        set_parent(child, self._execution)
        sf._executions[child["executionArn"]] = child
        sf._add_event(child, "ExecutionStarted", {"executionStartedEventDetails": {"input": child["input"]}})
        return child

    def _child_context(self, child: Execution, child_input: Any) -> dict[str, Any]:
        """Returns the context object of a child, without the variables of its parent (workflow-variables.html)."""
        context = copy.deepcopy({key: part for key, part in self._context.items() if key not in ("Map", "variables")})
        context["variables"] = {}
        context["Execution"] = {
            "Id": child["executionArn"],
            "Input": child_input,
            "Name": child["name"],
            "StartTime": child["startDate"],
        }
        return context

    def _end_child(self, child: Execution, status: str, **fields: Any) -> None:
        aborted = status == "FAILED" and not is_running(self._execution)
        child.update(status="ABORTED" if aborted else status, stopDate=sf.now_iso(), **fields)
        sf._add_event(child, f"Execution{status.capitalize()}", {f"execution{status.capitalize()}EventDetails": fields})
        with self._lock:
            self._children.append(child)
        self._count("running", str(child["status"]).lower())

    def _count(self, before: str, after: str) -> None:
        with self._lock:
            for counts in (self.record["itemCounts"], self.record["executionCounts"]):
                counts[before] -= 1
                counts[after] += 1
            if self._too_many_failed(self.record["itemCounts"]["failed"]):
                self._exceeded.set()

    def _too_many_failed(self, failed: int) -> bool:
        """Whether too many children failed: any, without a limit; of two limits, the one exceeded first decides."""
        if self._count_limit is None and self._percent_limit is None:
            return failed > 0
        by_count = self._count_limit is not None and failed > int(self._count_limit)
        share = failed * 100
        by_share = self._percent_limit is not None and share > float(self._percent_limit) * len(self._items)
        return by_count or by_share

    def _write_results(self) -> dict[str, Any] | None:
        writer = self._state.get("ResultWriter")
        if writer is None:
            return None
        where = language.evaluate_fields(
            self._state, writer.get("Arguments") or writer.get("Parameters") or {}, self._input, self._context
        )
        # One file for each status and the manifest, all under the prefix.
        arn = f"arn:aws:s3:::{where['Bucket']}/{where.get('Prefix', '').rstrip('/')}/{self._id}/manifest.json"
        permissions.require(self._execution, "States.ResultWriterFailed", Call("s3:PutObject", arn))
        details = results.write(self.record, self._id, self._children, where, writer.get("WriterConfig") or {})
        for counts in (self.record["itemCounts"], self.record["executionCounts"]):
            counts["resultsWritten"] = counts["succeeded"]
        return details


def run_distributed_map(
    state: dict[str, Any],
    raw_input: Any,
    _effective: Any,
    _processor: dict[str, Any],
    execution: Execution,
    context: dict[str, Any],
) -> tuple[Any, str | None]:
    """Runs a Map state in distributed mode; returns its output and the name of the next state."""
    return MapRun(state, raw_input, execution, context).run()


def install() -> None:
    """Replaces functions of MiniStack by those of this module."""
    sf._run_distributed_map = run_distributed_map
