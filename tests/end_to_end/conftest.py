"""A deployment for each module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deployment import Deployment, deployed, signals

signals.install()

# Goes with its data, starts nothing by itself.
SETTINGS = {"protectData": "false", "scheduleEnabled": "false", "maxConcurrency": "8"}


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    """A deployment in which all waits take a twentieth of their time."""
    with deployed(SETTINGS, time_scale=0.05) as made:
        yield made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Moves the tests of policies to the end, because the calls of roles are known when all other tests have run."""
    items.sort(key=lambda item: item.path.name == "test_policies.py")
