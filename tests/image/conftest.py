"""Fixtures of the tests of the image: an engine, an emulator with a registry, and the image pushed by build.sh."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

import container_engine
from container_engine import ContainerEngine
from deployment import REGION, REPOSITORY, STACK, Deployment, emulator_with_stack, required_variable, signals

# A name that nobody else uses, in case the engine belongs to somebody.
TAG = f"test-{os.getpid()}"

# Lines for the end of the run.
FIGURES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    # On SIGTERM the tests end as at Ctrl-C: with all that they have started.
    signals.install()
    config.stash[FIGURES] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash[FIGURES]:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> list[str]:
    """Measurements that are printed at the end and not checked."""
    return request.config.stash[FIGURES]


@pytest.fixture(scope="session")
def engine(figures: list[str]) -> Iterator[ContainerEngine]:
    """A container engine that is running."""
    with container_engine.available() as available:
        figures.append(f"engine: {available.description}")
        yield available


def without_aws(environment: dict[str, str]) -> dict[str, str]:
    """Returns an environment in which no AWS tool finds a region, credentials or an endpoint, on any machine."""
    kept = {name: value for name, value in environment.items() if not name.startswith("AWS_")}
    nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {**kept, **nothing, "AWS_EC2_METADATA_DISABLED": "true"}


def build(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs build.sh of this checkout, from another folder."""
    return subprocess.run(
        [str(REPOSITORY / "build.sh"), *arguments],
        cwd="/",
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@dataclass
class Site:
    """A checkout with a selected stack, on a machine that is signed in to AWS, which here is the emulator."""

    engine: ContainerEngine
    deployment: Deployment
    environment: dict[str, str] = field(default_factory=dict)
    """The environment in which a user would run build.sh."""

    def forget(self, repository: str) -> None:
        """Removes all images of a repository, and the containers that run them, from the engine."""
        docker = self.engine.docker
        for image in self._images(repository):
            # Containers of functions may still wait for another call.
            if running := docker("ps", "--all", "--quiet", "--filter", f"ancestor={image}").stdout.split():
                docker("rm", "--force", *running)
            docker("image", "rm", "--force", image)
        assert self._images(repository) == set()

    def _images(self, repository: str) -> set[str]:
        return set(self.engine.docker("image", "ls", "--quiet", "--no-trunc", repository).stdout.split())


@pytest.fixture(scope="session")
def site(engine: ContainerEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An emulator that runs containers in the engine, an empty stack, and the tools of a user on PATH."""
    tools = tmp_path_factory.mktemp("tools")
    (tools / "aws").symlink_to(required_variable("SLUICE_AWS"))
    settings = tmp_path_factory.mktemp("docker")
    (settings / "config.json").write_text("{}")
    variables = {**engine.environment, "DOCKER_CONFIG": str(settings)}
    with emulator_with_stack(1.0, "--engine", "docker", variables=variables) as deployment:
        # Runs the genuine CLI in the folder of the test's project, because build.sh changes to its own folder.
        pulumi = tools / "pulumi"
        pulumi.write_text(
            f'#!/bin/sh\nexec "{required_variable("SLUICE_PULUMI")}" --cwd "{deployment.folder / "project"}" "$@"\n'
        )
        pulumi.chmod(0o755)
        environment = {
            **without_aws(deployment.environment),
            **variables,
            "PATH": f"{tools}:{os.environ['PATH']}",
            "CARGO_TARGET_DIR": required_variable("SLUICE_TARGET"),
            "AWS_ENDPOINT_URL": deployment.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        yield Site(engine, deployment, environment)
    registry = deployment.endpoint.removeprefix("http://")
    left = [line for line in engine.docker("ps", "--all", "--format", "{{.Image}} {{.ID}}").stdout.splitlines()]
    left = [line.split()[1] for line in left if line.startswith(registry)]
    if left:
        engine.docker("rm", "--force", *left)
    named = engine.docker("image", "ls", "--format", "{{.ID}} {{.Repository}}:{{.Tag}}").stdout.splitlines()
    ours = {line.split()[0] for line in named if registry in line or TAG in line}
    if ours:
        engine.docker("image", "rm", "--force", *ours)
    assert left == [], "containers that the emulator left running"


@dataclass(frozen=True)
class Pushed:
    """The result of the first run of build.sh."""

    uri: str
    """As it printed it, with the digest."""
    said: str
    """What it told the user besides."""
    kept: dict[str, str]
    """What it left in the configuration of the stack."""

    @property
    def repository(self) -> str:
        return self.uri.partition("@")[0]

    @property
    def digest(self) -> str:
        return self.uri.partition("@")[2]


@pytest.fixture(scope="session")
def pushed(site: Site, figures: list[str]) -> Pushed:
    """The image, pushed by build.sh as README.md says."""
    begun = time.monotonic()
    done = build("-i", "process-data", "-r", REGION, "-t", TAG, environment=site.environment)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    figures.append(f"build.sh, the binary already there: {time.monotonic() - begun:.1f} s")
    [uri] = done.stdout.splitlines()
    kept = json.loads(site.deployment.pulumi("config", "--json", "--stack", STACK))
    return Pushed(uri, done.stderr, {key: entry["value"] for key, entry in kept.items()})
