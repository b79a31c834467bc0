"""Resources that exist only in the state of the stack."""

from __future__ import annotations

import uuid

from aws import Aws, Properties

from resources.resource_type import Created, ResourceType


class Recorded(ResourceType):
    """A resource of any other type: it has an id and an ARN, but nothing is made in the emulator."""

    def __init__(self, token: str) -> None:
        self._token = token

    def create(self, aws: Aws, inputs: Properties) -> Created:
        package, _colon, rest = self._token.partition(":")
        service, _slash, name = rest.partition(":")[0].partition("/")
        id_ = f"{name}-{uuid.uuid4().hex[:12]}"
        return id_, {"arn": f"arn:{package}:{service}:{aws.region}:{aws.account}:{name}/{id_}"}

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        return {}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        return
