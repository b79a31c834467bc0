"""VPC endpoints keep the policy that they are created with. AWS: API_CreateVpcEndpoint.html (PolicyDocument)."""

from __future__ import annotations

import re
from typing import Any

from ministack.services import ec2

_create = ec2._create_vpc_endpoint


def create_endpoint(parameters: dict[str, Any]) -> Any:
    """CreateVpcEndpoint: stores the policy, too."""
    answer = _create(parameters)
    policy = ec2._p(parameters, "PolicyDocument")
    if answer[0] == 200 and policy:
        body = answer[2].decode() if isinstance(answer[2], bytes) else answer[2]
        (made,) = re.findall(r"<vpcEndpointId>(vpce-[^<]+)<", body)
        ec2._vpc_endpoints[made]["PolicyDocument"] = policy
    return answer


def install() -> None:
    """Replaces functions of MiniStack by those of this module."""
    ec2._create_vpc_endpoint = create_endpoint
    # MiniStack filled its table of actions when it was loaded, so the table is changed as well.
    table = next(
        table for table in vars(ec2).values() if isinstance(table, dict) and table.get("CreateVpcEndpoint") is _create
    )
    table["CreateVpcEndpoint"] = create_endpoint
