"""A deployment for each module."""

from __future__ import annotations

from collections.abc import Iterator

import ending
import pytest

from deployment import Deployment, deployed

ending.on_signals()


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    """Goes with its data, starts nothing by itself, and waits for nothing longer than a twentieth of the time."""
    settings = {"protectData": "false", "scheduleEnabled": "false", "maxConcurrency": "8", "architecture": "amd64"}
    with deployed(settings, time_scale=0.05) as made:
        yield made
