"""Resources that the stand-in provider makes, changes and deletes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from botocore.exceptions import ClientError
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import provider_pb2

from conftest import SERVICES, Emulator, policy
from provider_client import Provider

TRUST = policy({"Effect": "Allow", "Principal": {"Service": SERVICES}, "Action": "sts:AssumeRole"})
MAY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}],
    }
)
BUCKET = "aws:s3/bucket:Bucket"


def refused(call: Callable[[], Any]) -> str:
    """Makes a call that has to fail; returns the message."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value.details()


def test_bucket_is_there_until_it_is_deleted(emulator: Emulator, provider: Provider) -> None:
    id_, state = provider.create(BUCKET, "Source", {"forceDestroy": True, "tags": {"app": "sluice"}})
    s3 = emulator.client("s3")
    assert id_.startswith("source-")
    assert state["arn"] == f"arn:aws:s3:::{id_}"
    assert s3.get_bucket_tagging(Bucket=id_)["TagSet"] == [{"Key": "app", "Value": "sluice"}]

    s3.put_object(Bucket=id_, Key="a", Body=b"1")
    provider.delete(BUCKET, id_, state)
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(Bucket=id_)


def test_bucket_with_objects_is_not_deleted_unless_told(emulator: Emulator, provider: Provider) -> None:
    id_, state = provider.create(BUCKET, "kept", {})
    emulator.client("s3").put_object(Bucket=id_, Key="a", Body=b"1")
    assert "BucketNotEmpty" in refused(lambda: provider.delete(BUCKET, id_, state))


@pytest.mark.parametrize(
    ("type_", "inputs", "look"),
    [
        (
            "aws:s3/bucketVersioning:BucketVersioning",
            {"versioningConfiguration": {"status": "Enabled"}},
            lambda s3, bucket: s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled",
        ),
        (
            "aws:s3/bucketPolicy:BucketPolicy",
            {"policy": TRUST},
            lambda s3, bucket: json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == json.loads(TRUST),
        ),
        (
            "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
            {"rule": {"objectOwnership": "BucketOwnerEnforced"}},
            lambda s3, bucket: "BucketOwnerEnforced" in str(s3.get_bucket_ownership_controls(Bucket=bucket)),
        ),
        (
            "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
            {"blockPublicAcls": True, "blockPublicPolicy": True},
            lambda s3, bucket: s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"][
                "BlockPublicPolicy"
            ],
        ),
        (
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
            {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
            lambda s3, bucket: "AES256" in str(s3.get_bucket_encryption(Bucket=bucket)),
        ),
        (
            "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
            {
                "rules": [
                    {
                        "id": "leftovers",
                        "status": "Enabled",
                        "filter": {"prefix": ""},
                        "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
                    }
                ]
            },
            lambda s3, bucket: s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]["ID"] == "leftovers",
        ),
    ],
)
def test_setting_of_a_bucket_is_applied_and_removed(
    emulator: Emulator, provider: Provider, type_: str, inputs: dict[str, Any], look: Callable[[Any, str], bool]
) -> None:
    bucket, _state = provider.create(BUCKET, type_.rpartition(":")[2], {})
    id_, state = provider.create(type_, "setting", {"bucket": bucket, **inputs})
    assert look(emulator.client("s3"), bucket)
    provider.delete(type_, id_, state)


def test_role_with_policy_is_there(emulator: Emulator, provider: Provider) -> None:
    role, state = provider.create("aws:iam/role:Role", "worker", {"assumeRolePolicy": TRUST})
    assert state["arn"].endswith(f":role/{role}")
    policy, policy_state = provider.create("aws:iam/rolePolicy:RolePolicy", "may", {"role": role, "policy": MAY})
    iam = emulator.client("iam")
    name = policy.partition(":")[2]
    assert iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] == json.loads(MAY)
    provider.delete("aws:iam/rolePolicy:RolePolicy", policy, policy_state)
    provider.delete("aws:iam/role:Role", role, state)
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_role(RoleName=role)


def test_function_is_made_and_changed(emulator: Emulator, provider: Provider) -> None:
    _id, role = provider.create("aws:iam/role:Role", "functions", {"assumeRolePolicy": TRUST})
    inputs = {
        "name": "sluice-plan",
        "role": role["arn"],
        "packageType": "Image",
        "imageUri": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/sluice/functions:1",
        "imageConfig": {"commands": ["plan"]},
        "environment": {"variables": {"BUCKET": "x"}},
        "memorySize": 256,
    }
    type_ = "aws:lambda/function:Function"
    id_, state = provider.create(type_, "plan", inputs)
    assert state["arn"].endswith(":function:sluice-plan")
    state = provider.update(type_, id_, state, {**inputs, "memorySize": 512})
    found = emulator.client("lambda").get_function(FunctionName=id_)["Configuration"]
    assert (found["MemorySize"], found["Environment"]["Variables"]) == (512, {"BUCKET": "x"})
    assert state["memorySize"] == 512 and state["arn"].endswith(":function:sluice-plan")
    provider.delete(type_, id_, state)


