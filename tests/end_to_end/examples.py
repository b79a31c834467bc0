"""The files of the examples that Git tracks, because a run in them leaves outputs and a ledger beside the data."""

from __future__ import annotations

import subprocess

from deployment import REPOSITORY

EXAMPLES = REPOSITORY / "examples"


def tracked_files(under: str = "") -> dict[str, bytes]:
    """Returns the data files, descriptors and reference tables of the examples, or of one prefix, by key."""
    command = ["git", "ls-files", "-z", "--", f"examples/{under}"]
    listed = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout
    files = {}
    for name in listed.split("\0"):
        key = name.removeprefix("examples/")
        # `git` also lists files that are deleted in the checkout.
        is_input = "/incoming/" in key or "/reference/" in key or key.endswith("/resource.json")
        if is_input and (REPOSITORY / name).is_file():
            files[key] = (REPOSITORY / name).read_bytes()
    if not files:
        raise RuntimeError(f"no file of {EXAMPLES / under} is tracked")
    return files
