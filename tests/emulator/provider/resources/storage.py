"""S3 and KMS."""

from __future__ import annotations

from typing import Any

from aws import Aws, Properties, pascal, pick, tag_list
from naming import Naming

from resources.resource_type import Created, PutResource, ResourceType

# Members whose spelling in the API follows no rule.
S3_NAMES = {
    "id": "ID",
    "sseAlgorithm": "SSEAlgorithm",
    "kmsMasterKeyId": "KMSMasterKeyID",
}


class Bucket(ResourceType):
    token = "aws:s3/bucket:Bucket"
    naming = Naming("bucket", "bucketPrefix", lower=True)
    replace_on_change = frozenset({"bucket", "bucketPrefix", "region", "objectLockEnabled"})
    computed = ("arn", "bucketDomainName", "bucketRegionalDomainName", "bucketRegion", "region")

    def create(self, aws: Aws, inputs: Properties) -> Created:
        name, region = inputs["bucket"], inputs.get("region") or aws.region
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        aws.client("s3", region).create_bucket(
            Bucket=name, ObjectLockEnabledForBucket=bool(inputs.get("objectLockEnabled")), **place
        )
        self._tag(aws, name, inputs)
        return name, {
            "arn": f"arn:aws:s3:::{name}",
            "bucketDomainName": f"{name}.s3.amazonaws.com",
            "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
            "bucketRegion": region,
            "region": region,
        }

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        self._tag(aws, id_, news)
        return {}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        s3 = aws.client("s3")
        if state.get("forceDestroy"):
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=id_):
                for entry in page.get("Versions", []) + page.get("DeleteMarkers", []):
                    s3.delete_object(Bucket=id_, Key=entry["Key"], VersionId=entry["VersionId"])
        s3.delete_bucket(Bucket=id_)

    def _tag(self, aws: Aws, name: str, inputs: Properties) -> None:
        tags = aws.tags(inputs)
        if tags:
            aws.client("s3").put_bucket_tagging(Bucket=name, Tagging={"TagSet": tag_list(tags)})


class BucketSetting(PutResource):
    """A setting of a bucket, with one call that puts it and one that deletes it."""

    replace_on_change = frozenset({"bucket", "expectedBucketOwner", "region"})

    def __init__(self, type_: str, operation: str, argument: str, removable: bool = True) -> None:
        self.token = f"aws:s3/{type_[:1].lower()}{type_[1:]}:{type_}"  # type: ignore[misc]
        self._operation = operation
        self._argument = argument
        self._removable = removable

    def put(self, aws: Aws, inputs: Properties) -> str:
        call = getattr(aws.client("s3"), f"put_{self._operation}")
        call(Bucket=inputs["bucket"], **{self._argument: self.setting(inputs)})
        return inputs["bucket"]

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        if self._removable:
            getattr(aws.client("s3"), f"delete_{self._operation.removesuffix('_configuration')}")(Bucket=id_)

    def setting(self, inputs: Properties) -> Any:
        """Returns the setting in the form of the API."""
        others = ("bucket", "region", "skipDestroy", "__defaults")
        return pascal({key: value for key, value in inputs.items() if key not in others})


class Versioning(BucketSetting):
    def setting(self, inputs: Properties) -> Any:
        return pascal(inputs["versioningConfiguration"])


class Policy(BucketSetting):
    def setting(self, inputs: Properties) -> Any:
        return inputs["policy"]


class Ownership(BucketSetting):
    def setting(self, inputs: Properties) -> Any:
        return {"Rules": [pascal(inputs["rule"])]}


class Rules(BucketSetting):
    def setting(self, inputs: Properties) -> Any:
        return {"Rules": pascal(inputs.get("rules", []), S3_NAMES)}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        # `delete_bucket_lifecycle`, `delete_bucket_encryption`
        getattr(aws.client("s3"), f"delete_{self._operation.removesuffix('_configuration')}")(Bucket=id_)


class Notification(BucketSetting):
    """The notifications of a bucket: only to EventBridge, because the pipeline has no others."""

    def setting(self, inputs: Properties) -> Any:
        if others := {"lambdaFunctions", "queues", "topics"} & inputs.keys():
            raise ValueError(f"the stand-in notifies EventBridge only, not {', '.join(sorted(others))}")
        return {"EventBridgeConfiguration": {}} if inputs.get("eventbridge") else {}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("s3").put_bucket_notification_configuration(Bucket=id_, NotificationConfiguration={})


class Key(ResourceType):
    token = "aws:kms/key:Key"
    replace_on_change = frozenset({"customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "region"})
    computed = ("arn", "keyId")

    def create(self, aws: Aws, inputs: Properties) -> Created:
        kms = aws.client("kms", inputs.get("region"))
        tags = tag_list(aws.tags(inputs), "TagKey", "TagValue")
        made = kms.create_key(Tags=tags, **pick(inputs, Description="description", Policy="policy"))["KeyMetadata"]
        self._rotate(aws, made["KeyId"], inputs)
        return made["KeyId"], {"arn": made["Arn"], "keyId": made["KeyId"]}

    def update(self, aws: Aws, id_: str, olds: Properties, news: Properties) -> Properties:
        if news.get("policy"):
            aws.client("kms").put_key_policy(KeyId=id_, PolicyName="default", Policy=news["policy"])
        self._rotate(aws, id_, news)
        return {}

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.client("kms").schedule_key_deletion(KeyId=id_, PendingWindowInDays=state.get("deletionWindowInDays", 30))

    def _rotate(self, aws: Aws, id_: str, inputs: Properties) -> None:
        kms = aws.client("kms")
        if inputs.get("enableKeyRotation"):
            kms.enable_key_rotation(KeyId=id_, **pick(inputs, RotationPeriodInDays="rotationPeriodInDays"))
        else:
            kms.disable_key_rotation(KeyId=id_)


RESOURCE_TYPES: list[ResourceType] = [
    Bucket(),
    Versioning("BucketVersioning", "bucket_versioning", "VersioningConfiguration", removable=False),
    Policy("BucketPolicy", "bucket_policy", "Policy"),
    Ownership("BucketOwnershipControls", "bucket_ownership_controls", "OwnershipControls"),
    BucketSetting("BucketPublicAccessBlock", "public_access_block", "PublicAccessBlockConfiguration"),
    Rules("BucketServerSideEncryptionConfiguration", "bucket_encryption", "ServerSideEncryptionConfiguration"),
    Rules("BucketLifecycleConfiguration", "bucket_lifecycle_configuration", "LifecycleConfiguration"),
    Notification("BucketNotification", "bucket_notification_configuration", "NotificationConfiguration"),
    Key(),
]
