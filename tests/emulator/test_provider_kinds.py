"""Resources that the stand-in provider makes for arrivals and for tasks that end, as the emulator shows them."""

from __future__ import annotations

from typing import Any

from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import provider_pb2

from conftest import SERVICES, Emulator, policy
from provider_client import Provider, struct

TRUST = policy({"Effect": "Allow", "Principal": {"Service": SERVICES}, "Action": "sts:AssumeRole"})
MAY = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
ZONES = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]


def function(provider: Provider, name: str) -> str:
    """Makes a function; returns its ARN."""
    role, state = provider.create("aws:iam/role:Role", f"{name}-role", {"assumeRolePolicy": TRUST})
    provider.create("aws:iam/rolePolicy:RolePolicy", f"{name}-policy", {"role": role, "policy": MAY})
    image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/sluice/functions:1"
    inputs = {"name": name, "role": state["arn"], "packageType": "Image", "imageUri": image, "timeout": 20}
    return provider.create("aws:lambda/function:Function", name, inputs)[1]["arn"]


def test_function_reads_a_queue_until_the_mapping_goes(emulator: Emulator, provider: Provider) -> None:
    arn = function(provider, "arrival")
    _id, queue = provider.create(
        "aws:sqs/queue:Queue", "arrivals", {"delaySeconds": 60, "visibilityTimeoutSeconds": 120}
    )
    type_ = "aws:lambda/eventSourceMapping:EventSourceMapping"
    inputs = {
        "eventSourceArn": queue["arn"],
        "functionName": arn,
        "batchSize": 10000,
        "maximumBatchingWindowInSeconds": 20,
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "scalingConfig": {"maximumConcurrency": 2},
    }
    id_, state = provider.create(type_, "source", inputs)
    client = emulator.client("lambda")
    found = client.get_event_source_mapping(UUID=id_)
    assert (found["BatchSize"], found["MaximumBatchingWindowInSeconds"]) == (10000, 20)
    assert found["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    provider.delete(type_, id_, state)
    listed = client.list_event_source_mappings(FunctionName="arrival")["EventSourceMappings"]
    assert [mapping for mapping in listed if mapping["State"] != "Deleting"] == []


def test_function_lets_a_rule_in_until_the_permission_goes(emulator: Emulator, provider: Provider) -> None:
    arn = function(provider, "stopped")
    rule = "arn:aws:events:eu-central-1:123456789012:rule/stopped"
    inputs = {
        "action": "lambda:InvokeFunction",
        "function": arn,
        "principal": "events.amazonaws.com",
        "sourceArn": rule,
    }
    id_, state = provider.create("aws:lambda/permission:Permission", "stopped-permission", inputs)
    client = emulator.client("lambda")
    assert rule in client.get_policy(FunctionName="stopped")["Policy"]
    provider.delete("aws:lambda/permission:Permission", id_, state)
    assert rule not in str(client.list_tags(Resource=arn))


def test_bucket_tells_eventbridge_until_the_notification_goes(emulator: Emulator, provider: Provider) -> None:
    bucket, _state = provider.create("aws:s3/bucket:Bucket", "told", {})
    type_ = "aws:s3/bucketNotification:BucketNotification"
    id_, state = provider.create(type_, "notification", {"bucket": bucket, "eventbridge": True})
    s3 = emulator.client("s3")
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=bucket)
    provider.delete(type_, id_, state)
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket=bucket)


def test_services_have_endpoints_in_some_zones(provider: Provider) -> None:
    def zones(name: str) -> list[str]:
        arguments = struct({"serviceName": f"com.amazonaws.eu-central-1.{name}", "serviceType": "Interface"})
        request: Any = provider_pb2.InvokeRequest(
            tok="aws:ec2/getVpcEndpointService:getVpcEndpointService", args=arguments
        )
        return MessageToDict(getattr(provider.stub.Invoke(request), "return"))["availabilityZones"]

    assert zones("logs") == ZONES
    assert zones("states") == ZONES[1:]
