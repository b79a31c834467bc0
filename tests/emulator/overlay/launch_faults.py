"""Launches of tasks that fail for causes that pass by themselves, as many as a test asks for."""

from __future__ import annotations

# Launches that are still to be refused, and tasks that still are not to start.
_left = {"throttled": 0, "unprovisioned": 0}

# ECS asks EC2 about the subnets of a task, and returns the throttling of EC2 as a wrong parameter.
# Reported, not documented by AWS: dagster-io/dagster issue 33439.
THROTTLED = "Error retrieving subnet information for [subnet-0123]: Rate exceeded (ErrorCode: Throttling)"
# AWS: repost.aws/knowledge-center/ecs-fargate-network-interface-errors.
UNPROVISIONED = "Timeout waiting for network interface provisioning to complete."


def ask_for(counts: dict[str, int]) -> None:
    """Sets how many launches are refused next (`throttled`), and how many tasks do not start (`unprovisioned`)."""
    unknown = counts.keys() - _left.keys()
    if unknown:
        raise ValueError(f"there is no {', '.join(sorted(unknown))}")
    _left.update(counts)


def left() -> dict[str, int]:
    """Returns how many are still to come."""
    return dict(_left)


def take(kind: str) -> bool:
    """Returns true if this launch is one of those that a test asked for."""
    is_met = _left[kind] > 0
    _left[kind] -= is_met
    return is_met
