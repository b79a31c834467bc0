"""A deployment from its first day to its last: settings that change, a refresh, the end, and a new beginning.

Each test continues from the state that the test before it left.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from deployment import STACK, Deployment, deployed
from usage import Events, keys, output_files, put, run_to_end, wait_for, wait_for_end

FILE = {"first/incoming/a.csv": b"id\n1\n"}
# The time from the call of `up` to the first start of the schedule: longer than `up` takes.
SOON = timedelta(seconds=20)


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    settings = {"protectData": "true", "scheduleEnabled": "false", "architecture": "amd64"}
    with deployed(settings, time_scale=0.05) as made:
        yield made


def changed_by_up(deployment: Deployment, settings: dict[str, str]) -> list[tuple[str, str]]:
    """Deploys with these settings; returns the changes that the provider makes."""
    before = len(deployment.changes())
    deployment.configure(settings)
    deployment.up()
    return deployment.changes()[before:]


def existing_resources(deployment: Deployment) -> dict[str, list[str]]:
    """Returns the resources that exist, without buckets."""

    def all_of(service: str, operation: str, member: str, **arguments: str) -> list[str]:
        pages = deployment.client(service).get_paginator(operation).paginate(**arguments)
        return [json.dumps(entry, default=str) for page in pages for entry in page.get(member, [])]

    there = {
        "alarms": all_of("cloudwatch", "describe_alarms", "MetricAlarms"),
        "clusters": all_of("ecs", "list_clusters", "clusterArns"),
        "dashboards": all_of("cloudwatch", "list_dashboards", "DashboardEntries"),
        "functions": all_of("lambda", "list_functions", "Functions"),
        "log groups": all_of("logs", "describe_log_groups", "logGroups", logGroupNamePrefix="/sluice"),
        "machines": all_of("stepfunctions", "list_state_machines", "stateMachines"),
        "queues": all_of("sqs", "list_queues", "QueueUrls"),
        "roles": all_of("iam", "list_roles", "Roles"),
        "schedules": all_of("scheduler", "list_schedules", "Schedules"),
        "topics": all_of("sns", "list_topics", "Topics"),
        "VPCs": [entry for entry in all_of("ec2", "describe_vpcs", "Vpcs") if '"IsDefault": true' not in entry],
    }
    return {what: found for what, found in there.items() if found}


def test_a_new_deployment_has_nothing_to_do_and_says_so(deployment: Deployment) -> None:
    events = Events(deployment)
    execution = run_to_end(deployment, {})
    assert execution["status"] == "SUCCEEDED", execution
    assert events.of_run(execution)["files"]["total"] == 0
    assert events.of_prefixes(execution) == {}


def test_an_up_without_a_change_changes_nothing(deployment: Deployment) -> None:
    deployment.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", STACK)


def test_a_schedule_is_changed_alone_and_starts_a_run_over_what_is_new(deployment: Deployment) -> None:
    put(deployment, FILE)
    at = datetime.now(UTC) + SOON
    settings = {"schedule": f"at({at:%Y-%m-%dT%H:%M:%S})", "scheduleEnabled": "true"}
    assert changed_by_up(deployment, settings) == [("update", "schedule")]
    assert datetime.now(UTC) < at, "up has taken too long for the schedule"

    functions, machine = deployment.client("stepfunctions"), deployment.outputs["stateMachineArn"]
    known = {entry["executionArn"] for entry in functions.list_executions(stateMachineArn=machine)["executions"]}

    def started() -> str | None:
        listed = functions.list_executions(stateMachineArn=machine)["executions"]
        return next((entry["executionArn"] for entry in listed if entry["executionArn"] not in known), None)

    execution = wait_for_end(deployment, wait_for("the schedule starts a run", started))
    assert execution["status"] == "SUCCEEDED", execution
    assert output_files(deployment) == {"first/clean/a.csv": b"id\n1\n"}


def test_another_size_of_the_tasks_changes_what_knows_it_and_nothing_else(deployment: Deployment) -> None:
    changed = changed_by_up(deployment, {"memory": "4096"})
    # The planner has the sizes of tasks; the state machine names the revision, and the version of the function.
    replaced = [("create", "task-definition"), ("delete", "task-definition")]
    assert sorted(changed) == [*replaced, ("update", "pipeline"), ("update", "plan")]


def test_a_run_after_the_change_works_with_it(deployment: Deployment) -> None:
    put(deployment, {"second/incoming/a.csv": b"id\n1\n"})
    execution = run_to_end(deployment, {"prefixes": ["second"]})
    assert execution["status"] == "SUCCEEDED", execution
    ecs = deployment.client("ecs")
    (cluster,) = ecs.list_clusters()["clusterArns"]

    def sizes() -> list[str] | None:
        # A worker reports that it is done, and ends a moment later.
        arns = ecs.list_tasks(cluster=cluster, desiredStatus="STOPPED")["taskArns"]
        tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if len(arns) == 2 else []
        return [task["memory"] for task in sorted(tasks, key=lambda task: task["createdAt"])] or None

    assert wait_for("both tasks have ended", sizes) == ["2048", "4096"]


def test_a_refresh_finds_all_as_it_was_left(deployment: Deployment) -> None:
    deployment.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes", "--stack", STACK)
    deployment.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", STACK)


def test_destroy_removes_everything_but_the_data(deployment: Deployment) -> None:
    buckets = [deployment.outputs["sourceBucket"], deployment.outputs["cleanBucket"]]
    before = {bucket: keys(deployment, bucket) for bucket in buckets}
    assert all(before.values())
    there = existing_resources(deployment)
    assert {"clusters", "functions", "machines", "roles", "schedules"} <= there.keys()

    deployment.pulumi("destroy", "--yes", "--skip-preview", "--stack", STACK)
    left = existing_resources(deployment)
    # The test itself made these.
    assert left.keys() == {"queues"} and all("/results" in queue for queue in left["queues"]), left
    assert {bucket: keys(deployment, bucket) for bucket in buckets} == before


def test_a_name_that_is_taken_is_an_error_that_names_it(deployment: Deployment) -> None:
    taken = {"status": 409, "code": "BucketAlreadyExists"}
    with deployment.fault("PUT", "sluice-dev-clean-*", **taken), pytest.raises(RuntimeError) as caught:
        deployment.up()
    said = str(caught.value)
    assert "BucketAlreadyExists" in said and "aws:s3/bucket:Bucket (clean)" in said, said


def test_a_new_deployment_beside_the_old_data_begins_anew(deployment: Deployment) -> None:
    old = deployment.outputs
    deployment.up()
    assert deployment.outputs["sourceBucket"] != old["sourceBucket"]
    put(deployment, FILE)
    execution = run_to_end(deployment, {})
    assert execution["status"] == "SUCCEEDED", execution
    assert output_files(deployment) == {"first/clean/a.csv": b"id\n1\n"}
    assert keys(deployment, old["cleanBucket"]) == ["first/clean/a.csv", "second/clean/a.csv"]


def test_without_protection_the_data_goes_with_the_rest(deployment: Deployment) -> None:
    buckets = {deployment.outputs["sourceBucket"], deployment.outputs["cleanBucket"]}
    deployment.configure({"protectData": "false"})
    deployment.up()
    deployment.pulumi("destroy", "--yes", "--skip-preview", "--stack", STACK)
    there = {bucket["Name"] for bucket in deployment.client("s3").list_buckets()["Buckets"]}
    assert there and not there & buckets
