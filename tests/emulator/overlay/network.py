"""Endpoints of networks keep the policy that they are made with. AWS: API_CreateVpcEndpoint.html (PolicyDocument)."""

from __future__ import annotations

import re
from typing import Any

from ministack.services import ec2

_create = ec2._create_vpc_endpoint


def create_endpoint(parameters: dict[str, Any]) -> Any:
    """CreateVpcEndpoint."""
    answer = _create(parameters)
    policy = ec2._p(parameters, "PolicyDocument")
    if answer[0] == 200 and policy:
        body = answer[2].decode() if isinstance(answer[2], bytes) else answer[2]
        (made,) = re.findall(r"<vpcEndpointId>(vpce-[^<]+)<", body)
        ec2._vpc_endpoints[made]["PolicyDocument"] = policy
    return answer


def install() -> None:
    """Puts this in place of MiniStack's."""
    ec2._create_vpc_endpoint = create_endpoint
    # The table of actions was made from MiniStack's functions.
    table = next(
        table for table in vars(ec2).values() if isinstance(table, dict) and table.get("CreateVpcEndpoint") is _create
    )
    table["CreateVpcEndpoint"] = create_endpoint
