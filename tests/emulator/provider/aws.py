"""Clients of the emulator, and the number of its account."""

from __future__ import annotations

import os
import threading
from typing import Any

import boto3

ENDPOINT_VARIABLE = "SLUICE_EMULATOR_ENDPOINT"
DEFAULT_REGION = "eu-central-1"
DEFAULT_ACCOUNT = "123456789012"

Properties = dict[str, Any]


class Aws:
    """The emulator, as one configuration of the provider sees it."""

    def __init__(self, region: str = DEFAULT_REGION, default_tags: dict[str, str] | None = None) -> None:
        self.region = region
        self.default_tags = default_tags or {}
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str, region: str | None = None) -> Any:
        """Returns a client of a service. Only clients need the emulator: a preview of new resources does not."""
        endpoint = os.environ.get(ENDPOINT_VARIABLE)
        if not endpoint:
            raise LookupError(f"{ENDPOINT_VARIABLE} is not set: start tests/emulator/emulator.py and set it")
        key = (service, region or self.region)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = boto3.client(
                    service,
                    endpoint_url=endpoint,
                    region_name=key[1],
                    aws_access_key_id="test",
                    aws_secret_access_key="test",
                )
            return self._clients[key]

    @property
    def account(self) -> str:
        """Returns the number of the account."""
        if ENDPOINT_VARIABLE not in os.environ:
            return DEFAULT_ACCOUNT
        return self.client("sts").get_caller_identity()["Account"]

    def tags(self, inputs: Properties) -> dict[str, str]:
        """Returns the tags of a resource, including those of the provider."""
        return self.default_tags | (inputs.get("tags") or {})


def pascal(value: Any, names: dict[str, str] | None = None) -> Any:
    """Renames properties as the APIs spell them: `sseAlgorithm` → `SseAlgorithm`, or as `names` says."""
    if isinstance(value, dict):
        return {(names or {}).get(key, key[:1].upper() + key[1:]): pascal(part, names) for key, part in value.items()}
    if isinstance(value, list):
        return [pascal(part, names) for part in value]
    return value


def pick(inputs: Properties, **names: str) -> Properties:
    """Returns arguments of a call: each property that is given, under the name of the API."""
    return {argument: inputs[name] for argument, name in names.items() if inputs.get(name) is not None}


def tag_list(tags: dict[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Returns tags as a list of pairs."""
    return [{key: name, value: text} for name, text in tags.items()]
