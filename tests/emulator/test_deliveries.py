"""Events reach their targets: those of objects and tasks through EventBridge, messages of queues through Lambda."""

from __future__ import annotations

import json
import urllib.request
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from conftest import Emulator, eventually, policy
from pipeline import FUNCTIONS_IMAGE, PROVIDERS, WORKER_IMAGE

EVENTS = {"Service": "events.amazonaws.com"}


class Site:
    """A bucket, a function that stores its events in the bucket, and resources that a test adds."""

    def __init__(self, emulator: Emulator, **environment: str) -> None:
        self.emulator = emulator
        self.name = f"site-{uuid.uuid4().hex[:8]}"
        self.role = emulator.role(self.name)
        self.s3, self.sqs, self.events = (emulator.client(name) for name in ("s3", "sqs", "events"))
        self.lambda_ = emulator.client("lambda")
        self.s3.create_bucket(Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": emulator.region})
        self.function = self.lambda_.create_function(
            FunctionName=self.name,
            PackageType="Image",
            Code={"ImageUri": FUNCTIONS_IMAGE},
            ImageConfig={"Command": ["note"]},
            Role=self.role,
            Timeout=30,
            Environment={"Variables": {"BUCKET": self.name, **environment}},
        )["FunctionArn"]

    def notes(self) -> list[dict[str, Any]]:
        """Returns the events that the function got, in order."""
        listed = self.s3.list_objects_v2(Bucket=self.name, Prefix="notes/").get("Contents", [])
        return [json.load(self.s3.get_object(Bucket=self.name, Key=entry["Key"])["Body"]) for entry in listed]

    def queue(self, **attributes: str) -> str:
        """Makes a queue that EventBridge may write to; returns its ARN."""
        self.url = self.sqs.create_queue(QueueName=self.name, Attributes=attributes)["QueueUrl"]
        arn = f"arn:aws:sqs:{self.emulator.region}:{self.emulator.account}:{self.name}"
        may = {"Effect": "Allow", "Principal": EVENTS, "Action": "sqs:SendMessage", "Resource": arn}
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy(may)})
        return arn

    def rule(self, pattern: dict[str, Any], target: str) -> str:
        """Makes a rule; returns its ARN."""
        arn = self.events.put_rule(Name=self.name, EventPattern=json.dumps(pattern))["RuleArn"]
        self.events.put_targets(Rule=self.name, Targets=[{"Id": "target", "Arn": target}])
        return arn

    def map(self, queue: str, **settings: Any) -> None:
        self.lambda_.create_event_source_mapping(EventSourceArn=queue, FunctionName=self.name, **settings)


