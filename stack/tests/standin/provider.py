"""A stand-in for Pulumi's AWS provider: takes every resource, makes nothing, and writes down what it was asked to do.

SLUICE_STANDIN_LOG   file to which a line of JSON is appended for each create, update and delete, at its start and at its end
SLUICE_STANDIN_FAIL  logical name of a resource that cannot be created
"""

import json
import os
import threading
import time
from concurrent import futures

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

VERSION = "7.51.1"
ACCOUNT = "123456789012"
REGION = "eu-central-1"

# Long enough that work which may overlap does overlap: then an order in the log is no accident.
WORK_SECONDS = 0.05

FUNCTIONS = {
    "aws:index/getPartition:getPartition": {"id": "aws", "partition": "aws", "dnsSuffix": "amazonaws.com"},
    "aws:index/getRegion:getRegion": {"id": REGION, "name": REGION, "region": REGION},
    "aws:index/getCallerIdentity:getCallerIdentity": {
        "id": ACCOUNT,
        "accountId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:user/standin",
    },
    "aws:index/getAvailabilityZones:getAvailabilityZones": {
        "id": REGION,
        "names": [f"{REGION}{letter}" for letter in "abc"],
        "zoneIds": [f"euc1-az{number}" for number in (1, 2, 3)],
    },
    "aws:ec2/getVpcEndpointService:getVpcEndpointService": {
        "id": "vpce-svc-standin",
        "availabilityZones": [f"{REGION}{letter}" for letter in "abc"],
    },
    "aws:ec2/getSubnet:getSubnet": {"id": "subnet-standin", "vpcId": "vpc-standin"},
}

with open(os.path.join(os.path.dirname(__file__), "../../aws/schema/aws.json"), encoding="utf-8") as schema_file:
    RESOURCES = json.load(schema_file)["resources"]

lock = threading.Lock()


def note(event, urn):
    line = json.dumps({"event": event, "urn": urn}) + "\n"
    with lock, open(os.environ["SLUICE_STANDIN_LOG"], "a", encoding="utf-8") as log:
        log.write(line)


def name_of(urn):
    return urn.rsplit("::", 1)[1]


def made_up(name, key, schema):
    """What the cloud could have answered for an output, by its type; None for what has structure."""
    if key == "arn":
        return f"arn:aws:standin:{REGION}:{ACCOUNT}:{name}"
    return {"string": f"{name}-{key}", "integer": 1, "number": 1, "boolean": False, "array": []}.get(schema.get("type"))


def outputs(urn, inputs):
    """The inputs, and every output that the schema of the resource promises."""
    result = struct_pb2.Struct()
    result.CopyFrom(inputs)
    schema = RESOURCES[urn.split("::")[2]]
    for key in schema["required"]:
        value = made_up(name_of(urn), key, schema["properties"][key])
        if key not in result and value is not None:
            result.update({key: value})
    return result


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    def Handshake(self, request, context):
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_resources=True, accept_outputs=True)

    def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version=VERSION)

    def Attach(self, request, context):
        return empty_pb2.Empty()

    def CheckConfig(self, request, context):
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request, context):
        return provider_pb2.DiffResponse()

    def Configure(self, request, context):
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=True, acceptOutputs=True
        )

    def Check(self, request, context):
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request, context):
        old = json_format.MessageToDict(request.old_inputs)
        new = json_format.MessageToDict(request.news)
        changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        changes = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=changes, diffs=changed)

    def Create(self, request, context):
        if request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)
        note("create", request.urn)
        if name_of(request.urn) == os.environ.get("SLUICE_STANDIN_FAIL"):
            context.abort(grpc.StatusCode.UNKNOWN, "AccessDenied: the stand-in was told to fail")
        time.sleep(WORK_SECONDS)
        note("created", request.urn)
        return provider_pb2.CreateResponse(
            id=f"{name_of(request.urn)}-id", properties=outputs(request.urn, request.properties)
        )

    def Read(self, request, context):
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Update(self, request, context):
        if not request.preview:
            note("update", request.urn)
        return provider_pb2.UpdateResponse(properties=outputs(request.urn, request.news))

    def Delete(self, request, context):
        note("delete", request.urn)
        time.sleep(WORK_SECONDS)
        note("deleted", request.urn)
        return empty_pb2.Empty()

    def Invoke(self, request, context):
        if request.tok not in FUNCTIONS:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"the stand-in has no {request.tok}")
        result = struct_pb2.Struct()
        result.update(FUNCTIONS[request.tok])
        return provider_pb2.InvokeResponse(**{"return": result})

    def Cancel(self, request, context):
        return empty_pb2.Empty()


def main():
    server = grpc.server(futures.ThreadPoolExecutor(16))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    # Pulumi reads the port from the first line.
    print(port, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
