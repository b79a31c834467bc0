"""Faults on demand: requests to S3 that are refused, that fail, or that are held until a test lets them go.

    PUT    /_faults/NAME   {"method": "GET", "path": "/bucket/key", "status": 403, "code": "AccessDenied"}
    GET    /_faults/NAME   {"met": 2}, the number of requests that the fault was applied to
    DELETE /_faults/NAME   removes the fault; requests that it holds go on as if nothing had happened

`path` may end with `*`. With `query`, only requests with a parameter of this name match; with `target`, only this
operation of a service that speaks JSON (`AWSEvents.PutEvents`, path `/`). Without `status` and `code` the request is
held; with `kill` (`SIGKILL` or `OutOfMemory`) the process that sends it is killed. With `times`, only that many
requests match. The code ConditionalRequestConflict ends a multipart upload, as S3 does: the next attempt needs a new
one (API_CompleteMultipartUpload.html).

    PUT    /_tasks/ID        {"end": "SpotInterruption"}, "OutOfMemory" or "SIGKILL": ends a task in this way
    PUT    /_launches        {"throttled": 3, "unprovisioned": 2}: the next three launches are refused because EC2
                             throttles ECS, and two of the tasks that are launched get no network interface
    GET    /_launches        the numbers of those that are still to come
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from ministack.services import s3

from asgi import answer, read_body
from overlay import launch_faults, task_events
from policies import sessions
from policies.gate import Request

Application = Callable[[dict[str, Any], Callable[..., Any], Callable[..., Any]], Awaitable[None]]

FAULTS_PATH = "/_faults/"
TASKS_PATH = "/_tasks/"
LAUNCHES_PATH = "/_launches"


@dataclass
class Fault:
    """A fault: which requests it applies to, and what happens to them."""

    method: str
    path: str
    status: int | None = None
    code: str = ""
    query: str = ""
    target: str = ""
    kill: str = ""
    times: int | None = None
    met: int = 0
    removed: asyncio.Event = field(default_factory=asyncio.Event)

    def matches(self, request: Request) -> bool:
        """Whether the fault applies to a request."""
        path = request.path
        if request.method != self.method or self.met == self.times:
            return False
        if self.query and self.query not in request.parameters:
            return False
        if self.target and self.target != request.headers.get("x-amz-target"):
            return False
        return path.startswith(self.path[:-1]) if self.path.endswith("*") else path == self.path


class Faults:
    """An ASGI application in front of another one."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._faults: dict[str, Fault] = {}

    async def __call__(self, scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        if scope["type"] != "http":
            return await self._application(scope, receive, send)
        method, path = scope["method"], scope["path"]
        if path.startswith(TASKS_PATH) and method == "PUT":
            how = json.loads(await read_body(receive))["end"]
            await asyncio.to_thread(task_events.end_task, path.removeprefix(TASKS_PATH), how)
            return await answer(send, 200, "application/json", b"{}")
        if path == LAUNCHES_PATH:
            if method == "PUT":
                launch_faults.ask_for(json.loads(await read_body(receive)))
            return await answer(send, 200, "application/json", json.dumps(launch_faults.left()).encode())
        if path.startswith(FAULTS_PATH):
            status, body = self._administer(method, path.removeprefix(FAULTS_PATH), await read_body(receive))
            return await answer(send, status, "application/json", json.dumps(body).encode())
        request = Request(scope)
        fault = next((fault for fault in self._faults.values() if fault.matches(request)), None)
        if fault is not None:
            fault.met += 1
            session = sessions.find(request.key)
            if fault.kill and session is not None:
                await asyncio.to_thread(task_events.end_caller, session, fault.kill)
                # The sender is dead, so nobody waits for an answer, and the request is not executed.
                return await answer(send, 500, "application/xml", _error("InternalError").encode())
            if fault.status is not None:
                await read_body(receive)
                if fault.code == "ConditionalRequestConflict" and "uploadId" in request.parameters:
                    s3._multipart_uploads.pop(request.parameters["uploadId"], None)
                return await answer(send, fault.status, "application/xml", _error(fault.code).encode())
            await fault.removed.wait()
        await self._application(scope, receive, send)

    def _administer(self, method: str, name: str, body: bytes) -> tuple[int, dict[str, Any]]:
        if method == "PUT":
            if name in self._faults:
                return 409, {"error": f"{name} is there already"}
            try:
                self._faults[name] = Fault(**json.loads(body))
            except (ValueError, TypeError) as error:
                return 400, {"error": str(error)}
            return 200, {}
        fault = self._faults.get(name)
        if fault is None:
            return 404, {"error": f"there is no {name}"}
        if method == "DELETE":
            del self._faults[name]
            fault.removed.set()
        return 200, {"met": fault.met}


def _error(code: str) -> str:
    """Returns an error in the form of S3.

    AWS: ErrorResponses.html#RESTErrorResponses.
    """
    message = "A fault that a test has asked for"
    return f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
