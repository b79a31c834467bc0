"""Makes the buckets `source` and `clean` at an endpoint and puts the files of a folder into the first.

    python fill_bucket.py ENDPOINT FOLDER
"""

import sys
from pathlib import Path

import boto3


def main() -> None:
    endpoint, folder = sys.argv[1], Path(sys.argv[2])
    s3 = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    for bucket in ("source", "clean"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            s3.upload_file(str(path), "source", path.relative_to(folder).as_posix())


if __name__ == "__main__":
    main()
