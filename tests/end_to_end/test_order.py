"""Runs that overlap: the newest upload wins in whatever order they finish, and nothing is published twice."""

from __future__ import annotations

import json

import pytest

from deployment import Deployment
from usage import ledger, output_files, put, run_to_end, start, wait_for, wait_for_end

OLD, NEW = b"id\n1\n", b"id\n2\n3\n"


def test_a_key_that_is_uploaded_again_has_its_clean_file_replaced(deployment: Deployment) -> None:
    for body in (OLD, NEW, OLD):
        put(deployment, {"again/incoming/x.csv": body})
        assert run_to_end(deployment, {"prefixes": ["again"]})["status"] == "SUCCEEDED"
        assert output_files(deployment, "again/") == {"again/clean/x.csv": body}


def test_a_key_that_is_corrected_has_its_rejects_taken_away(deployment: Deployment) -> None:
    put(deployment, {"corrected/incoming/x.csv": b"id,name\n1\n2,b\n"})
    assert run_to_end(deployment, {"prefixes": ["corrected"]})["status"] == "SUCCEEDED"
    assert set(output_files(deployment, "corrected/")) == {"corrected/clean/x.csv", "corrected/rejects/x.csv.jsonl"}
    put(deployment, {"corrected/incoming/x.csv": b"id,name\n1,a\n2,b\n"})
    assert run_to_end(deployment, {"prefixes": ["corrected"]})["status"] == "SUCCEEDED"
    assert output_files(deployment, "corrected/") == {"corrected/clean/x.csv": b"id,name\n1,a\n2,b\n"}


@pytest.mark.parametrize("held", ["reading", "publishing"])
def test_a_run_over_the_older_upload_that_ends_last_leaves_the_newer_one(deployment: Deployment, held: str) -> None:
    file, published = f"{held}/incoming/x.csv", f"{held}/clean/x.csv"
    source, target = deployment.outputs["sourceBucket"], deployment.outputs["cleanBucket"]
    where = {"reading": ("GET", source, file), "publishing": ("PUT", target, published)}
    put(deployment, {file: OLD})
    with deployment.fault(*where[held], times=1) as fault:
        older = start(deployment, {"prefixes": [held]})
        wait_for("the worker of the older upload is held", fault.met)
        put(deployment, {file: NEW})
        newer = run_to_end(deployment, {"prefixes": [held]})
        assert newer["status"] == "SUCCEEDED", newer
        assert output_files(deployment, f"{held}/") == {published: NEW}
    last = wait_for_end(deployment, older)
    assert last["status"] == "SUCCEEDED", "that a sender replaces a file is no failure of the run"
    summary = json.loads(last["output"])
    assert (summary["status"], summary["files"]["failed"]) == ("PARTIAL", 1), summary
    assert file in summary["cause"], summary
    assert output_files(deployment, f"{held}/") == {published: NEW}
    assert len(ledger(deployment, f"{held}/")) == 1, "only what was published has a record"
