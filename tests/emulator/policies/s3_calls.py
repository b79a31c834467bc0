"""Reads which actions a request to S3 asks for.

AWS: using-with-s3-policy-actions.html (actions by operation), mpuoverview.html (permissions of multipart uploads),
conditional-writes.html and conditional-deletes.html (If-Match reads the object as well).
"""

from __future__ import annotations

from urllib.parse import unquote
from xml.etree import ElementTree

from policies.statements import Call, Uncovered

# Query parameters that do not change which operation a request is.
PLAIN = frozenset(
    {
        "continuation-token",
        "delimiter",
        "encoding-type",
        "fetch-owner",
        "list-type",
        "marker",
        "max-keys",
        "max-parts",
        "part-number-marker",
        "prefix",
        "start-after",
        "x-id",
    }
)

Parameters = dict[str, str]
Headers = dict[str, str]


def needs_body(method: str, parameters: Parameters) -> bool:
    """Whether the body is needed to know which actions are asked for."""
    return method == "POST" and "delete" in parameters


def calls(method: str, path: str, parameters: Parameters, headers: Headers, body: bytes) -> list[Call]:
    """Returns the calls that a request stands for; all of them have to be allowed."""
    bucket, _slash, key = path.lstrip("/").partition("/")
    given = {name for name in parameters if name not in PLAIN and not name.startswith(("response-", "X-Amz-"))}
    if not bucket:
        return [_known(method, given, {("GET", ""): "s3:ListAllMyBuckets"}, "*")]
    if not key:
        return _of_bucket(method, bucket, parameters, given, body)
    return _of_object(method, bucket, key, given, headers)


def _known(method: str, given: set[str], actions: dict[tuple[str, str], str], resource: str) -> Call:
    action = actions.get((method, "+".join(sorted(given))))
    if action is None:
        raise Uncovered(f"the emulator has no S3 action for {method} {resource} with {sorted(given)}")
    return Call(action, resource)


def _of_bucket(method: str, bucket: str, parameters: Parameters, given: set[str], body: bytes) -> list[Call]:
    arn = f"arn:aws:s3:::{bucket}"
    if (method, given) == ("POST", {"delete"}):
        keys = [element.text or "" for element in ElementTree.fromstring(body).iter() if element.tag.endswith("Key")]
        return [Call("s3:DeleteObject", f"{arn}/{key}") for key in keys]
    actions = {
        ("GET", ""): "s3:ListBucket",
        ("HEAD", ""): "s3:ListBucket",
        ("GET", "location"): "s3:GetBucketLocation",
        ("GET", "uploads"): "s3:ListBucketMultipartUploads",
        ("GET", "versions"): "s3:ListBucketVersions",
        ("GET", "versioning"): "s3:GetBucketVersioning",
    }
    call = _known(method, given, actions, arn)
    shown = ("prefix", "delimiter", "max-keys")
    return [Call(call.action, arn, {f"s3:{name}": parameters[name] for name in shown if name in parameters})]


def _of_object(method: str, bucket: str, key: str, given: set[str], headers: Headers) -> list[Call]:
    arn = f"arn:aws:s3:::{bucket}/{key}"
    actions = {
        ("GET", ""): "s3:GetObject",
        ("HEAD", ""): "s3:GetObject",
        ("GET", "partNumber"): "s3:GetObject",
        ("HEAD", "partNumber"): "s3:GetObject",
        ("GET", "versionId"): "s3:GetObjectVersion",
        ("HEAD", "versionId"): "s3:GetObjectVersion",
        ("GET", "uploadId"): "s3:ListMultipartUploadParts",
        ("PUT", ""): "s3:PutObject",
        ("PUT", "partNumber+uploadId"): "s3:PutObject",
        ("POST", "uploads"): "s3:PutObject",
        ("POST", "uploadId"): "s3:PutObject",
        ("DELETE", ""): "s3:DeleteObject",
        ("DELETE", "versionId"): "s3:DeleteObjectVersion",
        ("DELETE", "uploadId"): "s3:AbortMultipartUpload",
    }
    call = _known(method, given, actions, arn)
    names = ("x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id", "if-match", "if-none-match")
    context = {f"s3:{name}": headers[name] for name in names if name in headers}
    made = [Call(call.action, arn, context)]
    if source := headers.get("x-amz-copy-source"):
        # With a version the action is s3:GetObjectVersion.
        path, _mark, version = unquote(source).lstrip("/").partition("?")
        made.append(Call("s3:GetObjectVersion" if version else "s3:GetObject", f"arn:aws:s3:::{path}"))
    if "x-amz-tagging" in headers:
        made.append(Call("s3:PutObjectTagging", arn))
    if method in ("PUT", "POST", "DELETE") and headers.get("if-match", "*") != "*":
        made.append(Call("s3:GetObject", arn))
    return made
