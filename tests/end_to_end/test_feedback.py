"""The answer for the sender: where it comes out, and that a sender may fetch it and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from conftest import SETTINGS
from deployment import ACCOUNT, REGION, REPOSITORY, Deployment, deployed
from usage import clean, ledger, objects, put, start

DESCRIPTOR = {
    "title": "Cases",
    "schema": {"fields": [{"name": "case_id"}, {"name": "qty", "type": "integer"}]},
    "sluice": {"feedback": {"keys": ["case_id"]}},
}
FORMS = ("csv", "html", "xlsx")


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    """One in which refusals are wanted."""
    with deployed(SETTINGS, time_scale=0.05, refusals=False) as made:
        yield made


def policy(deployment: Deployment, prefix: str) -> str:
    """The policy of a sender, as the documentation has it."""
    text = (REPOSITORY / "docs" / "feedback.md").read_text(encoding="utf-8")
    [block] = [block for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL) if "Statement" in block]
    outputs = deployment.outputs
    block = block.replace("SOURCE", outputs["sourceBucket"]).replace("CLEAN", outputs["cleanBucket"])
    return block.replace("north/", f"{prefix}/")


def sender(deployment: Deployment, prefix: str) -> Any:
    """S3 as a sender sees it."""
    iam, name = deployment.client("iam"), f"sender-of-{prefix}"
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="sender", PolicyDocument=policy(deployment, prefix))
    taken = deployment.client("sts").assume_role(RoleArn=arn, RoleSessionName="sender")["Credentials"]
    return boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=deployment.endpoint,
        aws_access_key_id=taken["AccessKeyId"],
        aws_secret_access_key=taken["SecretAccessKey"],
        aws_session_token=taken["SessionToken"],
    )


def test_a_sender_sends_a_file_and_reads_what_to_mend(deployment: Deployment) -> None:
    source, out = deployment.outputs["sourceBucket"], deployment.outputs["cleanBucket"]
    put(deployment, {f"{prefix}/resource.json": json.dumps(DESCRIPTOR).encode() for prefix in ("north", "south")})
    put(deployment, {"south/incoming/a.csv": b"case_id,qty\n1,x\n"})
    s3 = sender(deployment, "north")
    s3.put_object(Bucket=source, Key="north/incoming/a.csv", Body=b"case_id,qty\n007,1\n008,x\n")
    execution = start(deployment, {})
    assert execution["status"] == "SUCCEEDED", execution

    answers = s3.list_objects_v2(Bucket=out, Prefix="north/feedback/")["Contents"]
    assert [entry["Key"] for entry in answers] == [f"north/feedback/a.csv.{form}" for form in FORMS]
    body = s3.get_object(Bucket=out, Key="north/feedback/a.csv.csv")["Body"].read().decode("utf-8-sig")
    assert "'008,3,Error,qty," in body, body
    [record] = [json.loads(record) for record in ledger(deployment, "north/").values()]
    assert set(record["outputs"]["feedback"]) == set(FORMS)

    refused = [
        (s3.get_object, {"Bucket": source, "Key": "north/incoming/a.csv"}),
        (s3.get_object, {"Bucket": source, "Key": "north/resource.json"}),
        (s3.put_object, {"Bucket": source, "Key": "north/resource.json", "Body": b"{}"}),
        (s3.put_object, {"Bucket": source, "Key": "south/incoming/b.csv", "Body": b"a\n"}),
        (s3.delete_object, {"Bucket": source, "Key": "north/incoming/a.csv"}),
        (s3.list_objects_v2, {"Bucket": source, "Prefix": "north/incoming/"}),
        (s3.get_object, {"Bucket": out, "Key": "north/clean/a.csv"}),
        (s3.get_object, {"Bucket": out, "Key": "north/rejects/a.csv.jsonl"}),
        (s3.get_object, {"Bucket": out, "Key": "south/feedback/a.csv.csv"}),
        (s3.put_object, {"Bucket": out, "Key": "north/feedback/a.csv.csv", "Body": b""}),
        (s3.delete_object, {"Bucket": out, "Key": "north/feedback/a.csv.csv"}),
        (s3.list_objects_v2, {"Bucket": out}),
        (s3.list_objects_v2, {"Bucket": out, "Prefix": "south/feedback/"}),
    ]
    for call, arguments in refused:
        with pytest.raises(ClientError) as caught:
            call(**arguments)
        assert caught.value.response["Error"]["Code"] == "AccessDenied", (call.__name__, arguments)


def test_a_newer_file_has_the_newer_answer(deployment: Deployment) -> None:
    put(deployment, {"north/incoming/a.csv": b"case_id,qty\n007,1\n"})
    execution = start(deployment, {})
    assert execution["status"] == "SUCCEEDED", execution
    page = objects(deployment, deployment.outputs["cleanBucket"], "north/feedback/a.csv.html")
    assert b"Accepted without a fault" in page["north/feedback/a.csv.html"]
    assert sorted(key for key in clean(deployment, "north/") if "/feedback/" not in key) == ["north/clean/a.csv"]
