"""Properties as they travel between the engine and a provider."""

from __future__ import annotations

from typing import Any

from google.protobuf import struct_pb2
from google.protobuf.json_format import MessageToDict, ParseDict

Properties = dict[str, Any]

# Stands for a value that is not known yet in a preview. Pulumi: sdk/go/common/resource/plugin/rpc.go
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def read(struct: struct_pb2.Struct) -> Properties:
    """Reads properties from a message. Whole numbers become integers, because a message has only one kind of number."""
    return _whole(MessageToDict(struct))


def write(properties: Properties) -> struct_pb2.Struct:
    """Writes properties into a message, without those that are None."""
    present = {key: value for key, value in properties.items() if value is not None}
    return ParseDict(present, struct_pb2.Struct())


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _whole(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_whole(part) for part in value]
    return value


def is_unknown(value: Any) -> bool:
    """Whether a value or a part of it is not known yet."""
    if isinstance(value, dict):
        return any(map(is_unknown, value.values()))
    if isinstance(value, list):
        return any(map(is_unknown, value))
    return value == UNKNOWN
