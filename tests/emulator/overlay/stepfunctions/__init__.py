"""Step Functions: task tokens with heartbeats, Distributed Map in JSONata, error rules, service integrations."""

from __future__ import annotations

from overlay.stepfunctions import executions, integrations, language, maps, tasks, tokens


def install(scale: float) -> None:
    """Puts the overlay in place; `scale` shortens waits."""
    executions.install(scale)
    language.install()
    integrations.install()
    tokens.install()
    tasks.install(scale)
    maps.install()
