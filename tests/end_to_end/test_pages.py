"""The pages that the publisher writes, and the commands that read a bucket: `sluice report` and `sluice status`."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import roles
from conftest import SETTINGS
from deployment import REGION, Deployment, deployed, required_variable
from usage import Events, ledger, objects, put, run_to_end

DESCRIPTOR = {
    "schema": {"fields": [{"name": "id"}, {"name": "qty", "type": "integer"}, {"name": "ssn"}]},
    "sluice": {"redact": ["ssn"], "feedback": {"keys": ["id"], "formats": ["csv"]}},
}
BAD = b"id,qty,ssn\n1,<script>alert(1)</script>,secret-1\n2,2,secret-2\n"
GOOD = b"id,qty,ssn\n1,1,secret-3\n"


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    """Two prefixes of a run have a page; answers have a bucket of their own. In one test calls have to be refused."""
    settings = {**SETTINGS, "reportPages": "2", "feedbackBucket": "true"}
    with deployed(settings, time_scale=0.05, refusals=False) as made:
        yield made


@pytest.fixture(scope="module")
def run(deployment: Deployment) -> dict[str, Any]:
    """Returns the events of a run over three prefixes, by prefix; the event of the run has an empty name."""
    events = Events(deployment)
    for prefix, rows in {"fine": GOOD, "north": BAD, "south/deep": BAD}.items():
        put(deployment, {f"{prefix}/resource.json": json.dumps(DESCRIPTOR).encode(), f"{prefix}/incoming/a.csv": rows})
    execution = run_to_end(deployment, {})
    assert execution["status"] == "SUCCEEDED", execution
    return {**events.of_prefixes(execution), "": events.of_run(execution)}


def page(deployment: Deployment, url: str) -> str:
    """Returns the page that an event names."""
    bucket, _, key = url.removeprefix("s3://").partition("/")
    found = deployment.client("s3").get_object(Bucket=bucket, Key=key)
    assert found["ContentType"] == "text/html; charset=utf-8"
    return found["Body"].read().decode()


def sluice(deployment: Deployment, folder: Path, *words: str) -> str:
    """Runs the command line over a bucket of the deployment, and returns what it prints."""
    variables = {
        "AWS_ENDPOINT_URL": deployment.endpoint,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "COLUMNS": "100",
    }
    command = [required_variable("SLUICE_BINARY"), *words]
    done = subprocess.run(command, env={**os.environ, **variables}, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


def test_events_name_the_pages_of_the_run_and_of_its_worst_prefixes(
    deployment: Deployment, run: dict[str, Any]
) -> None:
    bucket = deployment.outputs["sourceBucket"]
    under = run[""]["report"].removesuffix("report.json")
    assert under.startswith(f"s3://{bucket}/_sluice/runs/")
    assert {prefix: detail["page"] for prefix, detail in run.items()} == {
        "": f"{under}report.html",
        "fine": None,
        "north": f"{under}prefixes/north/report.html",
        "south/deep": f"{under}prefixes/south/deep/report.html",
    }
    made = [key for key in objects(deployment, bucket, "_sluice/runs/") if key.endswith(".html")]
    assert len(made) == 3


def test_pages_ask_for_nothing_run_nothing_and_show_no_redacted_value(
    deployment: Deployment, run: dict[str, Any]
) -> None:
    for prefix in ("", "north", "south/deep"):
        text = page(deployment, run[prefix]["page"])
        assert "type-error" in text and "a.csv" in text
        assert "secret" not in text and "<script>alert" not in text
        policy = re.search(r"default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'", text)
        assert policy or "default-src &#39;none&#39;" in text, "its policy lets nothing in"
        assert not re.findall(r"""(?:src|href|action)=["'](?!#)""", text), "it names nothing elsewhere"
        assert text.count("<script>") == 1, "its own"


def test_the_command_line_makes_the_same_pages_of_a_bucket(
    deployment: Deployment, run: dict[str, Any], tmp_path: Path
) -> None:
    source = f"s3://{deployment.outputs['sourceBucket']}"
    for prefix in ("", "north"):
        words = ["--prefix", prefix] if prefix else []
        sluice(deployment, tmp_path, "report", run[""]["report"], "-o", "page.html", *words)
        made, published = (tmp_path / "page.html").read_text(encoding="utf-8"), page(deployment, run[prefix]["page"])
        start_of_causes = '<section aria-labelledby="causes">'
        assert made.partition(start_of_causes)[2] == published.partition(start_of_causes)[2] != ""
    text = sluice(deployment, tmp_path, "report", source, "--text")
    assert "3 files: 1 clean, 2 accepted" in text and "secret" not in text
    assert max(len(line) for line in text.splitlines() if "▕" in line) == 100 - 1


def test_status_says_how_each_prefix_of_a_bucket_is(
    deployment: Deployment, run: dict[str, Any], tmp_path: Path
) -> None:
    source = f"s3://{deployment.outputs['sourceBucket']}"
    put(deployment, {"north/incoming/new.csv": GOOD})
    lines = sluice(deployment, tmp_path, "status", source, "--format", "json").splitlines()
    *prefixes, whole = map(json.loads, lines)
    found = {line["prefix"]: (line["new"]["files"], line["done"], line["last"][0]["verdict"]) for line in prefixes}
    assert found == {"fine": (0, 1, "clean"), "north": (1, 1, "accepted"), "south/deep": (0, 1, "accepted")}
    assert whole["lastRun"]["page"] == run[""]["page"]
    text = sluice(deployment, tmp_path, "status", source)
    assert "south/deep" in text and "1 new file" in text


def test_without_its_statement_the_publisher_sends_events_without_pages(deployment: Deployment) -> None:
    put(deployment, {"unread/incoming/a.csv": b"id\n1\n"})
    events = Events(deployment)
    roles.ignore_statements(deployment, "publish/ReadRecords")
    execution = run_to_end(deployment, {"prefixes": ["unread"]})
    roles.ignore_statements(deployment)
    assert execution["status"] == "SUCCEEDED", execution
    detail = events.of_prefixes(execution)["unread"]
    assert (detail["status"], detail["page"]) == ("SUCCEEDED", None)
    assert events.of_run(execution)["page"] is None
    bucket, _, key = detail["report"].removeprefix("s3://").partition("/")
    report = json.load(deployment.client("s3").get_object(Bucket=bucket, Key=key)["Body"])
    assert (report["page"], report["pagesUnwritten"]) == (None, 2)
    assert ledger(deployment, "unread/")
