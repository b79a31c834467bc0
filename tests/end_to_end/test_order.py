"""Runs that overlap: the newest upload wins in whatever order they finish, and nothing is published twice."""

from __future__ import annotations

import pytest

from deployment import Deployment
from usage import begin, clean, ended, ledger, put, start, wait_for

OLD, NEW = b"id\n1\n", b"id\n2\n3\n"


def test_a_key_that_is_uploaded_again_has_its_clean_file_replaced(deployment: Deployment) -> None:
    for body in (OLD, NEW, OLD):
        put(deployment, {"again/incoming/x.csv": body})
        assert start(deployment, {"prefixes": ["again"]})["status"] == "SUCCEEDED"
        assert clean(deployment, "again/") == {"again/clean/x.csv": body}


def test_a_key_that_is_corrected_has_its_rejects_taken_away(deployment: Deployment) -> None:
    put(deployment, {"corrected/incoming/x.csv": b"id,name\n1\n2,b\n"})
    assert start(deployment, {"prefixes": ["corrected"]})["status"] == "SUCCEEDED"
    assert set(clean(deployment, "corrected/")) == {"corrected/clean/x.csv", "corrected/rejects/x.csv.jsonl"}
    put(deployment, {"corrected/incoming/x.csv": b"id,name\n1,a\n2,b\n"})
    assert start(deployment, {"prefixes": ["corrected"]})["status"] == "SUCCEEDED"
    assert clean(deployment, "corrected/") == {"corrected/clean/x.csv": b"id,name\n1,a\n2,b\n"}


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
