"""build.sh says what is missing before it builds anything: in each environment here one thing is missing or wrong."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from conftest import build, without_aws
from deployment import required_variable

# Commands that build.sh calls before it builds.
COMMANDS = ("sh", "cat", "date", "dirname", "git", "uname")

NAME = ("-i", "process-data")


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A PATH with only what build.sh needs: an engine that answers, and the AWS CLI."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for command in COMMANDS:
        found = shutil.which(command)
        assert found, command
        (folder / command).symlink_to(found)
    (folder / "aws").symlink_to(required_variable("SLUICE_AWS"))
    engine = folder / "docker"
    engine.write_text("#!/bin/sh\nexit 0\n")
    engine.chmod(0o755)
    return folder


def environment(tools: Path, **variables: str) -> dict[str, str]:
    """Returns the environment of a user who has these tools, but neither a region nor credentials."""
    return {**without_aws({"HOME": str(tools)}), "PATH": str(tools), **variables}


def says(arguments: tuple[str, ...], variables: dict[str, str]) -> tuple[int, str]:
    """Runs build.sh; returns its exit code and standard error, and checks that standard output is empty."""
    done = build(*arguments, environment=variables)
    assert done.stdout == ""
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "which image? ./build.sh -i process-data"),
        (("-r", "eu-central-1"), "which image? ./build.sh -i process-data"),
        (("-i", "Process"), "-i Process: small letters, digits, '.', '_' and '-' only, a letter or digit first"),
        (("-i", "-x"), "-i -x: small letters, digits, '.', '_' and '-' only, a letter or digit first"),
        ((*NAME, "-a", "riscv64"), "-a riscv64: amd64 and arm64 are built"),
        ((*NAME, "-t", "a/b"), "-t a/b: letters, digits, '.', '_' and '-' only"),
        ((*NAME, "-t", "x" * 129), "-t: at most 128 characters"),
        ((*NAME, "now"), "unexpected argument: now (see ./build.sh -h)"),
    ],
)
def test_wrong_usage_is_told(tools: Path, arguments: tuple[str, ...], message: str) -> None:
    assert says(arguments, environment(tools)) == (2, f"build.sh: {message}\n")


@pytest.mark.parametrize("arguments", [("-x",), ("-i",)])
def test_unknown_options_show_the_usage(tools: Path, arguments: tuple[str, ...]) -> None:
    code, said = says(arguments, environment(tools))
    assert code == 2
    assert "Usage: ./build.sh -i NAME" in said


def test_help_is_for_standard_output(tools: Path) -> None:
    done = build("-h", environment=environment(tools))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: ./build.sh -i NAME")


def test_no_engine_is_told(tools: Path) -> None:
    (tools / "docker").unlink()
    message = "build.sh: neither docker nor podman is installed; install one of them\n"
    assert says(NAME, environment(tools)) == (1, message)


@pytest.mark.usefixtures("engine")
def test_engine_that_does_not_run_is_told(tools: Path) -> None:
    # The genuine client, without a daemon.
    genuine = shutil.which("docker")
    assert genuine
    (tools / "docker").unlink()
    (tools / "docker").symlink_to(genuine)
    code, said = says(NAME, environment(tools, DOCKER_HOST=f"unix://{tools}/nothing"))
    assert code == 1
    assert said.startswith("build.sh: docker does not answer; start it (")
    assert said.endswith("and see 'docker info'\n")


def test_engine_that_is_asked_for_and_missing_is_told(tools: Path) -> None:
    code, said = says(NAME, environment(tools, CONTAINER_ENGINE="podman"))
    assert code == 1
    assert said.startswith("build.sh: podman does not answer; start it (")


def test_missing_aws_cli_is_told(tools: Path) -> None:
    (tools / "aws").unlink()
    code, said = says(NAME, environment(tools))
    assert code == 1
    assert said.startswith("build.sh: the AWS CLI is not installed: https://docs.aws.amazon.com/cli/")


def test_missing_region_is_told(tools: Path) -> None:
    credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    message = "build.sh: which region? Give -r REGION or set AWS_REGION\n"
    assert says(NAME, environment(tools, **credentials)) == (2, message)


def test_missing_credentials_are_told_with_what_the_cli_says(tools: Path) -> None:
    code, said = says((*NAME, "-r", "eu-central-1"), environment(tools))
    assert code == 1
    assert said.startswith("build.sh: no credentials for AWS (")
    assert "Unable to locate credentials" in said
    assert said.endswith("; sign in with 'aws sso login' or set AWS_PROFILE\n")


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_region_of_the_environment_is_taken(tools: Path, variable: str) -> None:
    _, said = says(NAME, environment(tools, **{variable: "eu-central-1"}))
    assert said.startswith("build.sh: no credentials for AWS ("), said


def test_region_of_the_profile_is_taken(tools: Path) -> None:
    settings = tools / "config"
    settings.write_text("[default]\nregion = eu-central-1\n")
    _, said = says(NAME, environment(tools, AWS_CONFIG_FILE=os.fspath(settings)))
    assert said.startswith("build.sh: no credentials for AWS ("), said
