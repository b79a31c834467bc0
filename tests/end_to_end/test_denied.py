"""A scenario fails without each of these statements: they are needed, and the tests notice if one is missing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import roles
from conftest import SETTINGS
from deployment import Deployment, deployed
from usage import Events, put, run_to_end

ROWS = b"id\n1\n"


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    """A deployment in which calls are meant to be refused."""
    with deployed(SETTINGS, time_scale=0.05, refusals=False) as made:
        yield made


def refusals(deployment: Deployment, actions: set[str]) -> int:
    """Returns how often one of these actions was refused."""
    return sum(entry["count"] for entry in roles.report(deployment)["refusals"] if entry["action"] in actions)


@pytest.mark.parametrize(
    ("statement", "actions"),
    [
        ("plan/ListSource", {"s3:ListBucket"}),
        ("plan/KeepOpenRuns", {"s3:GetObject", "s3:PutObject"}),
        ("worker/ReadSource", {"s3:GetObject"}),
        ("worker/PublishClean", {"s3:GetObject", "s3:PutObject"}),
        ("pipeline/RunTasks", {"ecs:RunTask"}),
        ("pipeline/PassRoles", {"iam:PassRole"}),
        ("endpoint/OurBuckets", {"s3:GetObject", "s3:PutObject"}),
    ],
)
def test_a_statement_that_is_taken_away_is_missed(deployment: Deployment, statement: str, actions: set[str]) -> None:
    prefix = statement.replace("/", "-").lower()
    put(deployment, {f"{prefix}/incoming/a.csv": ROWS})
    roles.ignore_statements(deployment, statement)
    before = refusals(deployment, actions)
    execution = run_to_end(deployment, {"prefixes": [prefix]})
    roles.ignore_statements(deployment)
    assert execution["status"] == "FAILED", execution
    assert refusals(deployment, actions) > before, roles.report(deployment)["refusals"]


def test_a_worker_that_cannot_start_is_known_at_once_and_why(deployment: Deployment) -> None:
    put(deployment, {"unstarted/incoming/a.csv": ROWS})
    events = Events(deployment)
    roles.ignore_statements(deployment, "execution/PullImage")
    execution = run_to_end(deployment, {"prefixes": ["unstarted"]})
    roles.ignore_statements(deployment)
    assert execution["status"] == "FAILED", execution
    detail = events.of_prefixes(execution)["unstarted"]
    assert detail["status"] == "FAILED"
    for word in ("CannotPullContainerError", "ecr:BatchCheckLayerAvailability"):
        assert word in detail["cause"], detail["cause"]


def test_with_all_statements_what_was_refused_is_done(deployment: Deployment) -> None:
    execution = run_to_end(deployment, {})
    assert execution["status"] == "SUCCEEDED", execution
