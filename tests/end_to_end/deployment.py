"""The stack of this checkout, deployed by the Pulumi CLI into an emulator of its own.

Needs in the environment (`cargo xtask test` and `cargo xtask playground` set them): SLUICE_BINARY, the static binary of the
image; SLUICE_PULUMI, the Pulumi CLI.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

REPOSITORY = Path(__file__).resolve().parents[2]
EMULATOR = REPOSITORY / "tests" / "emulator"
REGION = "eu-central-1"
ACCOUNT = "123456789012"
IMAGE_NAME = "sluice/process-data"
# The emulator takes the repository's name for the program; the digest is that of nothing.
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{IMAGE_NAME}@sha256:{'0' * 64}"
STACK = "dev"


def given(name: str) -> str:
    """A variable that has to be there."""
    value = os.environ.get(name)
    if not value:
        raise RuntimeError(f"{name} is not set; run this through cargo xtask test or cargo xtask playground")
    return value


@dataclass
class Deployment:
    """An emulator with the stack in it."""

    folder: Path
    endpoint: str
    environment: dict[str, str]
    outputs: dict[str, Any]

    def client(self, service: str) -> Any:
        """A client of the emulated AWS."""
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def pulumi(self, *arguments: str) -> str:
        """Runs the Pulumi CLI in the project; what it says goes with the error when it fails."""
        process = subprocess.run(
            [given("SLUICE_PULUMI"), *arguments, "--non-interactive"],
            cwd=self.folder / "project",
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if process.returncode != 0:
            raise RuntimeError(f"pulumi {' '.join(arguments)}: {process.stdout}{process.stderr}")
        return process.stdout

    def up(self) -> None:
        """Deploys what the program declares, and reads the outputs."""
        self.pulumi("up", "--yes", "--skip-preview", "--stack", STACK)
        self.outputs = json.loads(self.pulumi("stack", "output", "--json", "--stack", STACK))


def make_project(folder: Path) -> None:
    """The project file of the checkout with the stand-in for the AWS provider in it."""
    project = folder / "project"
    project.mkdir()
    declared = (REPOSITORY / "Pulumi.yaml").read_text()
    providers = f"plugins:\n  providers:\n    - name: aws\n      path: {EMULATOR / 'provider'}\n"
    changed = declared.replace("plugins:\n", providers, 1)
    if changed == declared:
        raise RuntimeError("Pulumi.yaml names no plugins")
    (project / "Pulumi.yaml").write_text(changed)
    (project / "stack").symlink_to(REPOSITORY / "stack")


@contextlib.contextmanager
def deployed(settings: dict[str, str], time_scale: float, port: int = 0) -> Iterator[Deployment]:
    """Starts an emulator, deploys the stack with these settings, and stops everything in the end."""
    binary = Path(given("SLUICE_BINARY"))
    with tempfile.TemporaryDirectory(prefix="sluice-end-to-end-") as name:
        folder = Path(name)
        process = subprocess.Popen(
            [sys.executable, str(EMULATOR / "emulator.py"), "--port", str(port), "--data", str(folder / "emulator")]
            + ["--time-scale", str(time_scale), "--region", REGION, "--image", f"{IMAGE_NAME}={binary}"],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(f"the emulator ended with {process.wait()}")
            endpoint = json.loads(line)["endpoint"]
            make_project(folder)
            (folder / "state").mkdir()
            environment = {
                **os.environ,
                "PULUMI_HOME": str(folder / "home"),
                "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
                "PULUMI_CONFIG_PASSPHRASE": "end to end",
                "PULUMI_SKIP_UPDATE_CHECK": "1",
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "1",
                "SLUICE_EMULATOR_ENDPOINT": endpoint,
                "SLUICE_EMULATOR_PYTHON": sys.executable,
                "SLUICE_PROVIDER_SCHEMA": str(REPOSITORY / "stack" / "aws" / "schema" / "aws.json"),
                "SLUICE_PROVIDER_LOG": str(folder / "provider.jsonl"),
            }
            deployment = Deployment(folder, endpoint, environment, {})
            deployment.pulumi("stack", "init", STACK)
            for key, value in {"aws:region": REGION, "image": IMAGE, **settings}.items():
                deployment.pulumi("config", "set", key, value, "--stack", STACK)
            deployment.up()
            yield deployment
        finally:
            process.terminate()
            process.wait(timeout=60)
