"""Reads requests and sends answers over ASGI."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


async def read_body(receive: Callable[..., Any]) -> bytes:
    """Returns the whole body of a request."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def answer(
    send: Callable[..., Any], status: int, kind: str, body: bytes, extra: list[tuple[bytes, bytes]] | None = None
) -> None:
    """Sends an answer with this status, content type, body and further headers."""
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode()), *(extra or [])]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
