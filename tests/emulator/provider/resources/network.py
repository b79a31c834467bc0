"""VPC. Parts that have no effect in the emulator (routes, rules of security groups, flow logs) are only recorded."""

from __future__ import annotations

import hashlib
import ipaddress

from aws import Aws, Properties, pick, tag_list
from naming import Naming

from resources.resource_type import Created, ResourceType


def tag_specification(aws: Aws, inputs: Properties, kind: str) -> Properties:
    """Returns tags in the form that EC2 takes at creation."""
    tags = aws.tags(inputs)
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tag_list(tags)}]} if tags else {}


def arn(aws: Aws, kind: str, id_: str) -> str:
    """Returns the ARN of a resource, which EC2 does not return itself."""
    return f"arn:aws:ec2:{aws.region}:{aws.account}:{kind}/{id_}"


class Tagged(ResourceType):
    """A part of a network of which only the tags can be changed here."""

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        tags = aws.tags(news)
        if tags:
            aws.client("ec2").create_tags(Resources=[id_], Tags=tag_list(tags))
        return {}


class Vpc(Tagged):
    token = "aws:ec2/vpc:Vpc"
    replace_on_change = frozenset({"cidrBlock", "region"})
    computed = ("arn", "defaultSecurityGroupId", "mainRouteTableId", "ownerId")

    def create(self, aws: Aws, inputs: Properties) -> Created:
        ec2 = aws.client("ec2", inputs.get("region"))
        made = ec2.create_vpc(CidrBlock=inputs["cidrBlock"], **tag_specification(aws, inputs, "vpc"))["Vpc"]["VpcId"]
        self._dns(aws, made, inputs)
        of_vpc = [{"Name": "vpc-id", "Values": [made]}]
        groups = ec2.describe_security_groups(Filters=[*of_vpc, {"Name": "group-name", "Values": ["default"]}])
        tables = ec2.describe_route_tables(Filters=of_vpc)
        return made, {
            "arn": arn(aws, "vpc", made),
            "defaultSecurityGroupId": groups["SecurityGroups"][0]["GroupId"],
            "mainRouteTableId": tables["RouteTables"][0]["RouteTableId"],
            "ownerId": aws.account,
        }

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        self._dns(aws, id_, news)
        return super().update(aws, id_, olds, news)

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("ec2").delete_vpc(VpcId=id_)

    def _dns(self, aws: Aws, id_: str, inputs: Properties) -> None:
        # Each call changes one attribute.
        for argument, name in (("EnableDnsSupport", "enableDnsSupport"), ("EnableDnsHostnames", "enableDnsHostnames")):
            if inputs.get(name) is not None:
                aws.client("ec2").modify_vpc_attribute(VpcId=id_, **{argument: {"Value": inputs[name]}})


class Subnet(Tagged):
    token = "aws:ec2/subnet:Subnet"
    replace_on_change = frozenset({"vpcId", "cidrBlock", "availabilityZone", "availabilityZoneId", "region"})
    computed = ("arn", "ownerId")

    def create(self, aws: Aws, inputs: Properties) -> Created:
        self._refuse_overlap(aws, inputs)
        made = aws.client("ec2", inputs.get("region")).create_subnet(
            VpcId=inputs["vpcId"],
            **tag_specification(aws, inputs, "subnet"),
            **pick(inputs, CidrBlock="cidrBlock", AvailabilityZone="availabilityZone"),
        )["Subnet"]["SubnetId"]
        return made, {"arn": arn(aws, "subnet", made), "ownerId": aws.account}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("ec2").delete_subnet(SubnetId=id_)

    def _refuse_overlap(self, aws: Aws, inputs: Properties) -> None:
        """Refuses addresses that another subnet has, as EC2 does. AWS: errors-overview.html, InvalidSubnet.Conflict."""
        block = ipaddress.ip_network(inputs["cidrBlock"])
        of_vpc = [{"Name": "vpc-id", "Values": [inputs["vpcId"]]}]
        for other in aws.client("ec2", inputs.get("region")).describe_subnets(Filters=of_vpc)["Subnets"]:
            if block.overlaps(ipaddress.ip_network(other["CidrBlock"])):
                raise ValueError(f"InvalidSubnet.Conflict: The CIDR '{block}' conflicts with another subnet")


class SecurityGroup(Tagged):
    token = "aws:ec2/securityGroup:SecurityGroup"
    naming = Naming()
    replace_on_change = frozenset({"name", "namePrefix", "description", "vpcId", "region"})
    computed = ("arn", "ownerId")

    def create(self, aws: Aws, inputs: Properties) -> Created:
        made = aws.client("ec2", inputs.get("region")).create_security_group(
            GroupName=inputs["name"],
            Description=inputs.get("description", "Managed by Pulumi"),
            **tag_specification(aws, inputs, "security-group"),
            **pick(inputs, VpcId="vpcId"),
        )["GroupId"]
        return made, {"arn": arn(aws, "security-group", made), "ownerId": aws.account}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("ec2").delete_security_group(GroupId=id_)


