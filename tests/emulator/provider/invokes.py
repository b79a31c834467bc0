"""Functions of the provider, answered from the emulator."""

from __future__ import annotations

import hashlib

from aws import Aws, Properties


class UnknownFunction(LookupError):
    """The stand-in does not have this function."""


def invoke(aws: Aws, token: str, arguments: Properties) -> Properties:
    """Calls a function."""
    function = FUNCTIONS.get(token)
    if function is None:
        raise UnknownFunction(f"the stand-in has no function {token}")
    return function(aws, arguments)


def caller_identity(aws: Aws, _arguments: Properties) -> Properties:
    account = aws.account
    return {"id": account, "accountId": account, "arn": f"arn:aws:iam::{account}:root", "userId": account}


def region(aws: Aws, arguments: Properties) -> Properties:
    name = arguments.get("region") or arguments.get("name") or aws.region
    return {
        "id": name,
        "name": name,
        "region": name,
        "description": name,
        "endpoint": f"ec2.{name}.amazonaws.com",
    }


def partition(_aws: Aws, _arguments: Properties) -> Properties:
    return {"id": "aws", "partition": "aws", "dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws"}


def availability_zones(aws: Aws, arguments: Properties) -> Properties:
    name = arguments.get("region") or aws.region
    letters = [letter for letter in "abc" if f"{name}{letter}" not in arguments.get("excludeNames", [])]
    return {
        "id": name,
        "region": name,
        "names": [f"{name}{letter}" for letter in letters],
        "zoneIds": [f"{name}-az{'abc'.index(letter) + 1}" for letter in letters],
        "groupNames": [name],
    }


def subnet(aws: Aws, arguments: Properties) -> Properties:
    found = aws.client("ec2", arguments.get("region")).describe_subnets(SubnetIds=[arguments["id"]])["Subnets"][0]
    id_ = found["SubnetId"]
    return {
        "id": id_,
        "arn": f"arn:aws:ec2:{aws.region}:{aws.account}:subnet/{id_}",
        "availabilityZone": found["AvailabilityZone"],
        "cidrBlock": found["CidrBlock"],
        "vpcId": found["VpcId"],
        "mapPublicIpOnLaunch": found.get("MapPublicIpOnLaunch", False),
        "ownerId": aws.account,
        "region": aws.region,
        "state": found.get("State", "available"),
        "tags": {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])},
    }


def vpc_endpoint_service(aws: Aws, arguments: Properties) -> Properties:
    """Returns the zones with an interface endpoint of a service: not all, so that a program that does not ask fails.

    AWS: API_DescribeVpcEndpointServices.html (AvailabilityZones).
    """
    name = arguments.get("serviceName") or f"com.amazonaws.{aws.region}.{arguments['service']}"
    kind = arguments.get("serviceType", "Interface")
    letters = ZONES_BY_SERVICE.get(name.rpartition(f".{aws.region}.")[2], "abc")
    return {
        "id": hashlib.sha256(name.encode()).hexdigest()[:12],
        "arn": f"arn:aws:ec2:{aws.region}:{aws.account}:vpc-endpoint-service/{name}",
        "acceptanceRequired": False,
        "availabilityZones": [f"{aws.region}{letter}" for letter in letters] if kind == "Interface" else [],
        "baseEndpointDnsNames": [],
        "managesVpcEndpoints": False,
        "owner": "amazon",
        "privateDnsName": "",
        "privateDnsNames": [],
        "region": aws.region,
        "serviceId": f"vpce-svc-{hashlib.sha256(name.encode()).hexdigest()[:17]}",
        "serviceName": name,
        "serviceRegions": [aws.region],
        "serviceType": kind,
        "supportedIpAddressTypes": ["ipv4"],
        "tags": {},
        "vpcEndpointPolicySupported": True,
    }


# Services that do not have an endpoint in every zone.
ZONES_BY_SERVICE = {"states": "bc", "ecr.api": "bc"}

FUNCTIONS = {
    "aws:index/getCallerIdentity:getCallerIdentity": caller_identity,
    "aws:index/getRegion:getRegion": region,
    "aws:index/getPartition:getPartition": partition,
    "aws:index/getAvailabilityZones:getAvailabilityZones": availability_zones,
    "aws:ec2/getSubnet:getSubnet": subnet,
    "aws:ec2/getVpcEndpointService:getVpcEndpointService": vpc_endpoint_service,
}
