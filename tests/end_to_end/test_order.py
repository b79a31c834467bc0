"""Runs that meet: the newest upload wins whatever order they finish in, and nothing comes out twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployment import Deployment
from usage import Events, Files, begin, clean, ended, in_folder, ledger, put, records, start, versions, wait_for

OLD, NEW = b"id\n1\n", b"id\n2\n3\n"


def test_a_key_that_is_uploaded_again_has_its_clean_file_replaced(deployment: Deployment) -> None:
    for body in (OLD, NEW, OLD):
        put(deployment, {"again/incoming/x.csv": body})
        assert start(deployment, {"prefixes": ["again"]})["status"] == "SUCCEEDED"
        assert clean(deployment, "again/") == {"again/clean/x.csv": body}


@pytest.mark.parametrize("held", ["reading", "publishing"])
def test_a_run_over_the_older_upload_that_ends_last_leaves_the_newer_one(deployment: Deployment, held: str) -> None:
    file, published = f"{held}/incoming/x.csv", f"{held}/clean/x.csv"
    source, target = deployment.outputs["sourceBucket"], deployment.outputs["cleanBucket"]
    where = {"reading": ("GET", source, file), "publishing": ("PUT", target, published)}
    put(deployment, {file: OLD})
    with deployment.fault(*where[held], times=1) as fault:
        older = begin(deployment, {"prefixes": [held]})
        wait_for("the worker of the older upload is held", fault.met)
        put(deployment, {file: NEW})
        newer = start(deployment, {"prefixes": [held]})
        assert newer["status"] == "SUCCEEDED", newer
        assert clean(deployment, f"{held}/") == {published: NEW}
    last = ended(deployment, older)
    assert last["status"] == "FAILED" and file in last["cause"], last
    assert clean(deployment, f"{held}/") == {published: NEW}
    assert len(ledger(deployment, f"{held}/")) == 1, "only what was published has a record"


def test_two_runs_at_once_over_the_same_files_end_as_one(deployment: Deployment, tmp_path: Path) -> None:
    rows = b"id,name\n" + b"".join(b"%d,%d\n" % (row, row) for row in range(500)) + b"7\n"
    files: Files = {f"twice/incoming/{number:02}.csv": rows for number in range(20)}
    put(deployment, files)
    events = Events(deployment)
    with deployment.fault("GET", deployment.outputs["sourceBucket"], "twice/incoming/00.csv") as fault:
        both = [begin(deployment, {"prefixes": ["twice"]}) for _run in range(2)]
        wait_for("both read the same file", lambda: fault.met() == 2)
    executions = [ended(deployment, arn) for arn in both]
    assert [execution["status"] for execution in executions] == ["SUCCEEDED", "SUCCEEDED"]
    # Each says of its files what became of them, whoever it was that checked them.
    details = [events.of_prefixes(execution)["twice"] for execution in executions]
    assert [detail["files"]["accepted"] for detail in details] == [20, 20]
    assert details[0]["rows"] == details[1]["rows"]

    expected, expected_records = in_folder(tmp_path, files)
    assert clean(deployment, "twice/") == expected
    assert records(ledger(deployment, "twice/").values()) == expected_records
    written = versions(deployment, deployment.outputs["sourceBucket"], "_sluice/ledger/twice/")
    assert len(written) == 20 and set(written.values()) == {1}, "each file is done once"
