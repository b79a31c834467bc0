#!/usr/bin/env python3
"""Stands in for the AWS provider of Pulumi: makes resources in the emulator.

Pulumi starts it through `pulumi-resource-aws`. Its environment:

SLUICE_EMULATOR_ENDPOINT   where the emulator is; without it, previews only
SLUICE_EMULATOR_PYTHON     the Python that runs this
SLUICE_PROVIDER_SCHEMA     schema of the genuine provider, or a part of it: inputs that are not in it are refused
SLUICE_PROVIDER_LOG        file for one JSON line at the start and the end of each creation, change and removal
SLUICE_PROVIDER_FAIL       logical name of a resource whose creation fails
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import naming
import wire
from aws import DEFAULT_REGION, Aws
from botocore.exceptions import BotoCoreError, ClientError
from google.protobuf import empty_pb2
from invokes import UnknownFunction, invoke
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc
from resources import resource_type_of
from resources.recorded import Recorded
from schema import Schema
from wire import UNKNOWN, Properties

# The version of the genuine provider that this one stands in for.
VERSION = "7.51.1"

# Errors of the emulator or of a request; any other error is a defect of the stand-in.
FAILURES = (ClientError, BotoCoreError, LookupError, ValueError)


class ForcedFailure(ValueError):
    """The creation of this resource fails because a test asked for it."""


def type_of(urn: str) -> str:
    """Returns the type in a URN: `urn:pulumi:dev::sluice::aws:s3/bucket:Bucket::source` → `aws:s3/bucket:Bucket`."""
    return urn.split("::")[2].rpartition("$")[2]


def name_of(urn: str) -> str:
    """Returns the logical name in a URN."""
    return urn.split("::", 3)[3]


class Journal:
    """The log of creations, changes and removals, one JSON line for each start and end."""

    def __init__(self, path: str | None) -> None:
        self._file = open(path, "a", encoding="utf-8") if path else None  # noqa: SIM115 (open as long as the provider)
        self._lock = threading.Lock()

    def write(self, **fields: Any) -> None:
        """Adds a line."""
        if self._file is not None:
            with self._lock:
                self._file.write(json.dumps({"time": time.time(), **fields}) + "\n")
                self._file.flush()

    @contextmanager
    def operation(self, operation: str, urn: str) -> Iterator[None]:
        """Notes the start and the end of an operation."""
        fields = {"operation": operation, "type": type_of(urn), "name": name_of(urn), "urn": urn}
        self.write(phase="start", **fields)
        try:
            yield
        except FAILURES as error:
            self.write(phase="failed", error=str(error), **fields)
            raise
        self.write(phase="end", **fields)


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """The service that the engine calls."""

    def __init__(self, schema: Schema | None, journal: Journal) -> None:
        self._schema = schema
        self._journal = journal
        self._aws = Aws()

    def Handshake(self, _request: Any, _context: Any) -> Any:
        # The stand-in does not accept secrets: the engine keeps track of them, and passes their values in clear.
        return provider_pb2.ProviderHandshakeResponse(accept_resources=False, accept_outputs=False)

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=VERSION)

    def Attach(self, _request: Any, _context: Any) -> Any:
        return empty_pb2.Empty()

    def Cancel(self, _request: Any, _context: Any) -> Any:
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, _context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, _context: Any) -> Any:
        same = wire.read(request.old_inputs) == wire.read(request.news)
        return provider_pb2.DiffResponse(changes=_changes(not same))

    def Configure(self, request: Any, _context: Any) -> Any:
        arguments = wire.read(request.args)
        # Nested values come as JSON in a string.
        tags = arguments.get("defaultTags") or {}
        tags = json.loads(tags) if isinstance(tags, str) and tags != UNKNOWN else tags
        region = arguments.get("region") or os.environ.get("AWS_REGION") or DEFAULT_REGION
        self._aws = Aws(region, tags.get("tags") if isinstance(tags, dict) else None)
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Check(self, request: Any, _context: Any) -> Any:
        token, news = type_of(request.urn), wire.read(request.news)
        faults = self._schema.faults(token, news) if self._schema else []
        failures = [provider_pb2.CheckFailure(property=fault.path, reason=fault.reason) for fault in faults]
        resource_type = resource_type_of(token)
        if resource_type.naming is not None:
            olds = wire.read(request.olds)
            news = naming.with_name(resource_type.naming, name_of(request.urn), request.randomSeed, olds, news)
        return provider_pb2.CheckResponse(inputs=wire.write(news), failures=failures)

    def Diff(self, request: Any, _context: Any) -> Any:
        resource_type = resource_type_of(type_of(request.urn))
        olds, news = wire.read(request.old_inputs), wire.read(request.news)
        ignored = {naming.DEFAULTS, *request.ignoreChanges}
        changed = [name for name in sorted({*olds, *news} - ignored) if olds.get(name) != news.get(name)]
        replaces = [name for name in changed if name in resource_type.replace_on_change]
        return provider_pb2.DiffResponse(
            changes=_changes(bool(changed)),
            diffs=changed,
            replaces=replaces,
            # Two resources with the same name cannot be there at once, unless it is the name that changes.
            deleteBeforeReplace=bool(replaces) and self._same_name(resource_type, olds, news),
            detailedDiff={name: _detail(name, olds, news, name in replaces) for name in changed},
            hasDetailedDiff=True,
        )

    def _same_name(self, resource_type: Any, olds: Properties, news: Properties) -> bool:
        given = naming.is_given(resource_type.naming, news)
        return given and olds.get(resource_type.naming.name) == news.get(resource_type.naming.name)

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        inputs = wire.read(request.properties)
        resource_type = resource_type_of(type_of(request.urn))
        if request.preview:
            return provider_pb2.CreateResponse(properties=wire.write(self._with_unknown(request.urn, inputs)))

        def create() -> Any:
            if os.environ.get("SLUICE_PROVIDER_FAIL") == name_of(request.urn):
                raise ForcedFailure("it was told to fail")
            id_, outputs = resource_type.create(self._aws, inputs)
            if isinstance(resource_type, Recorded) and self._schema is not None:
                outputs = self._schema.placeholder_outputs(type_of(request.urn), id_) | outputs
            return provider_pb2.CreateResponse(id=id_, properties=wire.write(self._state(inputs, outputs)))

        return self._run("create", request.urn, context, create)

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        olds, news = wire.read(request.olds), wire.read(request.news)
        resource_type = resource_type_of(type_of(request.urn))
        kept = {name: olds[name] for name in self._computed(request.urn) if name in olds}
        if request.preview:
            return provider_pb2.UpdateResponse(properties=wire.write(self._state(news, kept)))

        def update() -> Any:
            outputs = kept | resource_type.update(self._aws, request.id, olds, news)
            return provider_pb2.UpdateResponse(properties=wire.write(self._state(news, outputs)))

        return self._run("update", request.urn, context, update)

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        state = wire.read(request.properties)
        resource_type = resource_type_of(type_of(request.urn))

        def delete() -> Any:
            resource_type.delete(self._aws, request.id, state)
            return empty_pb2.Empty()

        return self._run("delete", request.urn, context, delete)

    def Read(self, request: Any, _context: Any) -> Any:
        """A refresh returns the recorded state: drift is not emulated."""
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:
        arguments = wire.read(request.args)
        try:
            answer = invoke(self._aws, request.tok, arguments)
        except (UnknownFunction, *FAILURES) as error:
            context.abort(grpc.StatusCode.UNKNOWN, f"invoking {request.tok}: {error}")
        return provider_pb2.InvokeResponse(**{"return": wire.write(arguments | answer)})

    def _state(self, inputs: Properties, outputs: Properties) -> Properties:
        state = {**inputs, **outputs}
        return state | {"tagsAll": self._aws.tags(inputs)} if "tags" in inputs or self._aws.default_tags else state

    def _computed(self, urn: str) -> set[str]:
        token = type_of(urn)
        return {*resource_type_of(token).computed, *(self._schema.computed(token) if self._schema else [])} - {
            "tagsAll"
        }

    def _with_unknown(self, urn: str, inputs: Properties) -> Properties:
        """Returns the properties of a resource in the preview of its creation."""
        return self._state(inputs, dict.fromkeys(self._computed(urn), UNKNOWN))

    def _run(self, operation: str, urn: str, context: grpc.ServicerContext, action: Callable[[], Any]) -> Any:
        try:
            with self._journal.operation(operation, urn):
                return action()
        except FAILURES as error:
            context.abort(grpc.StatusCode.UNKNOWN, f"{operation} {type_of(urn)} ({name_of(urn)}): {error}")


def _changes(changed: bool) -> Any:
    return provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE


def _detail(name: str, olds: Properties, news: Properties, replace: bool) -> Any:
    kind = "ADD" if name not in olds else "DELETE" if name not in news else "UPDATE"
    return provider_pb2.PropertyDiff(kind=f"{kind}_REPLACE" if replace else kind, inputDiff=True)


def main() -> None:
    """Serves on a free port, whose number the engine reads from standard output."""
    schema = os.environ.get("SLUICE_PROVIDER_SCHEMA")
    provider = Provider(Schema.load(Path(schema)) if schema else None, Journal(os.environ.get("SLUICE_PROVIDER_LOG")))
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    engine = os.getppid()
    print(port, flush=True)
    # An engine that was killed did not tell its plugins to end, so this one ends with its parent.
    while server.wait_for_termination(timeout=1) and os.getppid() == engine:
        pass


if __name__ == "__main__":
    main()