def test_uploads_reach_a_function_in_one_batch_that_is_late(emulator: Emulator) -> None:
    site = Site(emulator, FAIL_FIRST="yes")
    queue = site.queue(DelaySeconds="2", VisibilityTimeout="100")
    key = {"key": [{"anything-but": {"prefix": "notes/"}}]}
    site.rule({"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": {"object": key}}, queue)
    site.s3.put_bucket_notification_configuration(
        Bucket=site.name, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    batch = {"BatchSize": 10_000, "MaximumBatchingWindowInSeconds": 20}
    site.map(queue, FunctionResponseTypes=["ReportBatchItemFailures"], **batch)
    for number in range(40):
        site.s3.put_object(Bucket=site.name, Key=f"a/incoming/{number}.csv", Body=b"x")
    asked = site.sqs.get_queue_attributes(QueueUrl=site.url, AttributeNames=["All"])["Attributes"]
    assert int(asked["ApproximateNumberOfMessagesDelayed"]) == 40
    assert site.notes() == []

    # The function refused the whole first batch, so it comes again.
    first, second = eventually(lambda: found if len(found := site.notes()) == 2 else None)
    keys = [json.loads(record["body"])["detail"]["object"]["key"] for record in first["Records"]]
    assert sorted(keys) == sorted(f"a/incoming/{number}.csv" for number in range(40))
    assert {record["attributes"]["ApproximateReceiveCount"] for record in second["Records"]} == {"2"}
    assert {r["messageId"] for r in first["Records"]} == {r["messageId"] for r in second["Records"]}


@pytest.mark.parametrize(
    ("attributes", "settings", "reason"),
    [
        ({"VisibilityTimeout": "30"}, {"BatchSize": 11}, "Maximum batch window"),
        ({"VisibilityTimeout": "29"}, {}, "less than Function timeout"),
    ],
)
def test_mapping_that_lambda_refuses(
    emulator: Emulator, attributes: dict[str, str], settings: dict[str, Any], reason: str
) -> None:
    site = Site(emulator)
    with pytest.raises(ClientError, match=reason):
        site.map(site.queue(**attributes), **settings)


def test_mapping_needs_a_role_that_may_read_the_queue(emulator: Emulator) -> None:
    site = Site(emulator)
    may = {"Effect": "Allow", "Action": ["s3:*", "sqs:ReceiveMessage"], "Resource": "*"}
    emulator.client("iam").put_role_policy(RoleName=site.name, PolicyName=site.name, PolicyDocument=policy(may))
    with pytest.raises(ClientError, match="does not have permissions to call DeleteMessage"):
        site.map(site.queue())


class Tasks:
    """Tasks whose state changes are sent to a function."""

    def __init__(self, emulator: Emulator) -> None:
        self.site = site = Site(emulator)
        self._ecs = emulator.client("ecs")
        self.cluster = self._ecs.create_cluster(clusterName=site.name, capacityProviders=PROVIDERS)["cluster"]
        behaviours = json.dumps({"0": "ignore_sigterm", "1": "die"})
        self._ecs.register_task_definition(
            family=site.name,
            cpu="256",
            memory="512",
            executionRoleArn=site.role,
            taskRoleArn=site.role,
            containerDefinitions=[
                {
                    "name": "worker",
                    "image": WORKER_IMAGE,
                    "stopTimeout": 2,
                    "environment": [
                        {"name": "BUCKET", "value": site.name},
                        {"name": "BEHAVIOURS", "value": behaviours},
                    ],
                }
            ],
        )
        pattern = {"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"]}
        detail = {"clusterArn": [self.cluster["clusterArn"]], "lastStatus": ["STOPPED"]}
        rule = site.rule({**pattern, "detail": detail}, site.function)
        site.lambda_.add_permission(
            FunctionName=site.name,
            StatementId="events",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=rule,
        )

    def run(self, task: str, **overrides: Any) -> str:
        """Starts a task; returns its id."""
        variables = {"SLUICE_RUN": "run", "SLUICE_TASK": task, "SLUICE_TASK_TOKEN": "token"}
        environment = [{"name": name, "value": value} for name, value in variables.items()]
        (made,) = self._ecs.run_task(
            cluster=self.site.name,
            taskDefinition=self.site.name,
            capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
            overrides={"containerOverrides": [{"name": "worker", "environment": environment}], **overrides},
        )["tasks"]
        return made["taskArn"].rpartition("/")[2]

    def end(self, id_: str, how: str) -> None:
        eventually(lambda: self.site.s3.list_objects_v2(Bucket=self.site.name, Prefix="waiting/")["KeyCount"])
        url = f"{self.site.emulator.endpoint}/_tasks/{id_}"
        body = json.dumps({"end": how}).encode()
        urllib.request.urlopen(urllib.request.Request(url, data=body, method="PUT")).close()

    def wait_for_detail(self) -> dict[str, Any]:
        """Waits for exactly one event and returns its detail."""
        (event,) = eventually(self.site.notes)
        assert (event["source"], event["detail-type"]) == ("aws.ecs", "ECS Task State Change")
        return event["detail"]


def test_task_that_ends_by_itself_is_told_with_its_code_and_its_overrides(emulator: Emulator) -> None:
    tasks = Tasks(emulator)
    tasks.run("1", cpu="512", memory="2048")
    detail = tasks.wait_for_detail()
    assert (detail["stopCode"], detail["stoppedReason"]) == (
        "EssentialContainerExited",
        "Essential container in task exited",
    )
    assert detail["containers"][0]["exitCode"] == 3
    given = detail["overrides"]["containerOverrides"][0]["environment"]
    assert {"name": "SLUICE_TASK_TOKEN", "value": "token"} in given
    assert (detail["cpu"], detail["memory"], detail["lastStatus"]) == ("512", "2048", "STOPPED")
    assert detail["stoppedAt"].startswith("20")


def test_task_without_memory_is_told_as_ecs_does(emulator: Emulator) -> None:
    tasks = Tasks(emulator)
    tasks.end(tasks.run("0"), "OutOfMemory")
    (container,) = tasks.wait_for_detail()["containers"]
    assert container["exitCode"] == 137
    assert container["reason"].startswith("OutOfMemoryError: Container killed due to memory usage")


def test_task_that_spot_takes_away_is_told_as_ecs_does(emulator: Emulator) -> None:
    tasks = Tasks(emulator)
    tasks.end(tasks.run("0"), "SpotInterruption")
    detail = tasks.wait_for_detail()
    assert (detail["stopCode"], detail["stoppedReason"]) == ("SpotInterruption", "Your Spot Task was interrupted.")


def test_event_reaches_a_function_only_when_the_function_lets_the_rule(emulator: Emulator) -> None:
    tasks = Tasks(emulator)
    tasks.site.lambda_.remove_permission(FunctionName=tasks.site.name, StatementId="events")
    tasks.run("1")

    def refused() -> bool:
        report = json.load(urllib.request.urlopen(f"{emulator.endpoint}/_policies/uses"))
        return tasks.site.function in [entry["resource"] for entry in report["refusals"]]

    eventually(refused)
    assert tasks.site.notes() == []
