"""After all other tests: every action that a role allows was used by a test, or has a reason in roles.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from roles import RECORD, unneeded_reasons, unused_actions

MODULES = {path.name for path in Path(__file__).parent.glob("test_*.py")}


@pytest.fixture(autouse=True)
def everything_has_run(request: pytest.FixtureRequest) -> None:
    """Skips these tests if only a part of the tests has run, because then nothing follows from unused actions."""
    if {item.path.name for item in request.session.items} != MODULES:
        pytest.skip("only after all tests")


def test_no_role_may_what_no_test_has_seen_it_do() -> None:
    assert RECORD.allowed, "nothing was collected"
    unused = unused_actions()
    assert not unused, "\n".join(unused)


def test_no_reason_explains_what_is_not_there() -> None:
    unneeded = unneeded_reasons()
    assert not unneeded, "\n".join(unneeded)


def test_no_call_was_refused() -> None:
    assert not RECORD.refusals, "\n".join(RECORD.refusals)


def test_the_emulator_could_judge_every_call() -> None:
    assert not RECORD.uncovered, "\n".join(RECORD.uncovered)
