"""How runs are started, and what happens after a run that ended before its events were sent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deployment import Deployment
from usage import (
    Events,
    Files,
    keys,
    ledger,
    output_files,
    put,
    run_in_folder,
    run_to_end,
    start,
    statuses,
    wait_for,
    wait_for_end,
    write_counts,
)

ROWS = b"id\n1\n2\n"


PARENT = "arn:aws:states:eu-central-1:123456789012:execution:other:1"


@pytest.mark.parametrize(
    ("prefix", "request_"),
    [
        ("console", {"Comment": "Insert your JSON here"}),
        ("parent", {"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": PARENT}),
    ],
)
def test_inputs_that_others_fill_in_start_a_run(deployment: Deployment, prefix: str, request_: dict[str, str]) -> None:
    put(deployment, {f"{prefix}/incoming/a.csv": ROWS})
    execution = run_to_end(deployment, request_)
    assert execution["status"] == "SUCCEEDED", execution
    assert output_files(deployment, f"{prefix}/") == {f"{prefix}/clean/a.csv": ROWS}


def test_two_starts_at_once_check_every_file_once(deployment: Deployment, tmp_path: Path) -> None:
    files: Files = {f"at-once/{prefix}/incoming/{number}.csv": ROWS for prefix in "ab" for number in range(10)}
    put(deployment, files)
    source = deployment.outputs["sourceBucket"]
    events = Events(deployment)
    # The first run goes on as long as a worker is held.
    with deployment.fault("GET", source, "at-once/a/incoming/0.csv", times=1) as fault:
        first = start(deployment, {})
        wait_for("a worker reads", fault.met)
        second = run_to_end(deployment, {})
    executions = [wait_for_end(deployment, first), second]
    assert [execution["status"] for execution in executions] == ["SUCCEEDED", "SUCCEEDED"]
    assert json.loads(executions[0]["output"])["files"]["total"] == 20
    assert json.loads(second["output"])["tasks"] == 0, "what a run under way has planned is not handed out again"
    told = events.of_prefixes(executions[0])
    assert statuses(told) == {"at-once/a": "SUCCEEDED", "at-once/b": "SUCCEEDED"}
    assert events.of_prefixes(executions[1]) == {}
    written = write_counts(deployment, source, "_sluice/ledger/at-once/")
    assert len(written) == 20 and set(written.values()) == {1}
    assert output_files(deployment, "at-once/") == run_in_folder(tmp_path, files)[0]


def test_events_that_publish_could_not_send_are_sent_by_the_next_run(deployment: Deployment) -> None:
    prefixes = [f"untold/{number}" for number in range(12)]
    put(deployment, {f"{prefix}/incoming/a.csv": ROWS for prefix in prefixes})
    source = deployment.outputs["sourceBucket"]
    events = Events(deployment)
    with deployment.fault_at("POST", "/", target="AWSEvents.PutEvents", kill="SIGKILL") as killed:
        execution = run_to_end(deployment, {})
        assert killed.met() >= 1
    assert execution["status"] == "FAILED", execution
    assert len(ledger(deployment, "untold/")) == 12, "the files are done"
    assert events.of_prefixes(execution) == {}
    assert keys(deployment, source, "_sluice/open/") == [f"_sluice/open/{execution['name']}"]

    following = run_to_end(deployment, {})
    assert following["status"] == "SUCCEEDED", following
    told = events.of_prefixes(execution)
    assert statuses(told) == dict.fromkeys(prefixes, "SUCCEEDED"), "with the run that has checked them"
    assert events.of_prefixes(following) == {}
    assert keys(deployment, source, "_sluice/open/") == []


def test_a_run_that_is_stopped_by_hand_is_told_of_by_the_next(deployment: Deployment) -> None:
    source = deployment.outputs["sourceBucket"]
    put(deployment, {"stopped/incoming/a.csv": ROWS, "stopped/incoming/b.csv": ROWS})
    events = Events(deployment)
    with deployment.fault("GET", source, "stopped/incoming/b.csv", times=1) as fault:
        execution = start(deployment, {})
        wait_for("the worker reads", fault.met)
        wait_for("the other file is done", lambda: ledger(deployment, "stopped/"))
        deployment.client("stepfunctions").stop_execution(executionArn=execution)
    assert wait_for_end(deployment, execution)["status"] == "ABORTED"
    following = run_to_end(deployment, {})
    assert following["status"] == "SUCCEEDED", following
    assert len(output_files(deployment, "stopped/")) == 2
    # Told of by the run that was stopped or by the next one, depending on how far the worker came.
    told = events.of_prefixes({"executionArn": execution}) | events.of_prefixes(following)
    assert statuses(told) == {"stopped": "SUCCEEDED"}
    assert keys(deployment, source, "_sluice/open/") == []
