"""The policy of a sender as docs/feedback.md has it: to write its own files, to read its own answers, and no more."""

from __future__ import annotations

import uuid

import pytest

from conftest import Emulator
from senders import documented_policy, refused_calls
from test_policies import Role, refused


@pytest.fixture(scope="module")
def buckets(emulator: Emulator) -> tuple[str, str, str]:
    """Three buckets for source, outputs and answers, with a file of each kind for two senders."""
    s3 = emulator.client("s3")
    source, clean, answers = (f"{name}-{uuid.uuid4().hex[:8]}" for name in ("source", "clean", "answers"))
    for name in (source, clean, answers):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": emulator.region})
    for prefix in ("north", "south"):
        for bucket, key in [
            (source, "resource.json"),
            (source, "incoming/a.csv"),
            (clean, "clean/a.csv"),
            (clean, "rejects/a.csv.jsonl"),
            (clean, "feedback/a.csv.csv"),
            (answers, "feedback/a.csv.csv"),
        ]:
            s3.put_object(Bucket=bucket, Key=f"{prefix}/{key}", Body=b"1")
    return source, clean, answers


@pytest.mark.parametrize("has_bucket_of_its_own", [False, True])
def test_sender_sends_reads_its_answers_and_nothing_else(
    emulator: Emulator, buckets: tuple[str, str, str], has_bucket_of_its_own: bool
) -> None:
    source, clean, answers = buckets
    answers = answers if has_bucket_of_its_own else clean
    s3 = Role(emulator, *documented_policy("north", source, answers)["Statement"]).client("s3")

    s3.put_object(Bucket=source, Key="north/incoming/b.csv", Body=b"a\n")
    found = s3.list_objects_v2(Bucket=answers, Prefix="north/feedback/")["Contents"]
    assert [entry["Key"] for entry in found] == ["north/feedback/a.csv.csv"]
    assert s3.get_object(Bucket=answers, Key="north/feedback/a.csv.csv")["Body"].read() == b"1"

    for call, arguments in refused_calls(s3, source, clean, answers):
        assert refused(call, **arguments)["Error"]["Code"] == "AccessDenied", (call.__name__, arguments)
