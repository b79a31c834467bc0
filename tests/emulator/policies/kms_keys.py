"""KMS keys of buckets: reading or writing an object that is encrypted with a key needs permission for that key.

An object is written with the key that its bucket has then, and read with the key that it was written with, whatever
the bucket's key is by now (specifying-kms-encryption.html).

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
    if not call.action.startswith("s3:") or not key_of_object:
        return []
    written_with = KMS_KEY_ID.search(s3._bucket_encryption.get(bucket) or "")
    read_with = s3._head_object(bucket, key_of_object, {}, {})[1].get("x-amz-server-side-encryption-aws-kms-key-id")
    to_write = [("kms:GenerateDataKey", written_with[1])] if written_with else []
    # An upload in parts decrypts the parts before it assembles them.
    to_assemble = [("kms:Decrypt", written_with[1])] if written_with and multipart else []
    to_read = [("kms:Decrypt", read_with)] if read_with else []
    actions = {
        "s3:GetObject": to_read,
        "s3:GetObjectVersion": to_read,
        "s3:PutObject": [*to_write, *to_assemble],
    }
    context = {"kms:viaservice": f"s3.{get_region()}.amazonaws.com"}
    return [Call(action, key, context) for action, key in actions.get(call.action, [])]
