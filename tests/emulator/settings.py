"""The settings of the emulator, from its command line."""

from __future__ import annotations

import argparse
import os
import shlex
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

SCALE_VARIABLE = "SLUICE_EMULATOR_TIME_SCALE"


@dataclass(frozen=True)
class Settings:
    """All settings of one start of the emulator."""

    port: int
    data: Path
    # The folder is temporary, because none was named, and is removed with the emulator.
    temporary: bool
    engine: str
    images: dict[str, list[str]] = field(default_factory=dict)
    time_scale: float = 1.0
    environment: dict[str, str] = field(default_factory=dict)
    policies: str = "enforced"
    region: str = "eu-central-1"
    account: str = "123456789012"


def image_command(text: str) -> tuple[str, list[str]]:
    """Splits `sluice/process-data=/path/to/sluice` into repository name and command."""
    repository, separator, command = text.partition("=")
    words = shlex.split(command)
    if not separator or not repository or not words:
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=COMMAND")
    return repository, words


def variable(text: str) -> tuple[str, str]:
    """Splits `NAME=VALUE` into name and value."""
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=VALUE")
    return name, value


def time_scale(text: str) -> float:
    """Reads a factor for waits, above 0."""
    try:
        scale = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number") from None
    if not 0 < scale <= 1:
        raise argparse.ArgumentTypeError("the time scale is above 0 and at most 1")
    return scale


def parse(arguments: list[str] | None = None) -> Settings:
    """Reads settings from the command line; the time scale may also come from the environment."""
    parser = argparse.ArgumentParser(
        prog="emulator.py",
        description="The AWS services that Sluice uses, on this machine. For tests only.",
    )
    parser.add_argument("--port", type=int, default=0, help="port of the endpoint; 0 takes a free one (default)")
    parser.add_argument("--data", type=Path, help="folder for logs and work (default: a new one, removed in the end)")
    parser.add_argument("--engine", choices=["process", "docker"], default="process", help="what runs containers")
    parser.add_argument(
        "--image",
        action="append",
        type=image_command,
        default=[],
        metavar="NAME=COMMAND",
        help="what images of a repository run, with --engine process; may be repeated",
    )
    parser.add_argument(
        "--environment",
        action="append",
        type=variable,
        default=[],
        metavar="NAME=VALUE",
        help="a variable of every container, as if its task definition had it; may be repeated",
    )
    parser.add_argument(
        "--time-scale",
        type=time_scale,
        # argparse passes a default that is a string through `type`, so a bad variable is refused as well.
        default=os.environ.get(SCALE_VARIABLE, "1"),
        metavar="FACTOR",
        help=f"factor for heartbeats, token timeouts, retry intervals and Wait states (${SCALE_VARIABLE})",
    )
    parser.add_argument(
        "--policies",
        choices=["enforced", "ignored"],
        default="enforced",
        help="whether calls of roles are judged; ignored, everything is allowed and nothing is recorded",
    )
    parser.add_argument("--region", default="eu-central-1", help="region of requests that name none")
    parser.add_argument("--account", default="123456789012", help="number of the account")
    parsed = parser.parse_args(arguments)
    data = parsed.data or Path(tempfile.mkdtemp(prefix="sluice-emulator-"))
    return Settings(
        port=parsed.port,
        data=data.resolve(),
        temporary=parsed.data is None,
        engine=parsed.engine,
        images=dict(parsed.image),
        time_scale=parsed.time_scale,
        environment=dict(parsed.environment),
        policies=parsed.policies,
        region=parsed.region,
        account=parsed.account,
    )
