"""The examples as they are tracked: a run in them leaves outputs and a ledger beside the data."""

from __future__ import annotations

import subprocess

from deployment import REPOSITORY

EXAMPLES = REPOSITORY / "examples"


def tracked(under: str = "") -> dict[str, bytes]:
    """The data files, descriptors and reference tables of the examples by key, or those of one prefix."""
    command = ["git", "ls-files", "-z", "--", f"examples/{under}"]
    listed = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout
    files = {}
    for name in listed.split("\0"):
        key = name.removeprefix("examples/")
        # `git` also names what is deleted in the checkout.
        is_input = "/incoming/" in key or "/reference/" in key or key.endswith("/resource.json")
        if is_input and (REPOSITORY / name).is_file():
            files[key] = (REPOSITORY / name).read_bytes()
    if not files:
        raise RuntimeError(f"no file of {EXAMPLES / under} is tracked")
    return files
