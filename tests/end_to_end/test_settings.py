"""The pipeline with other settings than the defaults: each deployment runs once, from an upload to the event."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from conftest import SETTINGS
from deployment import Deployment, deployed
from usage import Events, Files, keys, ledger, objects, put, run_to_end, start, statuses, wait_for, wait_for_end

ROWS = b"id\n1\n2\n"
QUIET_SECONDS = 10
UPLOADS = 1000


def existing_network(deployment: Deployment) -> dict[str, str]:
    """Makes a network that is not part of the stack."""
    ec2 = deployment.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24", AvailabilityZone="eu-central-1a")["Subnet"]
    return {"network": "existing", "subnetIds[0]": subnet["SubnetId"]}


@pytest.fixture(scope="module")
def arriving() -> Iterator[Deployment]:
    """A deployment in which uploads start runs, outputs are only reports, and tasks have public addresses."""
    settings = {"trigger": "arrival", "quietSeconds": str(QUIET_SECONDS), "cleanBucket": "false", "network": "public"}
    with deployed({**SETTINGS, **settings}, time_scale=0.05) as made:
        yield made


@pytest.fixture(scope="module")
def planning() -> Iterator[Deployment]:
    """A deployment in which a task plans, in an existing network; uploads and the schedule start runs."""
    settings = {"trigger": "both", "quietSeconds": str(QUIET_SECONDS), "planner": "task"}
    with deployed({**SETTINGS, **settings}, time_scale=0.05, before=existing_network) as made:
        yield made


def executions(deployment: Deployment) -> list[dict[str, Any]]:
    """Returns all executions, the oldest first."""
    functions, machine = deployment.client("stepfunctions"), deployment.outputs["stateMachineArn"]
    listed = functions.list_executions(stateMachineArn=machine)["executions"]
    return sorted(listed, key=lambda execution: execution["startDate"])


def with_work(deployment: Deployment) -> list[dict[str, Any]]:
    """Waits until all executions have ended; returns those that had something to do."""
    done = [wait_for_end(deployment, execution["executionArn"]) for execution in executions(deployment)]
    return [execution for execution in done if files_of(execution) > 0]


def files_of(execution: dict[str, Any]) -> int:
    """Returns the number of files that a run has checked. The output of a run without work is its plan."""
    files = json.loads(execution["output"])["files"]
    return files if isinstance(files, int) else files["total"]


def test_an_upload_starts_a_run_that_leaves_reports_only(arriving: Deployment) -> None:
    assert "cleanBucket" not in arriving.outputs
    begun, events = time.monotonic(), Events(arriving)
    put(arriving, {"one/incoming/a.csv": ROWS, "one/incoming/bad.csv": b"a,b\n1\n"})
    wait_for("the files are checked", lambda: len(ledger(arriving, "one/")) == 2)
    assert time.monotonic() - begun < QUIET_SECONDS + 60
    (execution,) = with_work(arriving)
    assert execution["status"] == "SUCCEEDED", execution
    assert execution["name"].startswith("arrival-") and json.loads(execution["input"]) == {}
    assert statuses(events.of_prefixes(execution)) == {"one": "SUCCEEDED"}
    left = keys(arriving, arriving.outputs["sourceBucket"])
    assert [key for key in left if "/clean/" in key or "/rejects/" in key] == []
    for body in ledger(arriving, "one/").values():
        assert json.loads(body)["outputs"] == {"clean": None, "rejects": None, "parquet": None}


def test_uploads_of_a_minute_start_one_run(arriving: Deployment) -> None:
    known = len(with_work(arriving))
    files: Files = {f"many/{number % 40}/incoming/{number}.csv": ROWS for number in range(UPLOADS)}
    put(arriving, files)
    wait_for("the files are checked", lambda: len(keys_of_ledger(arriving)) == UPLOADS, seconds=240)
    (execution,) = with_work(arriving)[known:]
    assert files_of(execution) == UPLOADS


def test_messages_that_come_back_start_no_run_for_what_a_run_has_listed(arriving: Deployment) -> None:
    begun = executions(arriving)
    slot = int(begun[-1]["name"].removeprefix("arrival-"))
    # A message that was sent in the slot before that of the last run, and is shown once more when its slot is over.
    wait_for("the slot of the run is over", lambda: time.time() // QUIET_SECONDS > slot)
    sent = {"SentTimestamp": str((slot * QUIET_SECONDS - 1) * 1000)}
    event = {"Records": [{"messageId": "1", "attributes": sent, "body": "{}"}]}
    functions = arriving.client("lambda")
    [name] = [
        f["FunctionName"] for f in functions.list_functions()["Functions"] if f["FunctionName"].endswith("-arrival")
    ]
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    assert json.load(answer["Payload"]) == {"batchItemFailures": []}
    assert [execution["name"] for execution in executions(arriving)] == [execution["name"] for execution in begun]


def keys_of_ledger(deployment: Deployment) -> list[str]:
    return keys(deployment, deployment.outputs["sourceBucket"], "_sluice/ledger/many/")


def test_a_task_plans_in_a_network_that_was_there(planning: Deployment) -> None:
    events = Events(planning)
    put(planning, {"planned/incoming/a.csv": ROWS})
    execution = run_to_end(planning, {"prefixes": ["planned"]})
    assert execution["status"] == "SUCCEEDED", execution
    assert statuses(events.of_prefixes(execution)) == {"planned": "SUCCEEDED"}
    assert objects(planning, planning.outputs["cleanBucket"]) == {"planned/clean/a.csv": ROWS}
    assert files_of(run_to_end(planning, {})) == 0


def test_a_task_leaves_to_a_run_under_way_what_that_has_planned(planning: Deployment) -> None:
    put(planning, {f"meanwhile/incoming/{name}.csv": ROWS for name in "ab"})
    source = planning.outputs["sourceBucket"]
    with planning.fault("GET", source, "meanwhile/incoming/a.csv", times=1) as fault:
        first = start(planning, {})
        wait_for("a worker reads", fault.met)
        assert files_of(run_to_end(planning, {})) == 0
    assert files_of(wait_for_end(planning, first)) == 2


def test_a_request_that_a_task_does_not_understand_fails_as_it_does_in_a_function(planning: Deployment) -> None:
    execution = run_to_end(planning, {"prefix": ["planned"]})
    assert (execution["status"], execution["error"]) == ("FAILED", "Sluice.BadRequest"), execution
