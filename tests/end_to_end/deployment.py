"""The stack of this checkout, deployed by the Pulumi CLI into an emulator of its own.

Needs in the environment (`cargo xtask test` and `cargo xtask playground` set them): SLUICE_BINARY, the static binary of
the image; SLUICE_PULUMI, the Pulumi CLI.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

import roles

REPOSITORY = Path(__file__).resolve().parents[2]
EMULATOR = REPOSITORY / "tests" / "emulator"
# Appended, so that modules of this folder come before those of the emulator with the same name.
sys.path.append(str(EMULATOR))
import signals as signals  # noqa: E402

REGION = "eu-central-1"
ACCOUNT = "123456789012"
IMAGE_NAME = "sluice/process-data"
# The emulator finds the program by the name of the repository; the digest is that of no bytes.
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{IMAGE_NAME}@sha256:{'0' * 64}"
STACK = "dev"
# Seconds between two heartbeats of a worker; the state machine waits five times as long.
HEARTBEAT_SECONDS = 60


def required_variable(name: str) -> str:
    """Returns an environment variable that has to be set."""
    value = os.environ.get(name)
    if not value:
        raise RuntimeError(f"{name} is not set; run this through cargo xtask test or cargo xtask playground")
    return value


@dataclass
class Deployment:
    """An emulator with the stack deployed into it."""

    folder: Path
    endpoint: str
    environment: dict[str, str]
    outputs: dict[str, Any]

    def client(self, service: str) -> Any:
        """Returns a client of the emulated AWS."""
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def pulumi(self, *arguments: str) -> str:
        """Runs the Pulumi CLI in the project and returns its output; the error of a failure has the output, too."""
        process = subprocess.Popen(
            [required_variable("SLUICE_PULUMI"), *arguments, "--non-interactive"],
            cwd=self.folder / "project",
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            said, complained = process.communicate()
        except BaseException:
            # On SIGINT Pulumi ends its plugins; when it is killed they go on running.
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=20)
            process.kill()
            raise
        if process.returncode != 0:
            raise RuntimeError(f"pulumi {' '.join(arguments)}: {said}{complained}")
        return said

    def configure(self, settings: dict[str, str]) -> None:
        """Sets the configuration of the stack."""
        for key, value in settings.items():
            self.pulumi("config", "set", *(["--path"] if "[" in key else []), key, value, "--stack", STACK)

    def up(self) -> None:
        """Deploys what the program declares, and reads the outputs."""
        self.pulumi("up", "--yes", "--skip-preview", "--stack", STACK)
        self.outputs = json.loads(self.pulumi("stack", "output", "--json", "--stack", STACK))

    def changes(self) -> list[tuple[str, str]]:
        """Returns what the provider has done so far: pairs of `create`, `update` or `delete` and a logical name."""
        lines = (self.folder / "provider.jsonl").read_text().splitlines()
        done = [line for line in map(json.loads, lines) if line["phase"] == "end"]
        return [(line["operation"], line["name"]) for line in done]

    def fault(self, method: str, bucket: str, key: str = "", **what: Any) -> contextlib.AbstractContextManager[Fault]:
        """A fault of S3 as long as the block lasts; without `status`, `code` and `kill` it holds matching requests."""
        return self.fault_at(method, f"/{bucket}/{key}" if key else f"/{bucket}", **what)

    def fail_launches(self, **counts: int) -> None:
        """Makes the next launches of tasks fail: `throttled` are refused, `unprovisioned` do not start."""
        self._ask_about_launches("PUT", json.dumps(counts).encode())

    def launches_to_fail(self) -> dict[str, int]:
        """Returns how many launches are still to fail, by the way in which they fail."""
        return self._ask_about_launches("GET", None)

    def _ask_about_launches(self, method: str, body: bytes | None) -> dict[str, int]:
        request = urllib.request.Request(f"{self.endpoint}/_launches", data=body, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    @contextlib.contextmanager
    def fault_at(self, method: str, path: str, **what: Any) -> Iterator[Fault]:
        """A fault of any service as long as the block lasts."""
        fault = Fault(f"{self.endpoint}/_faults/{urllib.parse.quote(f'{method} {path}', safe='')}")
        fault.ask("PUT", {"method": method, "path": path, **what})
        try:
            yield fault
        finally:
            fault.remove()


@dataclass
class Fault:
    """A fault in the emulator (tests/emulator/README.md)."""

    url: str
    removed: bool = False

    def ask(self, method: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Sends a request about the fault to the emulator."""
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url, data=data, method=method)) as answer:
            return json.load(answer)

    def met(self) -> int:
        """Returns the number of requests that the fault was applied to."""
        return self.ask("GET")["met"]

    def remove(self) -> None:
        """Removes the fault: requests that it holds go on."""
        if not self.removed:
            self.removed = True
            self.ask("DELETE")


def make_project(folder: Path) -> None:
    """Writes the project file of the checkout, with the stand-in as AWS provider."""
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
def emulator_with_stack(
    time_scale: float,
    *options: str,
    port: int = 0,
    variables: dict[str, str] | None = None,
    refusals: bool = True,
) -> Iterator[Deployment]:
    """Starts an emulator with these options and variables, makes a stack for it, and stops everything in the end."""
    with tempfile.TemporaryDirectory(prefix="sluice-end-to-end-") as name:
        folder = Path(name)
        process = subprocess.Popen(
            [
                *(sys.executable, str(EMULATOR / "emulator.py"), "--port", str(port)),
                *("--data", str(folder / "emulator"), "--time-scale", str(time_scale), "--region", REGION),
                *options,
            ],
            env={**os.environ, **(variables or {})},
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
            deployment.configure({"aws:region": REGION})
            yield deployment
            roles.collect(deployment, refusals)
        finally:
            process.terminate()
            process.wait(timeout=60)


@contextlib.contextmanager
def deployed(
    settings: dict[str, str],
    time_scale: float,
    port: int = 0,
    refusals: bool = True,
    before: Callable[[Deployment], dict[str, str]] = lambda _deployment: {},
) -> Iterator[Deployment]:
    """Deploys the stack with these settings; its containers are processes of the program.

    `before` makes resources that have to exist already, and returns the settings that use them. Without `refusals`,
    the test wants calls to be refused, so refusals are not collected.
    """
    image = f"{IMAGE_NAME}={required_variable('SLUICE_BINARY')}"
    # The worker's heartbeat does not follow the emulator's clock, so its interval is scaled in the same way.
    heartbeat = f"SLUICE_HEARTBEAT_SECONDS={max(1, round(HEARTBEAT_SECONDS * time_scale))}"
    options = ("--image", image, "--environment", heartbeat)
    with emulator_with_stack(time_scale, *options, port=port, refusals=refusals) as deployment:
        deployment.configure({"image": IMAGE, **settings, **before(deployment)})
        deployment.up()
        yield deployment
