"""The policy of a sender as docs/feedback.md has it: its own files to write, its own answers to read, no more."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path

import pytest

from conftest import Emulator
from test_policies import Role, refused

DOCUMENTED = Path(__file__).resolve().parents[2] / "docs" / "feedback.md"


@pytest.fixture(scope="module")
def buckets(emulator: Emulator) -> tuple[str, str]:
    """A source and a place for outputs, with a file of each kind for two senders."""
    s3, names = emulator.client("s3"), (f"source-{uuid.uuid4().hex[:8]}", f"clean-{uuid.uuid4().hex[:8]}")
    for name in names:
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": emulator.region})
    source, clean = names
    for prefix in ("north", "south"):
        for bucket, key in [
            (source, "resource.json"),
            (source, "incoming/a.csv"),
            (clean, "clean/a.csv"),
            (clean, "rejects/a.csv.jsonl"),
            (clean, "feedback/a.csv.csv"),
        ]:
            s3.put_object(Bucket=bucket, Key=f"{prefix}/{key}", Body=b"1")
    return source, clean


def test_sender_sends_reads_its_answers_and_nothing_else(emulator: Emulator, buckets: tuple[str, str]) -> None:
    source, clean = buckets
    text = DOCUMENTED.read_text(encoding="utf-8")
    [block] = [block for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL) if "Statement" in block]
    statements = json.loads(block.replace("SOURCE", source).replace("CLEAN", clean))["Statement"]
    s3 = Role(emulator, *statements).client("s3")

    s3.put_object(Bucket=source, Key="north/incoming/b.csv", Body=b"a\n")
    found = s3.list_objects_v2(Bucket=clean, Prefix="north/feedback/")["Contents"]
    assert [entry["Key"] for entry in found] == ["north/feedback/a.csv.csv"]
    assert s3.get_object(Bucket=clean, Key="north/feedback/a.csv.csv")["Body"].read() == b"1"

    for call, arguments in [
        (s3.get_object, {"Bucket": source, "Key": "north/incoming/a.csv"}),
        (s3.get_object, {"Bucket": source, "Key": "north/resource.json"}),
        (s3.put_object, {"Bucket": source, "Key": "north/resource.json", "Body": b"{}"}),
        (s3.put_object, {"Bucket": source, "Key": "south/incoming/b.csv", "Body": b"a\n"}),
        (s3.delete_object, {"Bucket": source, "Key": "north/incoming/a.csv"}),
        (s3.list_objects_v2, {"Bucket": source, "Prefix": "north/incoming/"}),
        (s3.get_object, {"Bucket": clean, "Key": "north/clean/a.csv"}),
        (s3.get_object, {"Bucket": clean, "Key": "north/rejects/a.csv.jsonl"}),
        (s3.get_object, {"Bucket": clean, "Key": "south/feedback/a.csv.csv"}),
        (s3.put_object, {"Bucket": clean, "Key": "north/feedback/a.csv.csv", "Body": b""}),
        (s3.delete_object, {"Bucket": clean, "Key": "north/feedback/a.csv.csv"}),
        (s3.list_objects_v2, {"Bucket": clean}),
        (s3.list_objects_v2, {"Bucket": clean, "Prefix": "south/feedback/"}),
    ]:
        assert refused(call, **arguments)["Error"]["Code"] == "AccessDenied", (call.__name__, arguments)
