"""EventBridge Scheduler: due schedules are looked for every second.

AWS: schedule-types.html.
"""

from __future__ import annotations

from ministack.services import scheduler


def install() -> None:
    """Puts this in place of MiniStack's."""
    scheduler._SCHEDULE_TICK_INTERVAL = 1
