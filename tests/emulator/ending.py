"""SIGTERM ends tests and playground as Ctrl-C does: with everything that they have started.

Python by itself ends on SIGTERM at once, and leaves emulators, their containers and their data behind.
"""

from __future__ import annotations

import signal
from types import FrameType


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """Unwinds the program. What is told twice, by a terminal and by `cargo xtask`, must not interrupt the unwinding."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def on_signals() -> None:
    """From now on, SIGTERM and SIGINT unwind the program. What is ignored stays so (nohup(1))."""
    for number in (signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, interrupt)
