"""How the provider handles a resource type."""

from __future__ import annotations

from typing import ClassVar

from aws import Aws, Properties
from naming import Naming

Created = tuple[str, Properties]


class ResourceType:
    """A resource type: how its resources are made, changed and removed."""

    token: ClassVar[str]
    # How its resources are named; None if they have no name of their own.
    naming: ClassVar[Naming | None] = None
    # Inputs that cannot be changed: another value makes a new resource, as the documentation of the genuine
    # provider says ("Changing this forces a new resource").
    replace_on_change: ClassVar[frozenset[str]] = frozenset()
    # Outputs that exist after creation, besides the inputs.
    computed: ClassVar[tuple[str, ...]] = ("arn",)

    def create(self, aws: Aws, inputs: Properties) -> Created:
        """Makes a resource; returns its id and its outputs besides the inputs."""
        raise NotImplementedError

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        """Changes a resource to the new inputs; returns the outputs that have changed."""
        raise NotImplementedError

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        """Removes a resource."""
        raise NotImplementedError


class PutResource(ResourceType):
    """A resource that the same call makes and changes; most are settings of another resource."""

    computed = ()

    def put(self, aws: Aws, inputs: Properties) -> str:
        """Makes or changes the resource; returns its id."""
        raise NotImplementedError

    def create(self, aws: Aws, inputs: Properties) -> Created:
        return self.put(aws, inputs), {}

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        self.put(aws, news)
        return {}
