"""Containers as processes of this machine.

The part of a container engine that ECS uses, with the interface of the Docker SDK for Python (`client.containers.run`,
…), because the emulator's ECS calls that. A container is a process in a folder and a session of its own.

Not covered: isolation of any kind (files, user, memory, network), health checks, sidecars that share volumes.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path


class ImageNotFound(LookupError):
    """No command is known for the image."""


class ContainerNotFound(LookupError):
    """No container has this id or name."""


def repository_of(image: str) -> str:
    """Returns the repository of an image: `host:5000/sluice/process-data:tag@sha256:…` → `sluice/process-data`."""
    name = image.partition("@")[0]
    first, slash, rest = name.partition("/")
    # The first component is a host if it cannot be part of a repository's name, by the grammar of Docker references.
    if slash and ("." in first or ":" in first or first == "localhost"):
        name = rest
    return name.partition(":")[0]


class Images:
    """The command that each image stands for."""

    def __init__(self, commands: dict[str, list[str]]) -> None:
        self._commands = commands

    def command(self, image: str, entry_point: list[str] | None, command: list[str] | None) -> list[str]:
        """Returns the command line of a container.

        An entry point given by a task definition or a function names a program in the image. The program is replaced
        by the image's command; the other words of the entry point are kept.
        """
        known = self._commands.get(repository_of(image))
        if known is None:
            raise ImageNotFound(f"{image}: no command is known for the repository '{repository_of(image)}'")
        return [*known, *(entry_point or [])[1:], *(command or [])]

    def get(self, image: str) -> str:
        """Returns the image; raises `ImageNotFound` if it is not known."""
        self.command(image, None, None)
        return image

    def pull(self, image: str, **_options: object) -> str:
        """Returns the image, as `get` does: there is nothing to fetch."""
        return self.get(image)


class Container:
    """A process with the life cycle of a container."""

    def __init__(self, image: str, command: list[str], environment: dict[str, str], name: str, folder: Path) -> None:
        self.id = uuid.uuid4().hex * 2
        self.name = name or self.id[:12]
        self.labels: dict[str, str] = {}
        self._image = image
        self._folder = folder / self.id[:12]
        self._ended = threading.Event()
        self._code = 0
        self._lines: list[bytes] = []
        self._output = threading.Condition()
        self._started_at = datetime.now(UTC)
        self._folder.mkdir(parents=True)
        self._process = subprocess.Popen(
            command,
            env={"PATH": os.environ["PATH"], "HOME": str(self._folder), "HOSTNAME": self.id[:12], **environment},
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True, name=f"output-{self.name}")
        self._reader.start()
        threading.Thread(target=self._reap, daemon=True, name=f"reap-{self.name}").start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._output:
                self._lines.append(line)
                self._output.notify_all()

    def _reap(self) -> None:
        code = self._process.wait()
        # Ends the processes that the process left behind, as those of a container end with its first one.
        self._signal_group(signal.SIGKILL)
        self._reader.join()
        # 128 + number of the signal, as Docker reports it.
        self._code = code if code >= 0 else 128 - code
        self._ended.set()
        with self._output:
            self._output.notify_all()

    def _signal_group(self, number: int) -> None:
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return  # the process has ended already

    @property
    def status(self) -> str:
        """The status: `running` or `exited`."""
        return "exited" if self._ended.is_set() else "running"

    @property
    def attrs(self) -> dict[str, object]:
        """The part of the output of `docker inspect` that ECS reads."""
        return {
            "Id": self.id,
            "Name": f"/{self.name}",
            "Created": self._started_at.isoformat(),
            "State": {"Status": self.status, "Pid": self._process.pid, "ExitCode": self._code},
            "Config": {"Image": self._image, "Labels": self.labels},
            "NetworkSettings": {"Networks": {"host": {"IPAddress": "127.0.0.1"}}, "Ports": {}},
        }

    def reload(self) -> None:
        """Does nothing: the properties always have the current state."""

    def wait(self, timeout: float | None = None) -> dict[str, int]:
        """Waits for the end and returns the exit status."""
        if not self._ended.wait(timeout):
            raise TimeoutError(f"{self.name} is still running")
        return {"StatusCode": self._code}

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Sends a signal to all processes of the container."""
        if not self._ended.is_set():
            self._signal_group(number)

    def stop(self, timeout: float = 10) -> None:
        """Sends SIGTERM, and SIGKILL if the process has not ended in time."""
        if self._ended.is_set():
            return
        # SIGTERM goes only to the first process of a container.
        self._process.send_signal(signal.SIGTERM)
        if not self._ended.wait(timeout):
            self._signal_group(signal.SIGKILL)
            self._ended.wait()

    def logs(self, stream: bool = False, follow: bool = False, **_options: object) -> bytes | Iterator[bytes]:
        """Returns the output of the process so far, or with `stream` line by line until its end."""
        return self._stream(follow) if stream else b"".join(self._lines)

    def _stream(self, follow: bool) -> Iterator[bytes]:
        position = 0
        while True:
            with self._output:
                while follow and position == len(self._lines) and not self._ended.is_set():
                    self._output.wait()
                lines = self._lines[position:]
            if not lines:
                return
            position += len(lines)
            yield from lines

    def remove(self, **_options: object) -> None:
        """Ends the container and removes its folder."""
        self.stop(timeout=0)
        shutil.rmtree(self._folder, ignore_errors=True)


class Containers:
    """All containers of the engine."""

    def __init__(self, images: Images, folder: Path) -> None:
        self._images = images
        self._folder = folder
        self._all: dict[str, Container] = {}
        self._lock = threading.Lock()

    def run(
        self,
        image: str,
        command: list[str] | None = None,
        environment: dict[str, str] | None = None,
        entrypoint: list[str] | None = None,
        name: str = "",
        labels: dict[str, str] | None = None,
        **_options: object,
    ) -> Container:
        """Starts a container and does not wait for it."""
        line = self._images.command(image, entrypoint, command)
        container = Container(image, line, environment or {}, name, self._folder)
        container.labels = labels or {}
        with self._lock:
            self._all[container.id] = container
        return container

    def get(self, key: str) -> Container:
        """Returns the container with this id or name."""
        with self._lock:
            for container in self._all.values():
                if key and (container.id.startswith(key) or container.name == key):
                    return container
        raise ContainerNotFound(f"no such container: {key}")

    def list(self, **_options: object) -> list[Container]:
        """Returns all containers."""
        with self._lock:
            return list(self._all.values())


class ProcessEngine:
    """A container engine whose containers are processes."""

    def __init__(self, commands: dict[str, list[str]], folder: Path) -> None:
        self.images = Images(commands)
        self.containers = Containers(self.images, folder)

    def stop_all(self) -> None:
        """Ends every container at once."""
        for container in self.containers.list():
            container.remove()
