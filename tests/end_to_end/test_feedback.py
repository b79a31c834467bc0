"""The answer for the sender: where it is written, and that a sender may fetch it and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from senders import documented_policy, refused_calls

from conftest import SETTINGS
from deployment import ACCOUNT, REGION, Deployment, deployed
from usage import ledger, objects, output_files, put, run_to_end

DESCRIPTOR = {
    "title": "Cases",
    "schema": {"fields": [{"name": "case_id"}, {"name": "qty", "type": "integer"}]},
    "sluice": {"feedback": {"keys": ["case_id"]}},
}
FORMS = ("csv", "html", "xlsx")


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    """A deployment in which calls are meant to be refused."""
    with deployed(SETTINGS, time_scale=0.05, refusals=False) as made:
        yield made


def sender(deployment: Deployment, prefix: str, answers: str) -> Any:
    """Returns a client of S3 with the credentials of a sender whose answers are in a bucket."""
    policy = json.dumps(documented_policy(prefix, deployment.outputs["sourceBucket"], answers))
    iam, name = deployment.client("iam"), f"sender-of-{prefix}"
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="sender", PolicyDocument=policy)
    taken = deployment.client("sts").assume_role(RoleArn=arn, RoleSessionName="sender")["Credentials"]
    return boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=deployment.endpoint,
        aws_access_key_id=taken["AccessKeyId"],
        aws_secret_access_key=taken["SecretAccessKey"],
        aws_session_token=taken["SessionToken"],
    )


def answered_sender(deployment: Deployment, answers: str) -> Any:
    """Sends a file as the sender of `north` and checks that its answer is there; returns the sender's client."""
    put(deployment, {f"{prefix}/resource.json": json.dumps(DESCRIPTOR).encode() for prefix in ("north", "south")})
    put(deployment, {"south/incoming/a.csv": b"case_id,qty\n1,x\n"})
    s3 = sender(deployment, "north", answers)
    body = b"case_id,qty\n007,1\n008,x\n"
    s3.put_object(Bucket=deployment.outputs["sourceBucket"], Key="north/incoming/a.csv", Body=body)
    execution = run_to_end(deployment, {})
    assert execution["status"] == "SUCCEEDED", execution
    found = s3.list_objects_v2(Bucket=answers, Prefix="north/feedback/")["Contents"]
    assert [entry["Key"] for entry in found] == [f"north/feedback/a.csv.{form}" for form in FORMS]
    return s3


def assert_refused(s3: Any, *buckets: str) -> None:
    for call, arguments in refused_calls(s3, *buckets):
        with pytest.raises(ClientError) as caught:
            call(**arguments)
        assert caught.value.response["Error"]["Code"] == "AccessDenied", (call.__name__, arguments)


def test_a_sender_sends_a_file_and_reads_what_to_mend(deployment: Deployment) -> None:
    source, out = deployment.outputs["sourceBucket"], deployment.outputs["cleanBucket"]
    s3 = answered_sender(deployment, out)
    body = s3.get_object(Bucket=out, Key="north/feedback/a.csv.csv")["Body"].read().decode("utf-8-sig")
    assert "'008,3,Error,qty," in body, body
    [record] = [json.loads(record) for record in ledger(deployment, "north/").values()]
    assert set(record["outputs"]["feedback"]) == set(FORMS)

    assert_refused(s3, source, out, out)


def test_a_newer_file_has_the_newer_answer(deployment: Deployment) -> None:
    put(deployment, {"north/incoming/a.csv": b"case_id,qty\n007,1\n"})
    execution = run_to_end(deployment, {})
    assert execution["status"] == "SUCCEEDED", execution
    page = objects(deployment, deployment.outputs["cleanBucket"], "north/feedback/a.csv.html")
    assert b"Accepted in full" in page["north/feedback/a.csv.html"]
    assert sorted(key for key in output_files(deployment, "north/") if "/feedback/" not in key) == ["north/clean/a.csv"]


@pytest.fixture(scope="module")
def apart() -> Iterator[Deployment]:
    """A deployment with a bucket for answers, in which calls are meant to be refused."""
    with deployed({**SETTINGS, "feedbackBucket": "true"}, time_scale=0.05, refusals=False) as made:
        yield made


def test_answers_go_to_a_bucket_of_their_own_that_the_sender_reads(apart: Deployment) -> None:
    source, out, answers = (apart.outputs[f"{name}Bucket"] for name in ("source", "clean", "feedback"))
    s3 = answered_sender(apart, answers)
    everything = [key for prefix in ("north", "south") for key in objects(apart, out, f"{prefix}/")]
    assert sorted(everything) == [
        "north/clean/a.csv",
        "north/rejects/a.csv.jsonl",
        "south/clean/a.csv",
        "south/rejects/a.csv.jsonl",
    ]
    [record] = [json.loads(record) for record in ledger(apart, "north/").values()]
    assert record["outputs"]["feedback"] == {form: f"s3://{answers}/north/feedback/a.csv.{form}" for form in FORMS}
    assert_refused(s3, source, out, answers)

    # A newer file with an answer in one form only: it replaces the older answer, and the other forms are deleted.
    fewer = {**DESCRIPTOR, "sluice": {"feedback": {"keys": ["case_id"], "formats": ["csv"]}}}
    put(apart, {"north/resource.json": json.dumps(fewer).encode(), "north/incoming/a.csv": b"case_id,qty\n007,2\n"})
    assert run_to_end(apart, {})["status"] == "SUCCEEDED"
    left = objects(apart, answers, "north/feedback/")
    assert list(left) == ["north/feedback/a.csv.csv"] and b"008" not in left["north/feedback/a.csv.csv"]
