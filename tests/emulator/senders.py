"""The policy of a sender as docs/feedback.md has it, and calls that have to be refused to the sender.

Both the tests of the emulator and those of the deployed pipeline check the policy against the same list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DOCUMENTED = Path(__file__).resolve().parents[2] / "docs" / "feedback.md"


def documented_policy(prefix: str, source: str, answers: str) -> dict[str, Any]:
    """Returns the policy of the sender of a prefix whose answers are in the bucket `answers`.

    Listings are restricted by the condition key s3:prefix
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html).
    """
    text = DOCUMENTED.read_text(encoding="utf-8")
    [block] = [block for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL) if "Statement" in block]
    block = block.replace("SOURCE", source).replace("ANSWERS", answers).replace("north/", f"{prefix}/")
    return json.loads(block)


def documented_use_of_key(key: str, region: str) -> dict[str, Any]:
    """Returns the statement that a sender needs in addition if the buckets are encrypted with a key."""
    text = DOCUMENTED.read_text(encoding="utf-8")
    [block] = [block for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL) if "UseKey" in block]
    return json.loads(block.replace('"KEY"', json.dumps(key)).replace("REGION", region))


def refused_calls(s3: Any, source: str, clean: str, answers: str) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Returns calls that have to be refused to the sender of `north`; `clean` and `answers` may be the same bucket."""
    yield s3.get_object, {"Bucket": source, "Key": "north/incoming/a.csv"}
    yield s3.get_object, {"Bucket": source, "Key": "north/resource.json"}
    yield s3.put_object, {"Bucket": source, "Key": "north/resource.json", "Body": b"{}"}
    yield s3.put_object, {"Bucket": source, "Key": "south/incoming/b.csv", "Body": b"a\n"}
    yield s3.delete_object, {"Bucket": source, "Key": "north/incoming/a.csv"}
    yield s3.list_objects_v2, {"Bucket": source, "Prefix": "north/incoming/"}
    yield s3.list_objects_v2, {"Bucket": source, "Prefix": "_sluice/"}
    yield s3.get_object, {"Bucket": clean, "Key": "north/clean/a.csv"}
    yield s3.get_object, {"Bucket": clean, "Key": "north/rejects/a.csv.jsonl"}
    yield s3.get_object, {"Bucket": answers, "Key": "south/feedback/a.csv.csv"}
    yield s3.put_object, {"Bucket": answers, "Key": "north/feedback/a.csv.csv", "Body": b""}
    yield s3.delete_object, {"Bucket": answers, "Key": "north/feedback/a.csv.csv"}
    for bucket in {clean, answers}:
        yield s3.list_objects_v2, {"Bucket": bucket}
        yield s3.list_objects_v2, {"Bucket": bucket, "Prefix": "south/feedback/"}
