"""ECR: repositories are at the emulator's address, so that an image can be pushed to them.

AWS: API_Repository.html (repositoryUri), API_AuthorizationData.html (proxyEndpoint). The registry itself, the
distribution API under /v2/, is MiniStack's.
"""

from __future__ import annotations

import json
import os

from ministack.services import ecr

Response = tuple[int, dict[str, str], bytes]

_get_authorization_token = ecr._get_authorization_token


def address() -> str:
    """Host and port of the registry; Docker takes a loopback address without TLS."""
    return os.environ["AWS_ENDPOINT_URL"].removeprefix("http://")


def repository_uri(name: str) -> str:
    """Where a repository is."""
    return f"{address()}/{name}"


def get_authorization_token(data: dict[str, object]) -> Response:
    """GetAuthorizationToken names the registry to log in to."""
    status, headers, body = _get_authorization_token(data)
    answer = json.loads(body)
    for entry in answer["authorizationData"]:
        entry["proxyEndpoint"] = f"http://{address()}"
    return status, headers, json.dumps(answer).encode()


def install() -> None:
    """Puts this in place of MiniStack's."""
    ecr._repo_uri = repository_uri
    ecr._get_authorization_token = get_authorization_token
