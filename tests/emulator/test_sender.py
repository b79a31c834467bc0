"""The policy of a sender as docs/feedback.md has it: to write its own files, to read its own answers, and no more."""

from __future__ import annotations

import uuid

import pytest

from conftest import Emulator
from senders import documented_policy, documented_use_of_key, refused_calls
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


def test_sender_needs_the_key_where_there_is_one(emulator: Emulator, buckets: tuple[str, str, str]) -> None:
    source, clean, _answers = buckets
    key = emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
    for bucket in (source, clean):
        emulator.client("s3").put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=rules)
    statements = documented_policy("north", source, clean)["Statement"]
    sent = {"Bucket": source, "Key": "north/incoming/c.csv"}
    answer = {"Bucket": clean, "Key": "north/feedback/a.csv.csv"}
    emulator.client("s3").put_object(**answer, Body=b"1")

    without = Role(emulator, *statements).client("s3")
    assert "kms:GenerateDataKey" in refused(without.put_object, **sent)["Error"]["Message"]
    assert "kms:Decrypt" in refused(without.get_object, **answer)["Error"]["Message"]

    s3 = Role(emulator, *statements, documented_use_of_key(key, emulator.region)).client("s3")
    upload = s3.create_multipart_upload(**sent)["UploadId"]
    part = s3.upload_part(**sent, UploadId=upload, PartNumber=1, Body=b"a\n")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": part}]}
    s3.complete_multipart_upload(**sent, UploadId=upload, MultipartUpload=parts)
    assert s3.get_object(**answer)["Body"].read() == b"1"
    for call, arguments in refused_calls(s3, source, clean, clean):
        assert refused(call, **arguments)["Error"]["Code"] == "AccessDenied", (call.__name__, arguments)
