"""Behaviour of AWS that the tests need and MiniStack does not have, by service.

Every module has a function `install`, which replaces functions of MiniStack by those of the module. They are internal
functions of MiniStack, so its version is pinned in requirements.txt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from overlay import (
    cloudwatch,
    deliveries,
    ecr,
    ecs,
    event_source_mappings,
    lambda_functions,
    scheduler,
    stepfunctions,
    task_events,
    vpc_endpoints,
)
from policies import calls, judge

if TYPE_CHECKING:
    from engine import ProcessEngine
    from settings import Settings


def install(settings: Settings, engine: ProcessEngine | None) -> None:
    """Installs all modules, before the first request. Without an engine, Docker runs the containers."""
    calls.owner_of_token = stepfunctions.tokens.machine_of
    judge.enforce(settings.policies == "enforced")
    stepfunctions.install(settings.time_scale)
    ecs.install(engine, settings.environment)
    lambda_functions.install(engine)
    cloudwatch.install()
    ecr.install()
    scheduler.install()
    deliveries.install()
    event_source_mappings.install(settings.time_scale)
    vpc_endpoints.install()
    task_events.install()


def stop(engine: ProcessEngine | None) -> None:
    """Ends all processes that were started: first those of functions, then the containers."""
    lambda_functions.stop()
    if engine is not None:
        engine.stop_all()
