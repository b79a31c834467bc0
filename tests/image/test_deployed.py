"""The deployed pipeline runs the image: its tasks and its functions are containers of it."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path

from conftest import Pushed, Site
from deployment import ACCOUNT, IMAGE_NAME, REGION, STACK
from examples import tracked_files
from usage import output_files, put, run_in_folder, run_to_end

# Each key counts as 56 bytes.
KEYS = 40_000
KEY_BYTES = 1 << 20


def uploads() -> dict[str, bytes]:
    """An example, two prefixes with a good file and one with a bad row, and a file with many keys."""
    files = tracked_files("noaa")
    rows = "".join(f"{row},2026-11-{1 + row % 30:02}\n" for row in range(1, 40))
    schema = {"fields": [{"name": "id", "type": "integer"}, {"name": "day", "type": "date"}]}
    for prefix in ("a", "deep/b"):
        files[f"{prefix}/resource.json"] = json.dumps({"schema": schema}).encode()
        files[f"{prefix}/incoming/good.csv"] = f"id,day\n{rows}".encode()
        files[f"{prefix}/incoming/bad.csv"] = f"id,day\n{rows}x,never\n".encode()
    # More keys than the limit on memory allows: the others go to a volume of the container.
    numbers = [(number * 7919) % 1_000_003 for number in range(1, KEYS + 1)]
    schema = {"fields": [{"name": "id", "type": "integer"}], "primaryKey": ["id"]}
    limits = {"keyBytes": KEY_BYTES}
    files["keyed/resource.json"] = json.dumps({"schema": schema, "sluice": {"limits": limits}}).encode()
    files["keyed/incoming/rows.csv"] = "\n".join(map(str, ["id", *numbers, numbers[0]])).encode()
    return files


def test_tasks_and_functions_are_containers_of_the_image(
    site: Site, pushed: Pushed, tmp_path: Path, figures: list[str]
) -> None:
    deployment, docker = site.deployment, site.engine.docker
    # Like the machines of AWS, the engine has not seen the image before.
    site.forget(pushed.repository)
    begun = time.time()
    # The stack takes only images of ECR. For this name, the emulator gives the engine the image in its own registry.
    name = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{IMAGE_NAME}@{pushed.digest}"
    deployment.configure({"image": name, "protectData": "false", "scheduleEnabled": "false"})
    deployment.up()
    files = uploads()
    put(deployment, files)
    started = time.time()
    execution = run_to_end(deployment, {})
    ended = time.time()
    assert execution["status"] == "SUCCEEDED", execution
    assert json.loads(execution["output"])["files"]["total"] == 6
    expected, _ = run_in_folder(tmp_path, files)
    assert output_files(deployment) == expected
    figures.append(f"deployed in {started - begun:.0f} s, an execution in containers in {ended - started:.0f} s")

    filters = ("--filter", "type=container", "--filter", "event=start", "--filter", f"image={pushed.uri}")
    span = ("--since", str(int(started)), "--until", str(int(ended) + 1))
    lines = docker("events", *span, *filters, "--format={{json .}}").stdout.splitlines()
    containers = [json.loads(line)["Actor"]["Attributes"] for line in lines]
    tasks = [container for container in containers if "com.amazonaws.ecs.task-arn" in container]
    # One task has the files of all prefixes.
    assert len(tasks) == 1
    functions = Counter(container["function-name"] for container in containers if container not in tasks)
    # The function for stopped tasks may start later, and twice: events are delivered at least once.
    functions.pop(f"sluice-{STACK}-stopped", None)
    assert functions == {f"sluice-{STACK}-plan": 1, f"sluice-{STACK}-publish": 1}
