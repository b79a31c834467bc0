"""The pipeline's own state machine, with stand-ins for planner, worker and publisher."""

from __future__ import annotations

import pytest

from conftest import Emulator
from pipeline import Pipeline, definition, deploy, task_environment

BEHAVIOURS = {
    "1": "fail",
    "2": "interrupted_once",
    "3": "die_once",
    "4": "late",
    "5": "die_twice",
    "6": "out_of_memory_once",
    "7": "silent_once",
}


@pytest.fixture(scope="module")
def template() -> str:
    return definition()


@pytest.fixture(scope="module")
def good(emulator: Emulator, template: str) -> Pipeline:
    """A pipeline whose workers all succeed."""
    return deploy(emulator, template)


@pytest.fixture(scope="module")
def faulty(emulator: Emulator, template: str) -> Pipeline:
    """A pipeline whose workers fail in every way."""
    return deploy(emulator, template, BEHAVIOURS)


def test_run_succeeds_when_all_tasks_do(good: Pipeline) -> None:
    execution = good.run({"tasks": 6})
    assert execution["status"] == "SUCCEEDED", execution
    assert good.event(execution)["status"] == "SUCCEEDED"
    assert all(len(good.attempts(execution, task)) == 1 for task in range(6))


def test_nothing_to_do_succeeds_and_says_so(good: Pipeline) -> None:
    execution = good.run({})
    assert execution["status"] == "SUCCEEDED", execution
    event = good.event(execution)
    assert (event["status"], event["files"]["total"]) == ("SUCCEEDED", 0)


def test_plan_that_fails_ends_in_its_error_after_the_event(good: Pipeline) -> None:
    execution = good.run({"refuse": "prefixes is not a list"})
    assert (execution["status"], execution["error"]) == ("FAILED", "Sluice.BadRequest")
    event = good.event(execution)
    assert event["status"] == "FAILED"
    assert "prefixes is not a list" in event["cause"]


def test_items_that_cannot_be_read_reach_the_publisher(good: Pipeline) -> None:
    execution = good.run({"tasks": 1, "forget": True})
    assert (execution["status"], execution["error"]) == ("FAILED", "Sluice.RunFailed")
    assert good.event(execution)["failure"]["error"] == "States.ItemReaderFailed"


def test_every_failure_stays_with_its_task(faulty: Pipeline) -> None:
    execution = faulty.run({"tasks": 8})
    assert (execution["status"], execution["error"]) == ("FAILED", "Sluice.RunFailed"), execution
    event = faulty.event(execution)

    failures = {failure["task"]: failure for failure in event["failures"]}
    assert failures.keys() == {1}
    assert (failures[1]["error"], failures[1]["cause"]) == ("Sluice.BadFile", "task 1 cannot be read")

    interrupted = faulty.attempts(execution, 2)
    assert interrupted[0] == "interrupted" and interrupted[1].startswith("token ")

    first, second = faulty.attempts(execution, 3)
    assert first.removeprefix("died with token ") != second.removeprefix("token ")

    assert faulty.attempts(execution, 4)[0] == "TaskTimedOut"

    assert len(set(faulty.attempts(execution, 5))) == 3, "a token for each"
    numbers = [task_environment(task)["SLUICE_ATTEMPT"] for task in faulty.tasks(execution, 5)]
    assert numbers == ["0", "1", "2"]

    sizes = [(task["cpu"], task["memory"]) for task in faulty.tasks(execution, 6)]
    assert sizes == [("256", "512"), ("512", "1024")], "out of memory goes to the next size"

    silent = faulty.tasks(execution, 7)[0]
    assert faulty.attempts(execution, 7)[0] == silent["taskArn"]
    assert (silent["desiredStatus"], silent["stopCode"]) == ("STOPPED", "UserInitiated")
    assert silent["stoppedReason"] == "Sluice: nothing was heard of it"


def test_what_workers_write_is_in_their_log_group(good: Pipeline) -> None:
    execution = good.run({"tasks": 1})
    assert execution["status"] == "SUCCEEDED"
    assert any('"task": "0"' in line for line in good.log_lines())