class InternetGateway(Tagged):
    token = "aws:ec2/internetGateway:InternetGateway"
    replace_on_change = frozenset({"vpcId", "region"})
    computed = ("arn", "ownerId")

    def create(self, aws: Aws, inputs: Properties) -> Created:
        ec2 = aws.client("ec2", inputs.get("region"))
        tags = tag_specification(aws, inputs, "internet-gateway")
        made = ec2.create_internet_gateway(**tags)["InternetGateway"]["InternetGatewayId"]
        if inputs.get("vpcId"):
            ec2.attach_internet_gateway(InternetGatewayId=made, VpcId=inputs["vpcId"])
        return made, {"arn": arn(aws, "internet-gateway", made), "ownerId": aws.account}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        ec2 = aws.client("ec2")
        if state.get("vpcId"):
            ec2.detach_internet_gateway(InternetGatewayId=id_, VpcId=state["vpcId"])
        ec2.delete_internet_gateway(InternetGatewayId=id_)


class RouteTable(Tagged):
    token = "aws:ec2/routeTable:RouteTable"
    replace_on_change = frozenset({"vpcId", "region"})
    computed = ("arn", "ownerId")

    def create(self, aws: Aws, inputs: Properties) -> Created:
        made = aws.client("ec2", inputs.get("region")).create_route_table(
            VpcId=inputs["vpcId"], **tag_specification(aws, inputs, "route-table")
        )["RouteTable"]["RouteTableId"]
        return made, {"arn": arn(aws, "route-table", made), "ownerId": aws.account}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("ec2").delete_route_table(RouteTableId=id_)


class RouteTableAssociation(Tagged):
    token = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    replace_on_change = frozenset({"routeTableId", "subnetId", "gatewayId", "region"})
    computed = ()

    def create(self, aws: Aws, inputs: Properties) -> Created:
        made = aws.client("ec2", inputs.get("region")).associate_route_table(
            RouteTableId=inputs["routeTableId"], **pick(inputs, SubnetId="subnetId", GatewayId="gatewayId")
        )["AssociationId"]
        return made, {}

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        return {}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("ec2").disassociate_route_table(AssociationId=id_)


class VpcEndpoint(Tagged):
    token = "aws:ec2/vpcEndpoint:VpcEndpoint"
    replace_on_change = frozenset({"vpcId", "serviceName", "serviceRegion", "vpcEndpointType", "region"})
    computed = ("arn", "networkInterfaceIds", "ownerId", "prefixListId", "state")

    def create(self, aws: Aws, inputs: Properties) -> Created:
        made = aws.client("ec2", inputs.get("region")).create_vpc_endpoint(
            VpcId=inputs["vpcId"],
            VpcEndpointType=inputs.get("vpcEndpointType", "Gateway"),
            **tag_specification(aws, inputs, "vpc-endpoint"),
            **pick(
                inputs,
                ServiceName="serviceName",
                PolicyDocument="policy",
                RouteTableIds="routeTableIds",
                SubnetIds="subnetIds",
                SecurityGroupIds="securityGroupIds",
                PrivateDnsEnabled="privateDnsEnabled",
            ),
        )["VpcEndpoint"]["VpcEndpointId"]
        outputs = {"arn": arn(aws, "vpc-endpoint", made), "ownerId": aws.account, "state": "available"}
        if inputs.get("vpcEndpointType", "Gateway") == "Gateway":
            # AWS has a prefix list for each service with a gateway endpoint; the emulator has none.
            outputs["prefixListId"] = f"pl-{hashlib.sha256(inputs['serviceName'].encode()).hexdigest()[:17]}"
        return made, outputs | {"networkInterfaceIds": []}

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        changes = {
            f"{verb}{part}Ids": sorted(ids)
            for part, name in (("RouteTable", "routeTableIds"), ("Subnet", "subnetIds"))
            for verb, ids in (
                ("Add", {*news.get(name, [])} - {*olds.get(name, [])}),
                ("Remove", {*olds.get(name, [])} - {*news.get(name, [])}),
            )
            if ids
        }
        policy = pick(news, PolicyDocument="policy")
        aws.client("ec2").modify_vpc_endpoint(VpcEndpointId=id_, **changes, **policy)
        return super().update(aws, id_, olds, news)

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[id_])


RESOURCE_TYPES: list[ResourceType] = [
    Vpc(),
    Subnet(),
    SecurityGroup(),
    InternetGateway(),
    RouteTable(),
    RouteTableAssociation(),
    VpcEndpoint(),
]
