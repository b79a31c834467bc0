"""The resource types that are made for real, by service. All others are recorded."""

from __future__ import annotations

from resources import containers, functions, identity, messaging, monitoring, network, recorded, storage, workflows
from resources.kind import Kind

KINDS: dict[str, Kind] = {
    kind.token: kind
    for module in (containers, functions, identity, messaging, monitoring, network, storage, workflows)
    for kind in module.KINDS
}


def kind_of(token: str) -> Kind:
    """What is known of a resource type."""
    return KINDS.get(token) or recorded.Recorded(token)
