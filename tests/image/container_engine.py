"""The container engine of the tests: the Docker that runs on this machine, else one that is started here.

A Docker that runs is used as it is. If none answers and the user is root on Debian or Ubuntu, the package docker.io is
installed if necessary, and a daemon is started with everything (images, state, socket) in a folder that is removed
at the end. The daemon has no network of its own: containers run in the network of this machine.
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
# Longer than the time that the daemon gives its containers to end.
STOP_SECONDS = 60


class NoEngine(RuntimeError):
    """There is no container engine, and none could be started."""


@dataclass(frozen=True)
class ContainerEngine:
    """A running Docker daemon."""

    environment: dict[str, str]
    """The variables that tell clients where the daemon is."""
    description: str

    def docker(self, *arguments: str, check: bool = True, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Runs the Docker client; an unexpected failure raises an error with the output of the client."""
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
    """Returns the output of the Docker client; nothing if there is no client or it fails."""
    if shutil.which("docker") is None:
        return None
    done = subprocess.run(
        ["docker", *arguments], env={**os.environ, **(environment or {})}, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else None


def _describe(environment: dict[str, str] | None = None) -> str | None:
    """Returns a description of the daemon that answers; nothing if none does: the client's template fails then."""
    return _ask("info", "--format", "Docker {{.ServerVersion}}, {{.Driver}}", environment=environment)


@contextlib.contextmanager
def available() -> Iterator[ContainerEngine]:
    """Yields the engine that runs on this machine, or one that runs until the block ends."""
    described = _describe()
    if described is not None:
        # The address is set explicitly, because the tests' clients have a configuration without the selected context.
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
    # In runlevel 1 the package starts no service: the tests start their own daemon.
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
                # The daemon does not get the SIGINT of Ctrl-C: the tests stop it after they have cleaned up.
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
    """Waits until the daemon answers and returns its description; nothing if it ended or took too long."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and daemon.poll() is None:
        if described := _describe(environment):
            return described
        time.sleep(0.1)
    return None


def _stop(daemon: subprocess.Popen[bytes], place: Path) -> None:
    """Ends the daemon, which ends its containers, and then any processes that it left behind."""
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
    """Returns processes with the folder in their command line: containerd and its shims, if the daemon left them."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):  # the process has ended
                words = Path(entry.path, "cmdline").read_bytes().split(b"\0")
                if any(word.startswith(f"{place}/".encode()) for word in words):
                    found.append(int(entry.name))
    return found
