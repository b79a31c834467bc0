"""Workers that do not start, or end before their work is done: killed by a file, or out of memory."""

from __future__ import annotations

from attempts import Run, task_environment
from deployment import Deployment
from usage import Events, Files, keys, ledger, output_files, put, run_to_end, start, statuses, wait_for_end

ROWS = b"id\n1\n2\n"


def test_a_file_that_kills_its_worker_costs_itself_only(deployment: Deployment) -> None:
    files: Files = {f"poison/{prefix}/incoming/{name}.csv": ROWS for prefix in "xyz" for name in "abc"}
    poisoned = "poison/y/incoming/b.csv"
    put(deployment, files)
    events = Events(deployment)
    with deployment.fault("GET", deployment.outputs["sourceBucket"], poisoned, kill="SIGKILL"):
        arn = start(deployment, {"prefixes": ["poison/x", "poison/y", "poison/z"]})
        run = Run(deployment, arn)
        execution = wait_for_end(deployment, arn)
    assert (execution["status"], execution["error"]) == ("FAILED", "Sluice.RunFailed"), execution
    told = events.of_prefixes(execution)
    assert statuses(told) == {"poison/x": "SUCCEEDED", "poison/y": "FAILED", "poison/z": "SUCCEEDED"}
    assert poisoned in told["poison/y"]["cause"], told["poison/y"]["cause"]
    assert (told["poison/y"]["files"]["failed"], told["poison/y"]["files"]["clean"]) == (1, 2)
    assert len(ledger(deployment, "poison/")) == 8
    assert set(output_files(deployment, "poison/")) == {
        key.replace("/incoming/", "/clean/") for key in files if key != poisoned
    }
    attempts = run.ended_attempts("poison/y")
    assert len(attempts) == 3, "it dies, dies with a mark, and leaves the file out"
    assert [attempt.exit_code for attempt in attempts] == [137, 137, 0]

    # When the file no longer kills workers, the next run checks the files that are left.
    assert run_to_end(deployment, {"prefixes": ["poison/y"]})["status"] == "SUCCEEDED"
    assert len(ledger(deployment, "poison/")) == 9


def test_a_worker_that_is_out_of_memory_is_followed_by_a_larger_one(deployment: Deployment) -> None:
    put(deployment, {"large/incoming/a.csv": ROWS})
    source = deployment.outputs["sourceBucket"]
    with deployment.fault("GET", source, "large/incoming/a.csv", kill="OutOfMemory", times=1):
        arn = start(deployment, {"prefixes": ["large"]})
        run = Run(deployment, arn)
        execution = wait_for_end(deployment, arn)
    assert execution["status"] == "SUCCEEDED", execution
    first, second = run.ended_tasks("large")
    assert int(second["memory"]) > int(first["memory"]) and int(second["cpu"]) > int(first["cpu"])
    assert [task_environment(task)["SLUICE_ATTEMPT"] for task in (first, second)] == ["0", "1"]
    assert second["capacityProviderName"] == "FARGATE", "on demand from the second attempt on"
    assert keys(deployment, source, "_sluice/open/") == []


def test_launches_that_fail_for_causes_that_pass_are_repeated_as_the_same_attempt(deployment: Deployment) -> None:
    put(deployment, {"patient/incoming/a.csv": ROWS})
    # One launch is refused and retried ten times in a row; then it is launched anew, and three tasks get no interface.
    deployment.fail_launches(throttled=11, unprovisioned=3)
    arn = start(deployment, {"prefixes": ["patient"]})
    run = Run(deployment, arn)
    execution = wait_for_end(deployment, arn)
    assert execution["status"] == "SUCCEEDED", execution
    assert deployment.launches_to_fail() == {"throttled": 0, "unprovisioned": 0}
    *unstarted, last = run.ended_tasks("patient")
    assert [task["stopCode"] for task in unstarted] == ["TaskFailedToStart"] * 3
    assert {task_environment(task)["SLUICE_ATTEMPT"] for task in (*unstarted, last)} == {"0"}
    assert {task["capacityProviderName"] for task in (*unstarted, last)} == {"FARGATE"}, "on demand after the first"
