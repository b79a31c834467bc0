"""What the tests need of AWS and MiniStack does not do, by service.

Every module has `install`, which puts its functions in the place of MiniStack's. MiniStack's version is pinned in
requirements.txt: these are its inner functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from overlay import (
    cloudwatch,
    deliveries,
    ecr,
    ecs,
    lambda_functions,
    network,
    queues,
    scheduler,
    stepfunctions,
    task_events,
)
from policies import calls, judge

if TYPE_CHECKING:
    from engine import ProcessEngine
    from settings import Settings


def install(settings: Settings, engine: ProcessEngine | None) -> None:
    """Puts everything in place, before the first request. Without an engine, Docker runs the containers."""
    calls.owner_of_token = stepfunctions.tokens.machine_of
    judge.enforce(settings.policies == "enforced")
    stepfunctions.install(settings.time_scale)
    ecs.install(engine, settings.environment)
    lambda_functions.install(engine)
    cloudwatch.install()
    ecr.install()
    scheduler.install()
    deliveries.install()
    queues.install(settings.time_scale)
    network.install()
    task_events.install()


def stop(engine: ProcessEngine | None) -> None:
    """Ends what was started: the functions, then the containers."""
    lambda_functions.stop()
    if engine is not None:
        engine.stop_all()
