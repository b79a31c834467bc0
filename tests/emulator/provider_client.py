"""A client of the stand-in provider, which makes the calls of Pulumi's engine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

HERE = Path(__file__).parent
SCHEMA = HERE.parent.parent / "stack" / "aws" / "schema" / "aws.json"


class Provider:
    """A running provider."""

    def __init__(self, port: str) -> None:
        self.stub = provider_pb2_grpc.ResourceProviderStub(grpc.insecure_channel(f"127.0.0.1:{port}"))
        self.stub.Configure(provider_pb2.ConfigureRequest(args=struct({"region": "eu-central-1"})))

    def check(self, type_: str, name: str, news: dict[str, Any], olds: dict[str, Any] | None = None) -> Any:
        return self.stub.Check(
            provider_pb2.CheckRequest(urn=urn(type_, name), olds=struct(olds or {}), news=struct(news), randomSeed=b"1")
        )

    def create(self, type_: str, name: str, inputs: dict[str, Any], preview: bool = False) -> tuple[str, Any]:
        checked = self.check(type_, name, inputs)
        assert not checked.failures, checked.failures
        request = provider_pb2.CreateRequest(urn=urn(type_, name), properties=checked.inputs, preview=preview)
        created = self.stub.Create(request)
        return created.id, MessageToDict(created.properties)

    def diff(self, type_: str, olds: dict[str, Any], news: dict[str, Any]) -> Any:
        return self.stub.Diff(provider_pb2.DiffRequest(urn=urn(type_, "x"), old_inputs=struct(olds), news=struct(news)))

    def update(self, type_: str, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        request = provider_pb2.UpdateRequest(id=id_, urn=urn(type_, "x"), olds=struct(olds), news=struct(news))
        return MessageToDict(self.stub.Update(request).properties)

    def delete(self, type_: str, id_: str, state: dict[str, Any]) -> None:
        self.stub.Delete(provider_pb2.DeleteRequest(id=id_, urn=urn(type_, "x"), properties=struct(state)))


def struct(properties: dict[str, Any]) -> Struct:
    return ParseDict(properties, Struct())


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:dev::sluice::{type_}::{name}"


@contextmanager
def running(endpoint: str, journal: Path) -> Iterator[Provider]:
    """Runs a provider for an emulator, with its log in `journal`."""
    process = subprocess.Popen(
        [str(HERE / "provider" / "pulumi-resource-aws"), "127.0.0.1:1"],
        env={
            **os.environ,
            "SLUICE_EMULATOR_ENDPOINT": endpoint,
            "SLUICE_EMULATOR_PYTHON": sys.executable,
            "SLUICE_PROVIDER_SCHEMA": str(SCHEMA),
            "SLUICE_PROVIDER_LOG": str(journal),
            "SLUICE_PROVIDER_FAIL": "doomed",
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield Provider(process.stdout.readline().strip())
    process.terminate()
    process.wait(timeout=10)
