"""Workers that die, freeze, are stopped or cannot read: all in one run, each in a prefix of its own."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from attempts import Attempt, Run
from conftest import SETTINGS
from deployment import Deployment, Fault, deployed
from usage import (
    Detail,
    Events,
    Files,
    comparable_records,
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

ROWS = b"id,name\n" + b"".join(b"%d,%d\n" % (row, row) for row in range(2000)) + b"7\n"
# What happens to the worker of each prefix; the last two happen at a later request, or at once.
UNREADABLE, DIES_ONCE, FROZEN, STOPPED, FLAKY, FINE = PREFIXES = [
    f"drill/{name}" for name in ("unreadable", "dies-once", "frozen", "stopped", "flaky", "fine")
]
FAILED = {UNREADABLE}
FILES: Files = {f"{prefix}/incoming/{name}.csv": ROWS for prefix in PREFIXES for name in "ab"}


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    """A deployment with one task for each prefix."""
    with deployed({**SETTINGS, "taskFiles": "2"}, time_scale=0.05) as made:
        yield made


def key(prefix: str) -> str:
    """Returns the key of the file of a prefix that has a fault; the other file of the prefix has none."""
    return f"{prefix}/incoming/b.csv"


@dataclass
class Drill:
    """The outcome of the run."""

    run: Run
    execution: dict[str, Any]
    details: dict[str, Detail]
    of_run: Detail
    attempts: dict[str, list[Attempt]]
    # What was written for the prefix of the frozen worker by the time when it had ended.
    after_the_frozen: dict[str, int]


@pytest.fixture(scope="module")
def drill(deployment: Deployment) -> Drill:
    put(deployment, FILES)
    events = Events(deployment)
    source, target = deployment.outputs["sourceBucket"], deployment.outputs["cleanBucket"]
    with (
        deployment.fault("GET", source, key(UNREADABLE), status=403, code="AccessDenied"),
        deployment.fault("GET", source, key(FLAKY), status=500, code="InternalError", times=2),
        deployment.fault("GET", source, key(DIES_ONCE), times=1) as dies_once,
        deployment.fault("GET", source, key(FROZEN), times=1) as frozen,
        deployment.fault("GET", source, key(STOPPED), times=1) as stopped,
    ):
        execution = start(deployment, {"prefixes": PREFIXES})
        run = Run(deployment, execution)

        def hold(prefix: str, fault: Fault) -> None:
            """Waits until the worker of a prefix is held, and has completed its other file."""
            wait_for(f"the worker of {prefix} reads", fault.met)
            wait_for("its other file is done", lambda: ledger(deployment, f"{prefix}/"))

        hold(FROZEN, frozen)
        first = run.running_attempt(FROZEN, 1)
        first.signal(signal.SIGSTOP)

        hold(DIES_ONCE, dies_once)
        run.running_attempt(DIES_ONCE, 1).signal(signal.SIGKILL)

        hold(STOPPED, stopped)
        run.interrupt_spot(run.running_attempt(STOPPED, 1))
        stopped.remove()

        # Another worker does the work of the frozen one, which is stopped when its heartbeat is missed.
        wait_for("the file of the frozen worker is done", lambda: len(ledger(deployment, f"{FROZEN}/")) == 2)
        frozen.remove()
        first.signal(signal.SIGCONT)
        wait_for("the frozen worker ends", lambda: run.attempts(FROZEN)[0].status == "STOPPED")
        after_the_frozen = write_counts(deployment, target, f"{FROZEN}/")

        of_execution = wait_for_end(deployment, execution)
    return Drill(
        run,
        of_execution,
        events.of_prefixes(of_execution),
        events.of_run(of_execution),
        {prefix: run.ended_attempts(prefix) for prefix in PREFIXES},
        after_the_frozen,
    )


def test_every_failure_stays_with_its_prefix(drill: Drill) -> None:
    assert statuses(drill.details) == {p: "FAILED" if p in FAILED else "SUCCEEDED" for p in PREFIXES}


def test_the_run_fails_after_its_events(drill: Drill) -> None:
    assert (drill.execution["status"], drill.execution["error"]) == ("FAILED", "Sluice.RunFailed")
    assert drill.of_run["status"] == "FAILED"


def test_a_file_that_cannot_be_read_is_named_and_the_other_one_is_done(drill: Drill) -> None:
    detail = drill.details[UNREADABLE]
    assert key(UNREADABLE) in detail["cause"] and "AccessDenied" in detail["cause"], detail["cause"]
    assert (detail["files"]["failed"], detail["files"]["accepted"]) == (1, 1)


def test_a_worker_that_dies_is_followed_by_another_at_once(drill: Drill) -> None:
    first, second = drill.attempts[DIES_ONCE]
    assert (first.exit_code, second.exit_code) == (128 + signal.SIGKILL, 0)


@pytest.mark.parametrize("prefix", [DIES_ONCE, FROZEN, STOPPED])
def test_the_next_attempt_has_a_token_of_its_own_and_does_the_work(drill: Drill, prefix: str) -> None:
    first, second = drill.attempts[prefix]
    assert first.token != second.token
    assert drill.run.ending(second) == "Done"
    assert drill.details[prefix]["files"]["accepted"] == 2


def test_errors_of_the_storage_that_pass_do_not_cost_an_attempt(drill: Drill) -> None:
    assert len(drill.attempts[FLAKY]) == 1


def test_a_worker_of_which_nothing_is_heard_is_stopped(drill: Drill) -> None:
    frozen = drill.run.tasks(FROZEN)[0]
    assert (frozen["stopCode"], frozen["stoppedReason"]) == ("UserInitiated", "Sluice: nothing was heard of it")


def test_a_worker_that_was_frozen_publishes_nothing_when_it_goes_on(drill: Drill) -> None:
    # Each object was written once: by the attempt that took over.
    assert drill.after_the_frozen and set(drill.after_the_frozen.values()) == {1}


def test_a_worker_that_spot_takes_away_says_so(drill: Drill) -> None:
    assert "Sluice.Interrupted" in drill.run.ending(drill.attempts[STOPPED][0])


@pytest.mark.parametrize("prefix", [DIES_ONCE, FROZEN, STOPPED])
def test_nothing_is_published_twice(deployment: Deployment, drill: Drill, prefix: str) -> None:
    source, target = deployment.outputs["sourceBucket"], deployment.outputs["cleanBucket"]
    written = write_counts(deployment, target, f"{prefix}/") | write_counts(
        deployment, source, f"_sluice/ledger/{prefix}/"
    )
    assert len(written) == 6 and set(written.values()) == {1}, written


def test_what_was_interrupted_comes_out_as_if_nothing_had_been(
    deployment: Deployment, drill: Drill, tmp_path: Path
) -> None:
    undisturbed = {name: body for name, body in FILES.items() if name.split("/incoming/")[0] not in FAILED}
    expected, expected_records = run_in_folder(tmp_path, undisturbed)
    for prefix in set(PREFIXES) - FAILED:
        of_prefix = {name: body for name, body in expected.items() if name.startswith(f"{prefix}/")}
        assert output_files(deployment, f"{prefix}/") == of_prefix
        for name, record in comparable_records(ledger(deployment, f"{prefix}/").values()).items():
            assert record == expected_records[name]


def test_the_next_run_does_what_was_left(deployment: Deployment, drill: Drill, tmp_path: Path) -> None:
    left = run_to_end(deployment, {"prefixes": sorted(FAILED)})
    assert left["status"] == "SUCCEEDED", left
    expected, expected_records = run_in_folder(tmp_path, FILES)
    assert output_files(deployment, "drill/") == expected
    assert comparable_records(ledger(deployment, "drill/").values()) == expected_records
    assert keys(deployment, deployment.outputs["sourceBucket"], "drill/") == sorted(FILES)
