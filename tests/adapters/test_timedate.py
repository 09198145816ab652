"""systemd-timedated over a bus of the test's own, and timedatectl, which talks to it."""

import asyncio
import os
import re
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dbus_fast import BusType, PropertyAccess
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, dbus_property, method

from beekeed.core.clocktrust import Trust
from beekeed.link.timedate import Timedate
from beekeed.say import language_of
from tests.boxclock import Box

_BUS = """<busconfig><type>system</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/>
<allow eavesdrop="true"/></policy></busconfig>"""


class FakeTimedated(ServiceInterface):
    """What answers in its place: says whether a time server tells, and notes what it is told."""

    def __init__(self) -> None:
        super().__init__("org.freedesktop.timedate1")
        self.synchronized = True
        self.told: list[tuple[str, Any]] = []

    @dbus_property(access=PropertyAccess.READ)
    def NTPSynchronized(self) -> "b":  # type: ignore[name-defined]  # noqa: N802, F821
        """Whether the kernel follows one."""
        return self.synchronized

    @method()
    def SetNTP(self, use: "b", interactive: "b") -> None:  # type: ignore[name-defined]  # noqa: N802, F821
        """Have time servers asked, or not."""
        self.told.append(("ntp", use))

    @method()
    def SetTime(self, usec: "x", relative: "b", interactive: "b") -> None:  # type: ignore[name-defined]  # noqa: N802, F821
        """Set the clock, in microseconds since 1970."""
        self.told.append(("time", (usec, relative)))


class Bus:
    """A bus with that service on it."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "bus"
        self.address = f"unix:path={self.socket}"
        self.service = FakeTimedated()
        config = folder / "bus.conf"
        config.write_text(_BUS.format(socket=self.socket))
        self._daemon = subprocess.Popen(
            ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._daemon.stdout is not None
        assert self._daemon.stdout.readline().startswith("unix:")

    async def serve(self) -> None:
        """Take the name."""
        self._bus = await MessageBus(bus_address=self.address, bus_type=BusType.SYSTEM).connect()
        self._bus.export("/org/freedesktop/timedate1", self.service)
        await self._bus.request_name("org.freedesktop.timedate1")

    def end(self) -> None:
        """End it."""
        self._bus.disconnect()
        self._daemon.terminate()
        self._daemon.wait(10)
        assert self._daemon.stdout is not None
        self._daemon.stdout.close()


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[Bus]:
    """The bus, which runs."""
    made = Bus(tmp_path)
    await made.serve()
    yield made
    made.end()


async def test_who_follows_a_time_server_without_timesyncd_is_synced(
    bus: Bus, tmp_path: Path
) -> None:
    """Until the clock is set; then it is asked again."""
    box = Box(tmp_path)
    box.trust = box.started(asks_ntp=Timedate(bus_address=bus.address).is_synchronized)
    assert box.state() is Trust.UNTRUSTED
    await box.trust.look()
    assert box.state() is Trust.SYNCED
    bus.service.synchronized = False
    box.clock.set(datetime(2026, 11, 20, tzinfo=UTC))
    assert box.state() is Trust.UNTRUSTED
    await box.trust.look()
    assert box.state() is Trust.UNTRUSTED


async def test_it_is_not_missed_where_there_is_none(bus: Bus, tmp_path: Path) -> None:
    """No bus, and a bus without systemd."""
    assert not await Timedate(bus_address=f"unix:path={tmp_path / 'none'}").is_synchronized()
    await bus._bus.release_name("org.freedesktop.timedate1")
    assert not await Timedate(bus_address=bus.address).is_synchronized()


@pytest.mark.root
async def test_what_a_person_is_told_to_type_sets_the_clock(bus: Bus, tmp_path: Path) -> None:
    """The real timedatectl takes it, as the sentence has it."""
    theirs = "2026-11-27 21:04 UTC"
    remedy = (
        language_of("en")
        .say("clock_disagrees", {"now": "1970-01-01 00:01 UTC", "theirs": theirs})
        .remedy
    )
    commands = re.findall(r"sudo (timedatectl [^,]*?)(?:, then|\.$)", remedy)
    assert len(commands) == 3
    lines = "mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system && " + " && ".join(commands)
    done = await asyncio.create_subprocess_exec(
        "unshare", "--mount", "sh", "-c", lines,
        env=os.environ | {"DBUS_SYSTEM_BUS_ADDRESS": bus.address, "TZ": "Asia/Tokyo"},
    )  # fmt: skip
    assert await done.wait() == 0
    meant = datetime(2026, 11, 27, 21, 4, tzinfo=UTC)
    assert bus.service.told == [
        ("ntp", False),
        ("time", (int(meant.timestamp()) * 1_000_000, False)),
        ("ntp", True),
    ]
