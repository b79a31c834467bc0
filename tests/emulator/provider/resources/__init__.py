"""The resource types that are made in the emulator, by service. All other types are only recorded."""

from __future__ import annotations

from resources import containers, functions, identity, messaging, monitoring, network, recorded, storage, workflows
from resources.resource_type import ResourceType

RESOURCE_TYPES: dict[str, ResourceType] = {
    resource_type.token: resource_type
    for module in (containers, functions, identity, messaging, monitoring, network, storage, workflows)
    for resource_type in module.RESOURCE_TYPES
}


def resource_type_of(token: str) -> ResourceType:
    """Returns how to make, change and remove resources of a type."""
    return RESOURCE_TYPES.get(token) or recorded.Recorded(token)
