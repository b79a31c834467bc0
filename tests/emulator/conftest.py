"""Fixtures: a running emulator and clients for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import boto3
import pytest

import provider_client
import signals

signals.install()

HERE = Path(__file__).parent
REPOSITORY = HERE.parent.parent

Found = TypeVar("Found")


def eventually(look: Callable[[], Found | None], seconds: float = 30) -> Found:
    """Calls `look` until it returns something true, and returns that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"nothing came in {seconds} seconds")


SERVICES = [f"{name}.amazonaws.com" for name in ("ecs-tasks", "events", "lambda", "scheduler", "states")]


def policy(*statements: dict[str, Any]) -> str:
    """Returns a policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@dataclass(frozen=True)
class Emulator:
    """A running emulator."""

    endpoint: str
    pid: int
    region: str
    account: str
    data: str

    def client(self, service: str) -> Any:
        """Returns a client of a service, with credentials that belong to no role."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def role(self, name: str, *statements: dict[str, Any]) -> str:
        """Makes a role that any service may assume and that may do this, or everything if nothing is given."""
        iam = self.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": SERVICES}, "Action": "sts:AssumeRole"}
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        given = statements or ({"Effect": "Allow", "Action": "*", "Resource": "*"},)
        iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=policy(*given))
        return arn

    def run(self, machine: str, name: str, request: dict[str, Any]) -> dict[str, Any]:
        """Starts an execution and waits for its end."""
        states = self.client("stepfunctions")
        started = states.start_execution(stateMachineArn=machine, name=name, input=json.dumps(request))
        return self.wait_for_end(started["executionArn"])

    def wait_for_end(self, execution: str, seconds: float = 60) -> dict[str, Any]:
        """Waits until an execution has ended, and returns it."""
        states = self.client("stepfunctions")

        def look() -> dict[str, Any] | None:
            described = states.describe_execution(executionArn=execution)
            return described if described["status"] != "RUNNING" else None

        return eventually(look, seconds)


def start(*arguments: str, environment: dict[str, str] | None = None) -> tuple[subprocess.Popen[str], Emulator]:
    """Starts an emulator, which the caller has to stop."""
    process = subprocess.Popen(
        [sys.executable, str(HERE / "emulator.py"), *arguments],
        env={**os.environ, "SECRET": "not for containers", **(environment or {})},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise AssertionError(f"the emulator ended with {process.wait()}")
    return process, Emulator(**json.loads(line))


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulator with scaled time: a heartbeat of 300 seconds takes 3."""
    process, emulator = start(
        *("--data", str(tmp_path_factory.mktemp("emulator"))),
        *("--time-scale", "0.01"),
        *("--environment", "EVERYWHERE=in every container"),
        *("--image", f"sluice/worker={sys.executable} {HERE / 'standins' / 'worker.py'}"),
        *("--image", f"sluice/functions={sys.executable} {HERE / 'standins' / 'functions.py'}"),
    )
    yield emulator
    process.terminate()
    assert process.wait(timeout=20) == 0


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file into which the provider of a module writes its log."""
    return tmp_path_factory.mktemp("provider") / "journal.jsonl"


@pytest.fixture(scope="module")
def provider(emulator: Emulator, journal: Path) -> Iterator[Any]:
    """The stand-in provider of a module."""
    with provider_client.running(emulator.endpoint, journal) as running:
        yield running
