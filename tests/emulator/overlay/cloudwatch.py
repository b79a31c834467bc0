"""CloudWatch: stores the metrics that are embedded in log events.

AWS: CloudWatch_Embedded_Metric_Format_Specification.html. Every log event is searched, from wherever it comes, as in
CloudWatch Logs.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from ministack.services import cloudwatch, cloudwatch_logs

logger = logging.getLogger("sluice.emulator.cloudwatch")

# "A metric value is a number or an array of at most 100 numbers"; "a dimension set has at most 30 dimensions".
MAX_VALUES = 100
MAX_DIMENSIONS = 30

_append_log_events = cloudwatch_logs._append_log_events


class Malformed(ValueError):
    """A log event that announces metrics but breaks the format. CloudWatch ignores it; here a test has to fail."""


def store_embedded_metrics(message: str) -> None:
    """Stores the metrics in a log event, if it has any."""
    if '"_aws"' not in message:
        return
    try:
        event = json.loads(message)
    except ValueError:
        return
    if not isinstance(event, dict) or not isinstance(event.get("_aws"), dict):
        return
    metadata = event["_aws"]
    if not isinstance(metadata.get("Timestamp"), int):
        raise Malformed("_aws.Timestamp is not a number of milliseconds")
    for directive in metadata.get("CloudWatchMetrics", []):
        for dimension_set in directive["Dimensions"]:
            dimensions = _dimensions(event, dimension_set)
            for metric in directive["Metrics"]:
                _store(directive["Namespace"], metric, dimensions, event, metadata["Timestamp"] / 1000)


def _dimensions(event: dict[str, Any], names: list[str]) -> dict[str, str]:
    if len(names) > MAX_DIMENSIONS:
        raise Malformed(f"{len(names)} dimensions")
    dimensions = {name: event.get(name) for name in names}
    for name, value in dimensions.items():
        if not isinstance(value, str) or not value:
            raise Malformed(f"the dimension {name} is not a string")
    return dimensions  # type: ignore[return-value]


def _store(
    namespace: str, metric: dict[str, Any], dimensions: dict[str, str], event: dict[str, Any], time: float
) -> None:
    name = metric["Name"]
    values = event.get(name)
    values = values if isinstance(values, list) else [values]
    if len(values) > MAX_VALUES:
        raise Malformed(f"{name} has {len(values)} values")
    bucket = cloudwatch._metric_bucket((namespace, name, cloudwatch._dims_key(dimensions)))
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Malformed(f"{name} is not a number")
        bucket.append(
            {
                "Timestamp": time,
                "Value": float(value),
                "Unit": metric.get("Unit", "None"),
                "Dimensions": dict(dimensions),
            }
        )


def append_log_events(stream: dict[str, Any], events: list[dict[str, Any]]) -> None:
    """Stores log events, and the metrics embedded in them."""
    _append_log_events(stream, events)
    for event in events:
        try:
            store_embedded_metrics(event["message"])
        except (Malformed, KeyError, TypeError) as error:
            logger.error("embedded metrics refused: %s: %s", error, event["message"])


def install() -> None:
    """Replaces functions of MiniStack by those of this module."""
    cloudwatch_logs._append_log_events = append_log_events
