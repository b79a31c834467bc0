#!/usr/bin/env python3
"""Starts the AWS services that Sluice uses, on this machine, for tests.

MiniStack does most of it; the modules in `overlay/` fill in what it lacks. See README.md beside this file.

    python tests/emulator/emulator.py --image sluice/process-data=target/release/sluice

prints one line of JSON when it is ready, `{"endpoint": "http://127.0.0.1:PORT", "pid": …, …}`. On SIGTERM or SIGINT it
ends, with all processes that it has started.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import signal
import socket
import sys
import threading
import traceback
import urllib.error
import urllib.request

from engine import ProcessEngine
from settings import Settings, parse

logger = logging.getLogger("sluice.emulator")


def listen(port: int) -> socket.socket:
    """Returns a listening socket. It is bound before its port is passed on, so that nobody else can take the port."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(1024)
    listener.set_inheritable(False)
    return listener


def prepare_environment(settings: Settings, port: int) -> None:
    """Sets the environment from which MiniStack reads its settings when its modules are loaded."""
    temporary = settings.data / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        {
            "GATEWAY_PORT": str(port),
            "MINISTACK_HOST": "localhost",
            "MINISTACK_REGION": settings.region,
            "MINISTACK_ACCOUNT_ID": settings.account,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "SFN_WAIT_SCALE": str(settings.time_scale),
            "TMPDIR": str(temporary),
            "S3_DATA_DIR": str(settings.data / "s3"),
            "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
            # Listeners of services that Sluice does not use, on fixed ports.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
        }
    )
    if settings.engine == "process":
        # Keeps MiniStack away from a Docker daemon that happens to run here.
        os.environ["DOCKER_HOST"] = f"unix://{temporary}/no-docker.sock"


def log_to_file(settings: Settings) -> None:
    """Sends the log of the services to a file, because standard output is for the line that says ready."""
    logging.basicConfig(
        filename=settings.data / "emulator.log",
        level=os.environ["LOG_LEVEL"],
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )


def announce(endpoint: str, settings: Settings) -> None:
    """Waits until the endpoint answers, then prints its address."""
    while True:
        try:
            with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=30):
                break
        except urllib.error.URLError as error:
            if not isinstance(error.reason, TimeoutError):
                raise
    ready = {
        "endpoint": endpoint,
        "pid": os.getpid(),
        "region": settings.region,
        "account": settings.account,
        "data": str(settings.data),
    }
    print(json.dumps(ready), flush=True)


async def serve(listener: socket.socket, endpoint: str, settings: Settings) -> None:
    """Serves until a signal comes."""
    from hypercorn.asyncio import serve as hypercorn
    from hypercorn.config import Config
    from ministack.app import app

    from faults import Faults
    from policies.gate import Gate

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.errorlog = logging.getLogger("hypercorn.error")
    threading.Thread(target=announce, args=(endpoint, settings), daemon=True).start()
    await hypercorn(Faults(Gate(app)), config, shutdown_trigger=stop.wait)


def main() -> None:
    """Runs the emulator."""
    settings = parse()
    settings.data.mkdir(parents=True, exist_ok=True)
    try:
        listener = listen(settings.port)
    except OSError as error:
        sys.exit(f"emulator.py: port {settings.port}: {error.strerror}")
    endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
    prepare_environment(settings, listener.getsockname()[1])
    log_to_file(settings)
    engine = ProcessEngine(settings.images, settings.data / "containers") if settings.engine == "process" else None

    # Imported only now, because these modules load those of MiniStack.
    import overlay

    overlay.install(settings, engine)
    code = 0
    try:
        asyncio.run(serve(listener, endpoint, settings))
    except Exception:
        traceback.print_exc()
        code = 1
    overlay.stop(engine)
    logging.shutdown()
    if settings.temporary:
        shutil.rmtree(settings.data, ignore_errors=True)
    # Exits without waiting for threads of executions, which wait for task tokens that nobody will send any more.
    os._exit(code)


if __name__ == "__main__":
    main()
