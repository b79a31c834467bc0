"""The playground ends, with all that it has started, on a signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from deployment import REPOSITORY
from usage import wait_for

PLAYGROUND = REPOSITORY / "tests" / "end_to_end" / "playground.py"


def processes_in(session: int) -> list[str]:
    """Returns the command lines of the processes of a session, without zombies."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            of_session = entry.name.isdigit() and os.getsid(int(entry.name)) == session
            if of_session and (command := (entry / "cmdline").read_bytes()):
                found.append(command.replace(b"\0", b" ").decode())
        except OSError:
            continue  # the process has ended meanwhile
    return found


def test_a_playground_that_is_terminated_leaves_no_process_and_no_data(tmp_path: Path) -> None:
    playground = subprocess.Popen(
        [sys.executable, "-B", str(PLAYGROUND)],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert playground.stdout is not None
    wait_for("the playground", lambda: "Ctrl-C" in playground.stdout.readline())
    assert len(processes_in(playground.pid)) >= 2, "the playground and its emulator"
    playground.send_signal(signal.SIGTERM)
    playground.wait(timeout=60)
    assert processes_in(playground.pid) == []
    assert list(tmp_path.glob("sluice-*")) == []
