"""The enforcement of policies, as clients with the credentials of a role see it."""

from __future__ import annotations

import json
import urllib.request
import uuid
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from conftest import Emulator, eventually, policy

BUCKET = "judged"


def allow(action: str | list[str], resource: str | list[str], **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


@pytest.fixture(scope="module")
def bucket(emulator: Emulator) -> str:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": emulator.region})
    for key in ("a/x", "_sluice/ledger/x", "b/x"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"1")
    return BUCKET


class Role:
    """A role with these permissions, assumed by the test."""

    def __init__(self, emulator: Emulator, *statements: dict[str, Any]) -> None:
        self.name = f"role-{uuid.uuid4().hex[:8]}"
        self.arn = emulator.role(self.name, *statements)
        self._emulator = emulator
        assumed = emulator.client("sts").assume_role(RoleArn=self.arn, RoleSessionName="test")["Credentials"]
        self._credentials = {
            "aws_access_key_id": assumed["AccessKeyId"],
            "aws_secret_access_key": assumed["SecretAccessKey"],
            "aws_session_token": assumed["SessionToken"],
        }

    def client(self, service: str) -> Any:
        emulator = self._emulator
        return boto3.client(service, endpoint_url=emulator.endpoint, region_name=emulator.region, **self._credentials)


def refused(call: Any, **arguments: Any) -> dict[str, Any]:
    """Makes a call that has to be refused; returns the answer."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response


def uses(emulator: Emulator) -> dict[str, Any]:
    return json.load(urllib.request.urlopen(f"{emulator.endpoint}/_policies/uses"))


def administer(emulator: Emulator, name: str, body: dict[str, Any]) -> None:
    url = f"{emulator.endpoint}/_policies/{name}"
    urllib.request.urlopen(urllib.request.Request(url, data=json.dumps(body).encode(), method="PUT")).close()


def test_role_does_what_it_may_and_nothing_else(emulator: Emulator, bucket: str) -> None:
    s3 = Role(emulator, allow("s3:GetObject", f"arn:aws:s3:::{bucket}/a/*")).client("s3")
    assert s3.get_object(Bucket=bucket, Key="a/x")["Body"].read() == b"1"
    for call, arguments in [
        (s3.get_object, {"Key": "b/x"}),
        (s3.put_object, {"Key": "a/x", "Body": b"2"}),
        (s3.delete_object, {"Key": "a/x"}),
        (s3.list_objects_v2, {}),
        (s3.create_multipart_upload, {"Key": "a/y"}),
        (s3.get_object, {"Key": "a/x", "VersionId": "null"}),
        (s3.delete_objects, {"Delete": {"Objects": [{"Key": "a/x"}]}}),
        (s3.copy_object, {"Key": "a/z", "CopySource": {"Bucket": bucket, "Key": "a/x"}}),
    ]:
        response = refused(call, Bucket=bucket, **arguments)
        assert response["Error"]["Code"] == "AccessDenied", call
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_message_names_who_what_and_where(emulator: Emulator, bucket: str) -> None:
    role = Role(emulator, allow("s3:ListBucket", f"arn:aws:s3:::{bucket}"))
    message = refused(role.client("s3").get_object, Bucket=bucket, Key="b/x")["Error"]["Message"]
    assert f"assumed-role/{role.name}/test is not authorized to perform: s3:GetObject" in message
    assert f"arn:aws:s3:::{bucket}/b/x because no identity-based policy allows" in message


@pytest.mark.parametrize(("may_list", "code"), [(True, "NoSuchKey"), (False, "AccessDenied")])
def test_missing_object_is_told_only_to_who_may_list(
    emulator: Emulator, bucket: str, may_list: bool, code: str
) -> None:
    statements = [allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*")]
    statements += [allow("s3:ListBucket", f"arn:aws:s3:::{bucket}")] if may_list else []
    s3 = Role(emulator, *statements).client("s3")
    assert refused(s3.get_object, Bucket=bucket, Key="missing")["Error"]["Code"] == code
    assert refused(s3.head_object, Bucket=bucket, Key="missing")["Error"]["Code"] == ("404" if may_list else "403")


def test_replacing_an_object_by_its_etag_reads_it_as_well(emulator: Emulator, bucket: str) -> None:
    s3 = Role(emulator, allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*")).client("s3")
    s3.put_object(Bucket=bucket, Key="a/new", Body=b"1")
    assert refused(s3.put_object, Bucket=bucket, Key="a/new", Body=b"2", IfMatch="x")["Error"]["Code"] == "AccessDenied"


def test_denial_of_the_bucket_wins_over_what_the_role_may(emulator: Emulator, bucket: str) -> None:
    writer, other = (Role(emulator, allow("s3:*", f"arn:aws:s3:::{bucket}/*")) for _role in range(2))
    own = {"Sid": "OwnRecords", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject"}
    own |= {"Resource": f"arn:aws:s3:::{bucket}/_sluice/*"}
    own["Condition"] = {"ArnNotEquals": {"aws:PrincipalArn": [writer.arn]}}
    admin = emulator.client("s3")
    admin.put_bucket_policy(Bucket=bucket, Policy=policy(own))
    try:
        writer.client("s3").put_object(Bucket=bucket, Key="_sluice/x", Body=b"")
        other.client("s3").put_object(Bucket=bucket, Key="a/other", Body=b"")
        response = refused(other.client("s3").put_object, Bucket=bucket, Key="_sluice/x", Body=b"")
        assert "explicit deny in a resource-based policy" in response["Error"]["Message"]
    finally:
        admin.delete_bucket_policy(Bucket=bucket)


def test_bucket_with_a_key_needs_the_key_and_only_through_s3(emulator: Emulator) -> None:
    admin, name = emulator.client("s3"), f"key-{uuid.uuid4().hex[:8]}"
    key = emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
    admin.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": emulator.region})
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rules = [{"ApplyServerSideEncryptionByDefault": default}]
    admin.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
    objects = allow(["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{name}/*")
    via = {"kms:ViaService": f"s3.{emulator.region}.amazonaws.com"}
    writer = Role(emulator, objects, allow("kms:GenerateDataKey", key, StringEquals=via)).client("s3")
    writer.put_object(Bucket=name, Key="a", Body=b"1")
    for call in (writer.get_object, writer.create_multipart_upload):
        assert "kms:Decrypt" in refused(call, Bucket=name, Key="a")["Error"]["Message"]
    elsewhere = {"kms:ViaService": f"sqs.{emulator.region}.amazonaws.com"}
    other = Role(emulator, objects, allow("kms:*", key, StringEquals=elsewhere)).client("s3")
    assert "kms:GenerateDataKey" in refused(other.put_object, Bucket=name, Key="a")["Error"]["Message"]


def test_object_is_read_with_the_key_that_it_was_written_with(emulator: Emulator) -> None:
    admin, name = emulator.client("s3"), f"keys-{uuid.uuid4().hex[:8]}"
    admin.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": emulator.region})
    keys = [emulator.client("kms").create_key()["KeyMetadata"]["Arn"] for _ in range(2)]
    for object_key, key in zip(["old", "new"], keys, strict=True):
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        rules = [{"ApplyServerSideEncryptionByDefault": default}]
        admin.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
        admin.put_object(Bucket=name, Key=object_key, Body=b"1")
    objects = allow(["s3:GetObject"], f"arn:aws:s3:::{name}/*")
    for key, readable, other in [(keys[0], "old", "new"), (keys[1], "new", "old")]:
        reader = Role(emulator, objects, allow("kms:Decrypt", key)).client("s3")
        reader.get_object(Bucket=name, Key=readable)
        assert "kms:Decrypt" in refused(reader.get_object, Bucket=name, Key=other)["Error"]["Message"]


def test_sub_resource_that_the_emulator_does_not_know_is_refused_and_noted(emulator: Emulator, bucket: str) -> None:
    s3 = Role(emulator).client("s3")
    response = refused(s3.get_object_torrent, Bucket=bucket, Key="a/x")
    assert "the emulator has no S3 action" in response["Error"]["Message"]
    assert any("torrent" in message for message in uses(emulator)["uncovered"])


def test_operation_that_the_emulator_does_not_know_is_refused(emulator: Emulator) -> None:
    response = refused(Role(emulator).client("sqs").list_queues)
    assert "AccessDenied" in response["Error"]["Code"]
    assert "no action for sqs ListQueues" in response["Error"]["Message"]


def test_json_services_say_access_denied_exception(emulator: Emulator) -> None:
    role = Role(emulator, allow("s3:GetObject", "*"))
    machine = f"arn:aws:states:{emulator.region}:{emulator.account}:stateMachine:x"
    response = refused(role.client("stepfunctions").start_execution, stateMachineArn=machine)
    assert response["Error"]["Code"] == "AccessDeniedException"
    events = role.client("events")
    response = refused(events.put_events, Entries=[{"Source": "s", "DetailType": "d", "Detail": "{}"}])
    assert response["Error"]["Code"] == "AccessDeniedException"
    assert "events:PutEvents" in response["Error"]["Message"]


def test_key_that_nobody_was_given_is_invalid(emulator: Emulator, bucket: str) -> None:
    s3 = boto3.client(
        "s3",
        endpoint_url=emulator.endpoint,
        region_name=emulator.region,
        aws_access_key_id="ASIA0000000000000000",
        aws_secret_access_key="x",
    )
    assert refused(s3.get_object, Bucket=bucket, Key="a/x")["Error"]["Code"] == "InvalidClientTokenId"


def test_uses_are_recorded_by_statement(emulator: Emulator, bucket: str) -> None:
    role = Role(emulator, {"Sid": "Read", **allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*")})
    role.client("s3").get_object(Bucket=bucket, Key="a/x")
    refused(role.client("s3").list_objects_v2, Bucket=bucket)
    report = uses(emulator)
    resource = f"arn:aws:s3:::{bucket}/a/x"
    used = {"role": role.arn, "action": "s3:GetObject", "resource": resource, "count": 1}
    assert used | {"statement": f"{role.name}/Read"} in report["uses"]
    (refusal,) = [entry for entry in report["refusals"] if entry["role"] == role.arn]
    assert refusal["action"] == "s3:ListBucket"


def test_statement_that_is_taken_away_is_not_there(emulator: Emulator, bucket: str) -> None:
    role = Role(emulator, {"Sid": "Read", **allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*")})
    s3 = role.client("s3")
    administer(emulator, "without", {"statements": [f"{role.name}/Read"]})
    try:
        assert refused(s3.get_object, Bucket=bucket, Key="a/x")["Error"]["Code"] == "AccessDenied"
    finally:
        administer(emulator, "without", {"statements": []})
    s3.get_object(Bucket=bucket, Key="a/x")


class Machine:
    """A state machine of one task, with a role."""

    def __init__(self, emulator: Emulator, task: dict[str, Any], *statements: dict[str, Any]) -> None:
        self._emulator = emulator
        self.role = Role(emulator, *statements)
        definition = {"QueryLanguage": "JSONata", "StartAt": "Do", "States": {"Do": {"Type": "Task", **task}}}
        definition["States"]["Do"]["End"] = True
        self.arn = emulator.client("stepfunctions").create_state_machine(
            name=self.role.name, definition=json.dumps(definition), roleArn=self.role.arn
        )["stateMachineArn"]

    def run(self) -> dict[str, Any]:
        return self._emulator.run(self.arn, uuid.uuid4().hex, {})


def put_events(emulator: Emulator) -> dict[str, Any]:
    entries = [{"Source": "judged", "DetailType": "d", "Detail": {}}]
    return {"Resource": "arn:aws:states:::events:putEvents", "Arguments": {"Entries": entries}}


def test_state_machine_calls_with_its_role(emulator: Emulator) -> None:
    bus = f"arn:aws:events:{emulator.region}:{emulator.account}:event-bus/default"
    assert Machine(emulator, put_events(emulator), allow("events:PutEvents", bus)).run()["status"] == "SUCCEEDED"
    failed = Machine(emulator, put_events(emulator), allow("events:PutEvents", f"{bus}-2")).run()
    assert (failed["status"], failed["error"]) == ("FAILED", "EventBridge.AccessDeniedException")
    assert "is not authorized to perform: events:PutEvents" in failed["cause"]


def test_roles_of_a_task_have_to_be_passed(emulator: Emulator) -> None:
    name = f"passed-{uuid.uuid4().hex[:8]}"
    passed = emulator.role(name)
    ecs = emulator.client("ecs")
    cluster = ecs.create_cluster(clusterName=name)["cluster"]["clusterArn"]
    definition = ecs.register_task_definition(
        family=name,
        cpu="256",
        memory="512",
        taskRoleArn=passed,
        containerDefinitions=[{"name": "worker", "image": "sluice/worker"}],
    )["taskDefinition"]["taskDefinitionArn"]
    task = {
        "Resource": "arn:aws:states:::ecs:runTask",
        "Arguments": {"Cluster": cluster, "TaskDefinition": definition, "LaunchType": "FARGATE"},
    }
    run = allow("ecs:RunTask", definition, ArnEquals={"ecs:cluster": cluster})
    service = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
    failed = Machine(emulator, task, run).run()
    assert failed["error"] == "ECS.AccessDeniedException" and "iam:PassRole" in failed["cause"]
    may = allow("iam:PassRole", passed, StringEquals=service)
    assert Machine(emulator, task, run, may).run()["status"] == "SUCCEEDED"
    elsewhere = allow("ecs:RunTask", definition, ArnEquals={"ecs:cluster": f"{cluster}-2"})
    failed = Machine(emulator, task, elsewhere, allow("iam:PassRole", passed)).run()
    assert "ecs:RunTask" in failed["cause"]


def test_role_is_taken_only_by_whom_it_trusts(emulator: Emulator) -> None:
    machine = Machine(emulator, put_events(emulator))
    trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam = emulator.client("iam")
    for source, expected in ((machine.arn, "SUCCEEDED"), (f"{machine.arn}-2", "FAILED")):
        condition = {"StringEquals": {"aws:SourceAccount": emulator.account}, "ArnLike": {"aws:SourceArn": source}}
        document = policy(trust | {"Condition": condition})
        iam.update_assume_role_policy(RoleName=machine.role.name, PolicyDocument=document)
        assert machine.run()["status"] == expected


@pytest.mark.parametrize("let", [True, False])
def test_event_reaches_a_queue_only_when_the_queue_lets_the_rule(emulator: Emulator, let: bool) -> None:
    name = f"rule-{uuid.uuid4().hex[:8]}"
    sqs, events = emulator.client("sqs"), emulator.client("events")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    queue = f"arn:aws:sqs:{emulator.region}:{emulator.account}:{name}"
    rule = events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))["RuleArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue}])
    statement = allow("sqs:SendMessage", queue, ArnEquals={"aws:SourceArn": rule if let else f"{rule}-2"})
    statement["Principal"] = {"Service": "events.amazonaws.com"}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(statement)})
    events.put_events(Entries=[{"Source": name, "DetailType": "d", "Detail": "{}"}])

    def settled() -> bool:
        refusals = [entry["resource"] for entry in uses(emulator)["refusals"]]
        return bool(sqs.receive_message(QueueUrl=url).get("Messages")) if let else queue in refusals

    eventually(settled)
