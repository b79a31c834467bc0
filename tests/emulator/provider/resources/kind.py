"""What a resource type is to the provider."""

from __future__ import annotations

from typing import ClassVar

from aws import Aws, Properties
from naming import Naming

Made = tuple[str, Properties]


class Kind:
    """A resource type: how its resources are made, changed and removed."""

    token: ClassVar[str]
    # How its resources are named; None when they have no name of their own.
    naming: ClassVar[Naming | None] = None
    # Inputs that cannot be changed: another value makes another resource. As in the documentation of the genuine
    # provider ("Changing this forces a new resource").
    fixed: ClassVar[frozenset[str]] = frozenset()
    # Outputs that are there after creation, besides the inputs.
    computed: ClassVar[tuple[str, ...]] = ("arn",)

    def create(self, aws: Aws, inputs: Properties) -> Made:
        """Makes it: its id and what it has besides the inputs."""
        raise NotImplementedError

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        """Changes it to the new inputs: what it has besides them, as far as it is another than before."""
        raise NotImplementedError

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        """Removes it."""
        raise NotImplementedError


class Attached(Kind):
    """A resource that is a setting of another one: made and changed by the same call."""

    computed = ()

    def put(self, aws: Aws, inputs: Properties) -> str:
        """Sets it: its id."""
        raise NotImplementedError

    def create(self, aws: Aws, inputs: Properties) -> Made:
        return self.put(aws, inputs), {}

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        self.put(aws, news)
        return {}
