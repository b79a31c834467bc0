"""The container engine of the tests: the Docker that answers here, else one of our own.

A Docker that runs is used as it is. Where none answers and we are root on Debian or Ubuntu, the package docker.io is
installed if need be, and a daemon is started that has everything (images, state, socket) in a folder that goes
with it in the end. It has no network of its own: containers are run in that of this machine.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# overlay2 does not work on top of another overlay; vfs copies everything and works everywhere.
STORAGE_DRIVERS = ("overlay2", "vfs")

START_SECONDS = 60
# Longer than the daemon gives its containers to end.
STOP_SECONDS = 60


class NoEngine(RuntimeError):
    """There is no container engine, and none could be had."""


@dataclass(frozen=True)
class ContainerEngine:
    """A Docker that answers."""

    environment: dict[str, str]
    """Where it is, for its clients."""
    description: str

    def docker(self, *arguments: str, check: bool = True, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Runs the Docker client; what it says goes with the error when it fails and should not."""
        done = subprocess.run(
            ["docker", *arguments],
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
        if check and done.returncode != 0:
            raise RuntimeError(f"docker {' '.join(arguments)} ({done.returncode}): {done.stdout}{done.stderr}")
        return done


def _ask(*arguments: str, environment: dict[str, str] | None = None) -> str | None:
    """What the Docker client answers; nothing when there is no client or it has no answer."""
    if shutil.which("docker") is None:
        return None
    done = subprocess.run(
        ["docker", *arguments], env={**os.environ, **(environment or {})}, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else None


def _describe(environment: dict[str, str] | None = None) -> str | None:
    """What answers; the client's template goes wrong when nothing does."""
    return _ask("info", "--format", "Docker {{.ServerVersion}}, {{.Driver}}", environment=environment)


@contextlib.contextmanager
def available() -> Iterator[ContainerEngine]:
    """The engine that runs here, or one that runs as long as this does."""
    described = _describe()
    if described is not None:
        # Said outright, because the tests' clients have a configuration of their own, without the chosen context.
        host = _ask("context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
        yield ContainerEngine({"DOCKER_HOST": host} if host else {}, described)
        return
    if os.geteuid() != 0:
        raise NoEngine("'docker info' has no answer: start Docker, or run the tests as root, and they start their own")
    if shutil.which("dockerd") is None or shutil.which("docker") is None:
        _install()
    with tempfile.TemporaryDirectory(prefix="sluice-engine-") as folder, _started(Path(folder)) as engine:
        yield engine


def _install() -> None:
    if shutil.which("apt-get") is None:
        raise NoEngine("there is no Docker and no apt-get to install it with: https://docs.docker.com/engine/install/")
    print("installing docker.io", flush=True)
    # In runlevel 1 no service is started: the daemon of the tests is their own.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", "docker.io", "iptables"]):
        done = subprocess.run(["apt-get", *command], env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NoEngine(f"apt-get {' '.join(command)} failed ({done.returncode}): {done.stdout}{done.stderr}")


@contextlib.contextmanager
def _started(folder: Path) -> Iterator[ContainerEngine]:
    failures = []
    for driver in STORAGE_DRIVERS:
        place = folder / driver
        place.mkdir()
        environment = {"DOCKER_HOST": f"unix://{place / 'socket'}"}
        with (place / "log").open("wb") as log:
            options = ["--data-root", place / "data", "--exec-root", place / "exec", "--pidfile", place / "pid"]
            options += ["--host", environment["DOCKER_HOST"], "--storage-driver", driver]
            daemon = subprocess.Popen(
                ["dockerd", *options, "--iptables=false", "--ip6tables=false", "--bridge=none"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for the tests, which stop it when they have cleaned up.
                start_new_session=True,
            )
        try:
            described = _wait(daemon, environment)
            if described is not None:
                yield ContainerEngine(environment, f"{described}, started for the tests")
                return
            failures.append(f"{driver}: {(place / 'log').read_text(errors='replace')[-2000:]}")
        finally:
            _stop(daemon, place)
    raise NoEngine("dockerd did not start\n" + "\n".join(failures))


def _wait(daemon: subprocess.Popen[bytes], environment: dict[str, str]) -> str | None:
    """What answers, as soon as it does; nothing when the daemon ended or took too long."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and daemon.poll() is None:
        if described := _describe(environment):
            return described
        time.sleep(0.1)
    return None


def _stop(daemon: subprocess.Popen[bytes], place: Path) -> None:
    """Ends the daemon, which ends its containers, and whatever of it is left."""
    daemon.terminate()
    try:
        daemon.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()
    for process in _processes_of(place):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    for line in reversed(Path("/proc/self/mountinfo").read_text().splitlines()):
        mounted = line.split()[4]
        if mounted.startswith(f"{place}/"):
            subprocess.run(["umount", "--lazy", mounted], check=True)


def _processes_of(place: Path) -> list[int]:
    """Processes with the folder in their command line: containerd and its shims, when the daemon left them behind."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):  # it has ended
                words = Path(entry.path, "cmdline").read_bytes().split(b"\0")
                if any(word.startswith(f"{place}/".encode()) for word in words):
                    found.append(int(entry.name))
    return found
