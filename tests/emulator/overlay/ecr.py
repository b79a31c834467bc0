"""ECR: repositories at the emulator's address, so that an image can be pushed to them; immutable tags are used once.

AWS: API_Repository.html (repositoryUri), API_AuthorizationData.html (proxyEndpoint), image-tag-mutability.html,
API_DescribeImages.html (errors). The registry itself, the distribution API under /v2/, is MiniStack's.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import ecr

Response = tuple[int, dict[str, str], bytes]

# AWS: Registries.html, the URL of a private registry.
AWS_REGISTRY = re.compile(r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/")

FUNCTION_MANIFESTS = frozenset(
    {
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
    }
)

_get_authorization_token = ecr._get_authorization_token
_describe_images = ecr._describe_images
_v2_put_manifest = ecr._v2_put_manifest


def address() -> str:
    """Returns host and port of the registry; Docker accepts a loopback address without TLS."""
    return os.environ["AWS_ENDPOINT_URL"].removeprefix("http://")


def repository_uri(name: str) -> str:
    """Returns the URI of a repository."""
    return f"{address()}/{name}"


def with_local_registry(image: str) -> str:
    """Returns an image's name with the emulator's registry in place of that of AWS, so that an engine can pull it."""
    return AWS_REGISTRY.sub(f"{address()}/", image)


def get_authorization_token(data: dict[str, object]) -> Response:
    """GetAuthorizationToken: also names the registry to log in to."""
    status, headers, body = _get_authorization_token(data)
    answer = json.loads(body)
    for entry in answer["authorizationData"]:
        entry["proxyEndpoint"] = f"http://{address()}"
    return status, headers, json.dumps(answer).encode()


def describe_images(data: dict[str, Any]) -> Response:
    """DescribeImages: an error for an image that does not exist, not an empty list.

    AWS: API_DescribeImages.html, ImageNotFoundException.
    """
    name = data.get("repositoryName", "")
    if name in ecr._repositories:
        for image in data.get("imageIds") or []:
            if not ecr._find_image(name, image):
                message = f"The image with imageId {image} does not exist within the repository with name '{name}'"
                return error_response_json("ImageNotFoundException", message, 400)
    return _describe_images(data)


def put_manifest(name: str, reference: str, headers: dict[str, str], body: bytes) -> Response:
    """Refuses a push to an immutable tag that is taken, even a push of the same image.

    AWS: image-tag-mutability.html ("a tag that is already in the repository"), API_PutImage.html
    (ImageTagAlreadyExistsException). MiniStack accepts the same image again.
    """
    repository = ecr._repositories.get(name)
    taken = any(reference in image.get("imageTags", []) for image in ecr._images.get(name, []))
    if repository is not None and repository.get("imageTagMutability") == "IMMUTABLE" and taken:
        message = (
            f"The image tag '{reference}' already exists in the '{name}' repository and cannot be overwritten because "
            "the repository is immutable."
        )
        return ecr._registry_error(400, "TAG_INVALID", message, {"tag": reference})
    return _v2_put_manifest(name, reference, headers, body)


def image_fault(image: str) -> str | None:
    """Returns why Lambda cannot use an image of a repository; None if it can, or if no image was pushed.

    AWS: images-create.html#images-reqs: Docker image manifest V2 schema 2 or OCI image manifest, no index.
    """
    name, reference = re.sub(r"^[^/]+/", "", image), {}
    if "@" in name:
        name, reference["imageDigest"] = name.split("@")
    elif ":" in name:
        name, reference["imageTag"] = name.rsplit(":", 1)
    found = ecr._find_image(name, reference) if name in ecr._repositories else None
    kind = found.get("imageManifestMediaType") if found else None
    if kind is None or kind in FUNCTION_MANIFESTS:
        return None
    return (
        f"The image manifest, config or layer media type for the source image {image} is not supported. "
        f"Its media type is {kind}."
    )


def install() -> None:
    """Replaces functions of MiniStack by those of this module."""
    ecr._repo_uri = repository_uri
    ecr._get_authorization_token = get_authorization_token
    ecr._describe_images = describe_images
    ecr._v2_put_manifest = put_manifest
