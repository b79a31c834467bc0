"""EventBridge Scheduler: due schedules start within a second, by the clock of their time zone, and starts that cannot
be delivered go to the dead-letter queue of the schedule.

AWS: schedule-types.html (at, rate and cron expressions, ScheduleExpressionTimezone), managing-schedule-state.html,
configuring-schedule-dlq.html. Retries before the queue are not emulated, nor is the flexible time window.
"""

from __future__ import annotations

import logging
import re
import time
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ministack.core.arn import parse_arn
from ministack.core.responses import new_uuid, request_scope
from ministack.services import eventbridge, scheduler
from ministack.services import stepfunctions as sf

from overlay.deliveries import deliver
from policies import judge
from policies.statements import Call

logger = logging.getLogger("sluice.emulator.scheduler")

TICK_SECONDS = 1
SERVICE = "scheduler.amazonaws.com"

Schedule = dict[str, Any]

# (account, region, group/name) → when it was last started, or first seen.
_last_starts: dict[tuple[str, str, str], float] = {}


def next_start(schedule: Schedule, last: float) -> float | None:
    """Returns when a schedule starts next after `last`, in seconds since 1970; None if it does not start again."""
    expression = schedule["ScheduleExpression"]
    zone = ZoneInfo(schedule.get("ScheduleExpressionTimezone") or "UTC")
    once = re.fullmatch(r"at\((.+)\)", expression)
    if once:
        at = datetime.fromisoformat(once[1]).replace(tzinfo=zone).timestamp()
        return at if at > last else None
    interval = eventbridge._parse_rate_seconds(expression)
    if interval is not None:
        return last + interval
    fields = eventbridge._parse_cron_fields(expression)
    if fields is None:
        raise ValueError(f"not a schedule: {expression}")
    following = eventbridge._cron_next_fire(fields, datetime.fromtimestamp(last, zone))
    return following.timestamp() if following else None


def tick() -> None:
    """Starts all schedules that are due."""
    now = time.time()
    for (account, region, key), schedule in list(scheduler._schedules._data.items()):
        if schedule["State"] != "ENABLED":
            _last_starts.pop((account, region, key), None)
            continue
        created = scheduler._to_epoch(schedule["LastModificationDate"]) or now
        # The interval of a schedule that was changed begins again.
        last = max(_last_starts.get((account, region, key), 0), created)
        due = next_start(schedule, last)
        if due is None or due > now or not _is_between_its_dates(schedule, now):
            continue
        _last_starts[(account, region, key)] = now
        with request_scope(account, region):
            _start(schedule)
            if schedule.get("ActionAfterCompletion") == "DELETE" and next_start(schedule, now) is None:
                del scheduler._schedules[key]


def _is_between_its_dates(schedule: Schedule, now: float) -> bool:
    start, end = scheduler._to_epoch(schedule.get("StartDate")), scheduler._to_epoch(schedule.get("EndDate"))
    return (start is None or now >= start) and (end is None or now <= end)


def _start(schedule: Schedule) -> None:
    target = schedule["Target"]
    try:
        _judge(schedule, Call("states:StartExecution", target["Arn"]))
        if ":states:" in target["Arn"] and sf._resolve_state_machine_arn(target["Arn"]) is None:
            raise LookupError(f"its target is not there: {target['Arn']}")
    except (judge.Denied, LookupError) as error:
        logger.warning("%s: %s", schedule["Arn"], error)
        _send_to_dead_letter_queue(schedule)
        return
    event = {
        "EventId": new_uuid(),
        "Source": "aws.scheduler",
        "DetailType": "Scheduled Event",
        "Detail": "{}",
        "Time": datetime.now(UTC).timestamp(),
        "Resources": [schedule["Arn"]],
    }
    deliver(target, event, schedule)


def _judge(schedule: Schedule, call: Call) -> None:
    """Raises an error if the role of a schedule may not do this; the role is assumed for the schedule group.

    AWS: cross-service-confused-deputy-prevention.html of the scheduler (aws:SourceArn is that of the group).
    """
    role = schedule["Target"]["RoleArn"]
    group = schedule["Arn"].rpartition("/")[0].replace(":schedule/", ":schedule-group/")
    if not judge.trusts(role, SERVICE, group):
        raise judge.Denied(f"{SERVICE} may not assume {role}")
    judge.check_role(role, schedule["Name"], call)


def _send_to_dead_letter_queue(schedule: Schedule) -> None:
    """Sends a start that failed to the dead-letter queue of the schedule, if its role may do so."""
    target = schedule["Target"]
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue:
        return
    try:
        _judge(schedule, Call("sqs:SendMessage", queue))
    except judge.Denied as error:
        logger.warning("%s: a start that was missed is lost: %s", schedule["Arn"], error)
        return
    eventbridge._dispatch_to_sqs(parse_arn(queue), target.get("Input") or "{}")


def install() -> None:
    """Replaces functions of MiniStack by those of this module."""
    scheduler._SCHEDULE_TICK_INTERVAL = TICK_SECONDS
    scheduler._tick_schedules = tick
