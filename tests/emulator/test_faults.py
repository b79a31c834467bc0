"""Faults on demand, as an S3 client sees them."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from conftest import Emulator, eventually

KEY = "a/incoming/x y+ü.csv"


@pytest.fixture(scope="module")
def bucket(emulator: Emulator) -> str:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="faulty", CreateBucketConfiguration={"LocationConstraint": emulator.region})
    for key in (KEY, "other"):
        s3.put_object(Bucket="faulty", Key=key, Body=key.encode())
    return "faulty"


class Fault:
    """A fault in the emulator."""

    def __init__(self, emulator: Emulator, **rule: Any) -> None:
        self._url = f"{emulator.endpoint}/_faults/test"
        self._ask("PUT", json.dumps(rule).encode())

    def met(self) -> int:
        return self._ask("GET")["met"]

    def remove(self) -> None:
        self._ask("DELETE")

    def _ask(self, method: str, body: bytes | None = None) -> dict[str, Any]:
        with urllib.request.urlopen(urllib.request.Request(self._url, data=body, method=method)) as response:
            return json.load(response)


@pytest.fixture
def denied(emulator: Emulator, bucket: str) -> Iterator[Fault]:
    fault = Fault(emulator, method="GET", path=f"/{bucket}/{KEY}", status=403, code="AccessDenied")
    yield fault
    fault.remove()


def read(emulator: Emulator, bucket: str, key: str) -> bytes:
    return emulator.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()


def test_request_that_meets_a_fault_is_refused_and_counted(emulator: Emulator, bucket: str, denied: Fault) -> None:
    with pytest.raises(ClientError) as caught:
        read(emulator, bucket, KEY)
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert denied.met() == 1


def test_other_requests_do_not_meet_it(emulator: Emulator, bucket: str, denied: Fault) -> None:
    assert read(emulator, bucket, "other") == b"other"
    emulator.client("s3").head_object(Bucket=bucket, Key=KEY)
    assert denied.met() == 0


def test_removed_fault_is_over(emulator: Emulator, bucket: str) -> None:
    Fault(emulator, method="GET", path=f"/{bucket}/*", status=403, code="AccessDenied").remove()
    assert read(emulator, bucket, KEY) == KEY.encode()


def test_fault_of_some_times_passes(emulator: Emulator, bucket: str) -> None:
    # boto3 repeats requests that failed with 500.
    fault = Fault(emulator, method="GET", path=f"/{bucket}/*", status=500, code="InternalError", times=2)
    try:
        assert read(emulator, bucket, KEY) == KEY.encode()
        assert fault.met() == 2
    finally:
        fault.remove()


def test_held_request_goes_on_when_the_fault_is_removed(emulator: Emulator, bucket: str) -> None:
    fault = Fault(emulator, method="PUT", path=f"/{bucket}/late")
    s3 = emulator.client("s3")
    writer = threading.Thread(target=lambda: s3.put_object(Bucket=bucket, Key="late", Body=b"late"))
    writer.start()
    try:
        eventually(fault.met)
        with pytest.raises(ClientError, match="NoSuchKey"):
            read(emulator, bucket, "late")
    finally:
        fault.remove()
    writer.join(timeout=30)
    assert read(emulator, bucket, "late") == b"late"
