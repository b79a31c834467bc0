"""The gate in front of the services: a request with the credentials of a role passes if the role may make its calls.

    GET /_policies/uses       the calls of roles, by the statement that allowed them, and those that were refused
    PUT /_policies/without    {"statements": ["worker/ReadSource"]}: ignores these statements
    GET /v2/credentials/KEY   the answer of the credentials endpoint to a container

AWS: reference_sigv.html (the scope of a signature names the service), ErrorResponses.html (S3), CommonErrors.html.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.sax.saxutils import escape

from ministack.core.responses import request_scope

from asgi import answer, read_body
from policies import calls, judge, s3_calls, sessions
from policies.kms_keys import with_kms_calls
from policies.sessions import Session
from policies.statements import Call, Uncovered

Application = Callable[[dict[str, Any], Callable[..., Any], Callable[..., Any]], Awaitable[None]]

CREDENTIALS_PATH = "/v2/credentials/"
SCOPE = re.compile(r"Credential=([^/,]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")


class Request:
    """The parts of a request that are needed to judge it."""

    def __init__(self, scope: dict[str, Any]) -> None:
        self.method = scope["method"]
        # Decoded as S3 decodes it, so that it has the key of the object.
        raw = scope.get("raw_path") or scope["path"].encode()
        self.path = unquote(raw.partition(b"?")[0].decode("latin-1"))
        self.headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        self.parameters = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True))
        signature = self.headers.get("authorization", "")
        presigned = self.parameters.get("X-Amz-Credential")
        match = SCOPE.search(f"Credential={presigned}" if presigned else signature)
        self.key, self.region, self.service = match.groups() if match else ("", "", "")

    @property
    def needs_body(self) -> bool:
        """Whether the body is needed to know which action is asked for."""
        return self.service != "s3" or s3_calls.needs_body(self.method, self.parameters)

    def calls(self, body: bytes, account: str) -> list[Call]:
        """Returns the calls that the request stands for."""
        if self.service == "s3":
            made = s3_calls.calls(self.method, self.path, self.parameters, self.headers, body)
            return with_kms_calls(made, bool({"uploads", "uploadId"} & self.parameters.keys()))
        target = self.headers.get("x-amz-target", "")
        return calls.calls(self.service, self.method, self.path, target, body, calls.Place(self.region, account))


class Gate:
    """An ASGI application in front of another one."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        if scope["type"] != "http":
            return await self._application(scope, receive, send)
        path = scope["path"]
        if path.startswith("/_policies/"):
            return await _json(send, *_administer(scope["method"], path, await read_body(receive)))
        if path.startswith(CREDENTIALS_PATH) and (session := sessions.find(path.removeprefix(CREDENTIALS_PATH))):
            return await _json(send, 200, session.document())
        request = Request(scope)
        session = sessions.find(request.key)
        if session is None:
            if request.key.startswith("ASIA") and request.service != "sts":
                message = "The security token included in the request is invalid."
                return await _refuse(send, request, "InvalidClientTokenId", message)
            return await self._application(scope, receive, send)
        await self._judged(request, session, scope, receive, send)

    async def _judged(self, request: Request, session: Session, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        if request.needs_body:
            body = await read_body(receive)
            receive = _replay_body(body, receive)
        with request_scope(session.caller.account, request.region):
            try:
                wanted = request.calls(body, session.caller.account)
                for call in wanted:
                    judge.check_session(session, call)
            except (Uncovered, judge.Denied) as error:
                if isinstance(error, Uncovered):
                    judge.record_uncovered(str(error))
                return await _refuse(send, request, "AccessDenied", str(error))
            reads = [call for call in wanted if call.action.startswith("s3:GetObject") and request.method != "PUT"]
            if reads and request.method in ("GET", "HEAD"):
                send = _hide_missing(request, session, reads[0], send)
        await self._application(scope, receive, send)


def _hide_missing(request: Request, session: Session, call: Call, send: Callable[..., Any]) -> Callable[..., Any]:
    """Replaces a 404 by a refusal if the caller may not list the bucket, and so may not know that an object is missing.

    AWS: API_GetObject.html, permissions ("If you don't have the s3:ListBucket permission, Amazon S3 returns an HTTP
    status code 403 Access Denied error").
    """
    refused = False

    async def look(message: dict[str, Any]) -> None:
        nonlocal refused
        if refused:
            return
        if message["type"] == "http.response.start" and message["status"] == 404:
            bucket = Call("s3:ListBucket", call.resource.partition("/")[0])
            with request_scope(session.caller.account, request.region):
                refused = not judge.may(session, bucket)
            if refused:
                name = session.caller.name
                reason = f"User: {name} is not authorized to perform: s3:ListBucket on resource: {bucket.resource}"
                return await _refuse(send, request, "AccessDenied", reason)
        await send(message)

    return look


def _administer(method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
    if (method, path) == ("GET", "/_policies/uses"):
        return 200, judge.report()
    if (method, path) == ("PUT", "/_policies/without"):
        judge.ignore_statements(set(json.loads(body)["statements"]))
        return 200, {}
    return 404, {"error": f"there is no {method} {path}"}


async def _refuse(send: Callable[..., Any], request: Request, code: str, message: str) -> None:
    """Sends a refusal in the protocol of the service."""
    if request.service == "s3":
        text = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        body = b"" if request.method == "HEAD" else f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode()
        return await answer(send, 403, "application/xml", body)
    name = {"AccessDenied": "AccessDeniedException", "InvalidClientTokenId": "UnrecognizedClientException"}[code]
    # REST services send the error code in a header, and status 403.
    status = 403 if request.service == "lambda" else 400
    body = json.dumps({"__type": name, "message": message, "Message": message}).encode()
    extra = [(b"x-amzn-errortype", name.encode())]
    await answer(send, status, "application/x-amz-json-1.0", body, extra)


async def _json(send: Callable[..., Any], status: int, body: dict[str, Any]) -> None:
    await answer(send, status, "application/json", json.dumps(body).encode())


def _replay_body(body: bytes, receive: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a `receive` that delivers a body that was read before once more, then the messages after it."""
    given = False

    async def read() -> dict[str, Any]:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return read
