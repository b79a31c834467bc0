"""Functions of the provider: what they answer of the emulator."""

from __future__ import annotations

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


FUNCTIONS = {
    "aws:index/getCallerIdentity:getCallerIdentity": caller_identity,
    "aws:index/getRegion:getRegion": region,
    "aws:index/getPartition:getPartition": partition,
    "aws:index/getAvailabilityZones:getAvailabilityZones": availability_zones,
    "aws:ec2/getSubnet:getSubnet": subnet,
}