def test_preview_makes_nothing_and_knows_nothing(emulator: Emulator, provider: Provider) -> None:
    id_, state = provider.create(BUCKET, "imagined", {"bucket": "imagined"}, preview=True)
    assert id_ == ""
    assert state["arn"] == "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    buckets = emulator.client("s3").list_buckets()["Buckets"]
    assert "imagined" not in [bucket["Name"] for bucket in buckets]


def test_unknown_property_is_refused(provider: Provider) -> None:
    answer = provider.check(BUCKET, "x", {"forceDestory": True})
    assert [(failure.property, failure.reason) for failure in answer.failures] == [
        ("forceDestory", "is not a property of this resource")
    ]


def test_wrong_kind_deep_in_a_property_is_refused(provider: Provider) -> None:
    rules = [{"status": "Enabled", "abortIncompleteMultipartUpload": {"daysAfterInitiation": "seven"}}]
    inputs = {"bucket": "b", "rules": rules}
    answer = provider.check("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "x", inputs)
    assert [failure.property for failure in answer.failures] == [
        "rules[0].abortIncompleteMultipartUpload.daysAfterInitiation"
    ]


def test_missing_property_is_refused(provider: Provider) -> None:
    answer = provider.check("aws:iam/role:Role", "x", {})
    assert [failure.property for failure in answer.failures] == ["assumeRolePolicy"]


def test_made_up_name_stays(provider: Provider) -> None:
    first = MessageToDict(provider.check(BUCKET, "x", {}).inputs)
    again = MessageToDict(provider.check(BUCKET, "x", {"forceDestroy": True}, olds=first).inputs)
    assert again["bucket"] == first["bucket"]


def test_other_name_replaces_and_other_tags_do_not(provider: Provider) -> None:
    renamed = provider.diff(BUCKET, {"bucket": "a"}, {"bucket": "b"})
    assert (list(renamed.replaces), renamed.deleteBeforeReplace) == (["bucket"], False)
    tagged = provider.diff(BUCKET, {"bucket": "a"}, {"bucket": "a", "tags": {"x": "y"}})
    assert (list(tagged.replaces), list(tagged.diffs)) == ([], ["tags"])
    assert provider.diff(BUCKET, {"bucket": "a"}, {"bucket": "a"}).diffs == []


def test_replacement_under_the_same_given_name_deletes_first(provider: Provider) -> None:
    olds = {"name": "g", "vpcId": "vpc-1", "__defaults": []}
    assert provider.diff("aws:ec2/securityGroup:SecurityGroup", olds, {**olds, "vpcId": "vpc-2"}).deleteBeforeReplace


def test_what_is_only_recorded_has_all_its_properties(provider: Provider) -> None:
    group, _state = provider.create("aws:ec2/securityGroup:SecurityGroup", "g", {"description": "x"})
    inputs = {"securityGroupId": group, "ipProtocol": "tcp", "tags": {"app": "sluice"}}
    id_, state = provider.create("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "out", inputs)
    assert state.keys() == {*inputs, "arn", "securityGroupRuleId", "tagsAll"}
    assert id_ in state["arn"]


def test_gateway_endpoint_has_a_prefix_list(emulator: Emulator, provider: Provider) -> None:
    vpc, _state = provider.create("aws:ec2/vpc:Vpc", "v", {"cidrBlock": "10.0.0.0/16"})
    service = "com.amazonaws.eu-central-1.s3"
    type_ = "aws:ec2/vpcEndpoint:VpcEndpoint"
    id_, state = provider.create(type_, "s3", {"vpcId": vpc, "serviceName": service})
    assert state["prefixListId"].startswith("pl-")
    found = emulator.client("ec2").describe_vpc_endpoints(VpcEndpointIds=[id_])["VpcEndpoints"][0]
    assert (found["VpcId"], found["ServiceName"]) == (vpc, service)


def test_forced_failure_is_told_and_noted(provider: Provider, journal: Path) -> None:
    message = refused(lambda: provider.create(BUCKET, "doomed", {}))
    assert message == "create aws:s3/bucket:Bucket (doomed): it was told to fail"
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [line["phase"] for line in lines if line["name"] == "doomed"] == ["start", "failed"]


def test_invokes_answer(emulator: Emulator, provider: Provider) -> None:
    def invoke(token: str) -> dict[str, Any]:
        return MessageToDict(getattr(provider.stub.Invoke(provider_pb2.InvokeRequest(tok=token)), "return"))

    assert invoke("aws:index/getCallerIdentity:getCallerIdentity")["accountId"] == emulator.account
    assert invoke("aws:index/getRegion:getRegion")["region"] == "eu-central-1"
    assert invoke("aws:index/getPartition:getPartition")["partition"] == "aws"
    assert len(invoke("aws:index/getAvailabilityZones:getAvailabilityZones")["names"]) == 3
    assert "has no function" in refused(lambda: invoke("aws:ec2/getVpc:getVpc"))
