"""The pipeline in an emulator, to be played with: `cargo xtask playground`."""

from __future__ import annotations

import signal

from deployment import REGION, deployed, signals

# The commands to type next, for the AWS CLI; any other client with an endpoint option works as well.
NEXT = """
The pipeline is deployed into an emulator of AWS at {endpoint} (nothing of it is real, nothing of it costs).

  export AWS_ENDPOINT_URL={endpoint} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
  export AWS_REGION={region} AWS_DEFAULT_REGION={region}
  aws s3 cp examples/noaa/resource.json s3://{source}/noaa/resource.json
  aws s3 cp --recursive examples/noaa/incoming s3://{source}/noaa/incoming
  aws stepfunctions start-execution --state-machine-arn {machine} --input '{{}}'
  aws s3 ls --recursive s3://{clean}

Without the AWS CLI: sluice plan s3://{source}; sluice run s3://{source} --clean s3://{clean}

Ctrl-C, or SIGTERM, stops it and removes everything.
"""


def main() -> None:
    """Deploys the pipeline and waits for a signal."""
    signals.install()
    try:
        with deployed({"protectData": "false", "scheduleEnabled": "false"}, time_scale=1.0) as deployment:
            outputs = deployment.outputs
            text = NEXT.format(
                endpoint=deployment.endpoint,
                region=REGION,
                source=outputs["sourceBucket"],
                clean=outputs["cleanBucket"],
                machine=outputs["stateMachineArn"],
            )
            print(text, flush=True)
            signal.pause()
    except KeyboardInterrupt:
        print("stopped", flush=True)


if __name__ == "__main__":
    main()
