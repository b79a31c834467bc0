"""The deployed pipeline, used as a user does: upload, start, look at the outputs.

Each test continues from the state that the test before it left.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from attempts import Run
from deployment import Deployment
from examples import tracked_files
from usage import (
    Events,
    Files,
    comparable_records,
    ledger,
    objects,
    output_files,
    put,
    run_in_folder,
    run_to_end,
    statuses,
)

MISTAKE = b'{"schema": {"fields": [{"name": "a", "type": "no such type"}]}}'
STRICT = b'{"sluice": {"tolerance": {"rows": 1}}}'
# Bytes of the long keys; S3 takes 1,024, and the keys made from them are a little longer.
KEY_BYTES = 900


@pytest.fixture(scope="module")
def events(deployment: Deployment) -> Events:
    return Events(deployment)


def uploads() -> Files:
    """The examples, and 300 small files under twelve prefixes at several depths, with every tenth row at fault."""
    files: Files = tracked_files()
    schema = {"fields": [{"name": "id", "type": "integer"}, {"name": "day", "type": "date"}]}
    for prefix in range(12):
        where = "/".join(["clients", "eu", f"c{prefix:02}"][-1 - prefix % 3 :])
        files[f"{where}/resource.json"] = json.dumps({"schema": schema}).encode()
        for number in range(25):
            rows = [f"{row},2026-11-{1 + row % 30:02}" if row % 10 else f"{row},never" for row in range(1, 40 + number)]
            files[f"{where}/incoming/{number:03} ü+%2F.csv"] = "\n".join(["id,day", *rows, ""]).encode()
    return files


def test_uploaded_files_come_out_as_a_run_in_a_folder_makes_them(
    deployment: Deployment, events: Events, tmp_path: Path
) -> None:
    files = uploads()
    put(deployment, files)
    execution = run_to_end(deployment, {})
    assert execution["status"] == "SUCCEEDED", execution

    expected, expected_records = run_in_folder(tmp_path, files)
    assert len(expected) > 600
    assert output_files(deployment) == expected
    found_records = comparable_records(ledger(deployment).values())
    assert set(found_records) == set(expected_records)
    for key, record in found_records.items():
        assert record == expected_records[key], key
    source = objects(deployment, deployment.outputs["sourceBucket"])
    assert {key: source[key] for key in files} == files, "nothing that was uploaded is changed"

    told = events.of_prefixes(execution)
    assert set(told) == {key.split("/incoming/")[0] for key in files if "/incoming/" in key}
    refused = {key.split("/incoming/")[0] for key, record in expected_records.items() if record["verdict"] == "refused"}
    assert {prefix for prefix, status in statuses(told).items() if status == "PARTIAL"} == refused
    assert sum(detail["rows"]["read"] for detail in told.values()) == sum(
        record["rows"]["read"] for record in expected_records.values()
    )
    assert events.of_run(execution)["status"] == "PARTIAL"


def lines_of_logs(deployment: Deployment) -> list[str]:
    """Returns the log lines of all parts."""
    logs = deployment.client("logs")
    lines = []
    for group in [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]:
        for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]:
            found = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)
            lines += [event["message"] for event in found["events"]]
    return lines


def member(value: Any, path: str) -> Any:
    """Returns the member at a path of names separated by dots; None if there is none."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def test_the_table_of_columns_asks_for_members_that_lines_of_the_log_have(deployment: Deployment) -> None:
    cloudwatch = deployment.client("cloudwatch")
    names = [entry["DashboardName"] for entry in cloudwatch.list_dashboards()["DashboardEntries"]]
    bodies = [json.loads(cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"]) for name in names]
    queries = [widget["properties"].get("query", "") for body in bodies for widget in body["widgets"]]
    [query] = [query for query in queries if "unnest line.fields into column" in query]
    lines = [json.loads(line) for line in lines_of_logs(deployment) if "columns checked" in line]
    of = {"line": lines, "column": [column for line in lines for column in line["fields"]]}
    shown = re.findall(r"\b(line|column)\.([\w.]+)", query.split("| display")[1])
    assert len(shown) > 10, query
    for kind, path in shown:
        assert any(member(value, path) is not None for value in of[kind]), f"{kind}.{path}"


def test_logs_and_metrics_are_there(deployment: Deployment) -> None:
    messages = lines_of_logs(deployment)
    assert any('"message":"file checked"' in message for message in messages), len(messages)
    metrics = deployment.client("cloudwatch").list_metrics(Namespace="Sluice")["Metrics"]
    expected = {"FilesClean", "FilesAccepted", "FilesRefused", "RowsRead", "RowsRejected", "Bytes", "Seconds"}
    assert expected <= {metric["MetricName"] for metric in metrics}


def test_a_second_execution_finds_nothing_to_do(deployment: Deployment, events: Events) -> None:
    before = output_files(deployment)
    execution = run_to_end(deployment, {})
    assert execution["status"] == "SUCCEEDED", execution
    assert json.loads(execution["output"])["tasks"] == 0
    assert output_files(deployment) == before
    assert events.of_prefixes(execution) == {}


def test_a_forced_execution_checks_again_and_changes_nothing(deployment: Deployment) -> None:
    before = output_files(deployment)
    execution = run_to_end(deployment, {"prefixes": ["noaa"], "force": True})
    assert execution["status"] == "SUCCEEDED", execution
    assert json.loads(execution["output"])["files"]["total"] == 1
    assert output_files(deployment) == before


def test_a_prefix_that_fails_does_so_alone_and_says_why(deployment: Deployment, events: Events) -> None:
    good = {"good/incoming/a.csv": b"a\n1\n"}
    bad = {"bad/resource.json": MISTAKE, "bad/incoming/a.csv": b"a\n1\n"}
    put(deployment, {**good, **bad})
    execution = run_to_end(deployment, {})
    assert (execution["status"], execution["error"]) == ("FAILED", "Sluice.RunFailed"), execution
    told = events.of_prefixes(execution)
    assert statuses(told) == {"good": "SUCCEEDED", "bad": "FAILED"}
    assert "no such type" in told["bad"]["cause"]
    assert output_files(deployment, "good/") == {"good/clean/a.csv": b"a\n1\n"}


def test_a_missing_reference_table_fails_its_prefix_until_it_is_there(deployment: Deployment, events: Events) -> None:
    key = {"fields": "code", "reference": {"resource": "codes", "fields": "code"}}
    schema = {"fields": [{"name": "code"}], "foreignKeys": [key]}
    descriptor = {"schema": schema, "sluice": {"reference": [{"name": "codes", "path": "reference/codes.csv"}]}}
    put(deployment, {"keyed/resource.json": json.dumps(descriptor).encode(), "keyed/incoming/a.csv": b"code\nx\ny\n"})
    execution = run_to_end(deployment, {"prefixes": ["keyed"]})
    assert (execution["status"], execution["error"]) == ("FAILED", "Sluice.RunFailed"), execution
    told = events.of_prefixes(execution)
    assert statuses(told) == {"keyed": "FAILED"}
    assert "keyed/reference/codes.csv: not found" in told["keyed"]["cause"]
    put(deployment, {"keyed/reference/codes.csv": b"code\nx\n"})
    execution = run_to_end(deployment, {"prefixes": ["keyed"]})
    assert execution["status"] == "SUCCEEDED", execution
    assert output_files(deployment, "keyed/")["keyed/clean/a.csv"] == b"code\nx\n"


def test_a_file_over_the_tolerance_makes_its_prefix_partial_and_the_run_succeed(
    deployment: Deployment, events: Events
) -> None:
    rows = b"a,b\n1,2\n3\n4\n"
    files = {"strict/resource.json": STRICT, "strict/incoming/bad.csv": rows, "lenient/incoming/bad.csv": rows}
    put(deployment, files)
    execution = run_to_end(deployment, {"prefixes": ["strict", "lenient"]})
    assert execution["status"] == "SUCCEEDED", execution
    told = events.of_prefixes(execution)
    assert statuses(told) == {"strict": "PARTIAL", "lenient": "SUCCEEDED"}
    assert told["strict"]["files"] == {"total": 1, "clean": 0, "accepted": 0, "refused": 1, "failed": 0}
    assert list(output_files(deployment, "strict/")) == ["strict/rejects/bad.csv.jsonl"], "rejects, and no clean file"


@pytest.mark.parametrize("request_", [{"prefixes": "a"}, {"prefixes": ["no-such-prefix"]}, {"prefix": ["noaa"]}])
def test_an_input_that_is_not_understood_fails_before_anything_is_done(
    deployment: Deployment, request_: dict[str, Any]
) -> None:
    execution = run_to_end(deployment, request_)
    assert (execution["status"], execution["error"]) == ("FAILED", "Sluice.BadRequest"), execution
    assert "prefix" in execution["cause"]


def test_thousands_of_long_keys_are_one_task_whose_override_stays_small(deployment: Deployment) -> None:
    prefix = "/".join(["long"] + ["p" * 100] * 6)
    files = {f"{prefix}/incoming/{number:05}{'k' * (KEY_BYTES - len(prefix) - 19)}.csv": b"" for number in range(2000)}
    assert {len(key) for key in files} == {KEY_BYTES}
    put(deployment, files)
    execution = run_to_end(deployment, {"prefixes": [prefix]})
    assert execution["status"] == "SUCCEEDED", execution
    # A file of 0 bytes is refused.
    assert json.loads(execution["output"])["files"]["refused"] == 2000

    run = Run(deployment, execution["executionArn"])
    (attempt,) = run.attempts(prefix)
    assert attempt.override_characters < 2000


def test_a_key_is_taken_as_long_as_its_record_has_a_key(deployment: Deployment) -> None:
    prefix, rows = "edge", b"a\n1\n"
    # `_sluice/ledger/`, `/`, 32 characters of ETag, `.json`
    longest = 1024 - 15 - 1 - 32 - 5

    def key(length: int) -> str:
        return f"{prefix}/incoming/" + "/".join(["é" * 50] * 9) + "x" * (length - 926) + ".csv"

    fits, too_long = key(longest), key(longest + 1)
    assert (len(fits.encode()), len(too_long.encode())) == (longest, longest + 1)
    put(deployment, {fits: rows, too_long: rows})
    execution = run_to_end(deployment, {"prefixes": [prefix]})
    assert execution["status"] == "SUCCEEDED", execution
    assert json.loads(execution["output"])["files"]["total"] == 1
    assert list(output_files(deployment, f"{prefix}/")) == [fits.replace("/incoming/", "/clean/")]
    report = f"_sluice/runs/{execution['name']}/report.json"
    body = objects(deployment, deployment.outputs["sourceBucket"], report)[report]
    assert json.loads(body)["ignored"]["too-long"]["count"] == 1
