"""Makes SIGTERM end tests and playground as Ctrl-C does: with everything that they have started.

Without this, Python ends on SIGTERM at once, and leaves emulators, their containers and their data behind.
"""

from __future__ import annotations

import signal
from types import FrameType


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """Unwinds the program. A second signal (by a terminal and by `cargo xtask`) must not interrupt the unwinding."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def install() -> None:
    """Makes SIGTERM and SIGINT unwind the program from now on. A signal that is ignored stays ignored (nohup(1))."""
    for number in (signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, interrupt)
