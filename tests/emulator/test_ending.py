"""Processes that are started for tests end with them, whatever signal ends the tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from conftest import HERE, eventually

# A test module like those here: an emulator in a fixture, and a test that takes long.
TESTS = """
    import time
    from conftest import *

    @pytest.fixture(scope="module")
    def own(tmp_path_factory):
        process, emulator = start("--data", os.environ["DATA"])
        yield emulator
        process.terminate()
        process.wait(timeout=20)

    def test_something(own):
        print(f"it runs, {own.pid}", flush=True)
        time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_tests_that_are_told_to_end_end_their_emulator(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "test_long.py").write_text(textwrap.dedent(TESTS))
    process = subprocess.Popen(
        [sys.executable, "-B", "-m", "pytest", "-s", "-p", "no:cacheprovider", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(HERE), "DATA": str(tmp_path / "data")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = next(line for line in process.stdout if "it runs" in line)
    emulator = int(line.rpartition(" ")[2])
    process.send_signal(number)
    # A second signal, as from a terminal and from `cargo xtask`.
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=60)
    assert not Path(f"/proc/{emulator}").exists()


def test_emulator_removes_the_folder_that_nobody_named() -> None:
    command = [sys.executable, "-B", str(HERE / "emulator.py")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    data = Path(eventually(process.stdout.readline).split('"data": "')[1].rstrip('"}\n'))
    assert data.is_dir()
    process.terminate()
    assert process.wait(timeout=20) == 0
    assert not data.exists()
