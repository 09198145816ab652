"""A box that waits for its time uses nothing, with its link up (practices.md, B3)."""

import pytest

from tests.conftest import TOLD
from tests.link.idle import Idle

pytestmark = pytest.mark.root


def test_an_idle_box_sends_nothing_and_writes_nothing(
    idle: Idle, request: pytest.FixtureRequest
) -> None:
    """Not a byte on the line, either way, and none on the disk; hardly any processor time.

    It has a daily time, a selected hour and a mail server, as a box in use has.
    """
    before, after = idle.before, idle.after()
    assert before.cpu_seconds > 0, "these are not the daemon's figures"
    assert before.state
    assert after.line == before.line
    assert after.written_bytes == before.written_bytes
    assert after.state == before.state
    cpu = after.cpu_seconds - before.cpu_seconds
    wake_ups = after.wake_ups - before.wake_ups
    request.config.stash[TOLD].append(
        f"idle for {idle.seconds:.0f} s: 0 B on the line, 0 B written,"
        f" {cpu:.2f} s of processor time, {wake_ups} wake-ups"
    )
    assert cpu <= 0.001 * idle.seconds + 0.05
    assert wake_ups <= 0.5 * idle.seconds + 20
