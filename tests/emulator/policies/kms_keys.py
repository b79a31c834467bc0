"""KMS keys of buckets: reading or writing an object of a bucket with a key of its own needs permission for the key.

AWS: UsingKMSEncryption.html (kms:Decrypt to read, kms:GenerateDataKey to write, both for multipart uploads);
conditions-kms.html, kms:ViaService. The policy of the key itself is not evaluated: the default one of AWS
leaves everything to the account.
"""

from __future__ import annotations

import re

from ministack.core.responses import get_region
from ministack.services import s3

from policies.statements import Call

KMS_KEY_ID = re.compile(r"<KMSMasterKeyID>([^<]+)<")


def with_kms_calls(calls: list[Call], multipart: bool = False) -> list[Call]:
    """Returns the calls, and the calls to KMS that the keys of their buckets make necessary."""
    return [*calls, *(use for call in calls for use in _kms_calls(call, multipart))]


def _kms_calls(call: Call, multipart: bool) -> list[Call]:
    bucket, _slash, key_of_object = call.resource.removeprefix("arn:aws:s3:::").partition("/")
    found = KMS_KEY_ID.search(s3._bucket_encryption.get(bucket) or "") if call.action.startswith("s3:") else None
    if found is None or not key_of_object:
        return []
    actions = {
        "s3:GetObject": ["kms:Decrypt"],
        "s3:GetObjectVersion": ["kms:Decrypt"],
        "s3:PutObject": ["kms:GenerateDataKey", *(["kms:Decrypt"] if multipart else [])],
    }
    context = {"kms:viaservice": f"s3.{get_region()}.amazonaws.com"}
    return [Call(action, found[1], context) for action in actions.get(call.action, [])]
