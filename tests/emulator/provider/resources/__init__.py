"""The resource types that are made in the emulator, by service. All other types are only recorded."""

from __future__ import annotations

from resources import containers, functions, identity, messaging, monitoring, network, recorded, storage, workflows
from resources.kind import Kind

KINDS: dict[str, Kind] = {
    kind.token: kind
    for module in (containers, functions, identity, messaging, monitoring, network, storage, workflows)
    for kind in module.KINDS
}


def kind_of(token: str) -> Kind:
    """Returns how to make, change and remove resources of a type."""
    return KINDS.get(token) or recorded.Recorded(token)
