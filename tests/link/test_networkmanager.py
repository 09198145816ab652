"""NetworkManager's word, from a real message bus with a small stand-in for NetworkManager."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dbus_fast import BusType, PropertyAccess
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

from beekeed.link.networkmanager import NetworkManager
from beekeed.ports.link import Managed
from tests.system.world import ROOT, World

NAME, PATH = "org.freedesktop.NetworkManager", "/org/freedesktop/NetworkManager"
CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>unix:path={path}</listen><policy context="default">
<allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/><allow user="*"/>
</policy></busconfig>
"""


class StandIn(ServiceInterface):
    """The two properties of NetworkManager that are used."""

    def __init__(self, connectivity: int, metered: int) -> None:
        super().__init__(NAME)
        self._numbers = (connectivity, metered)

    @dbus_property(access=PropertyAccess.READ)
    def Connectivity(self) -> "u":  # type: ignore[name-defined]  # noqa: F821, N802
        """NMConnectivityState."""
        return self._numbers[0]

    @dbus_property(access=PropertyAccess.READ)
    def Metered(self) -> "u":  # type: ignore[name-defined]  # noqa: F821, N802
        """NMMetered."""
        return self._numbers[1]

    @dbus_method()
    def GetDevices(self) -> "ao":  # type: ignore[name-defined]  # noqa: F821, N802
        """One of its many others."""
        return []


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A system bus of our own; gives its address."""
    path = tmp_path / "bus"
    config = tmp_path / "bus.conf"
    config.write_text(CONFIG.format(path=path))
    running = subprocess.Popen(["dbus-daemon", f"--config-file={config}", "--nofork"])
    deadline = time.monotonic() + 10
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={path}")
    yield f"unix:path={path}"
    running.terminate()
    running.wait()


async def manage(address: str, connectivity: int, metered: int) -> MessageBus:
    """Have a stand-in on a bus."""
    connected = await MessageBus(address, bus_type=BusType.SYSTEM).connect()
    connected.export(PATH, StandIn(connectivity, metered))
    await connected.request_name(NAME)
    return connected


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((4, 2), Managed("full", "no")),
        ((2, 1), Managed("portal", "yes")),
        ((3, 4), Managed("limited", "guess_no")),
        ((1, 3), Managed("none", "guess_yes")),
        ((0, 0), Managed("unknown", "unknown")),
        ((77, 9), Managed("unknown", "unknown")),
    ],
)
async def test_what_it_says(bus: str, numbers: tuple[int, int], said: Managed) -> None:
    """Connectivity and metered, in its own words; a number of a newer one is not known."""
    connected = await manage(bus, *numbers)
    assert await NetworkManager().ask() == said
    connected.disconnect()


async def test_it_is_not_missed(
    bus: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A bus without it, no bus at all: at once, and without a word in the log."""
    caplog.set_level("INFO")
    began = time.monotonic()
    assert await NetworkManager().ask() is None
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus")
    assert await NetworkManager().ask() is None
    assert time.monotonic() - began < 1.5
    assert caplog.text == ""


def test_without_its_library_nothing_is_missed() -> None:
    """It is an extra that a box may do without."""
    script = (
        "import asyncio, sys\n"
        "sys.modules['dbus_fast'] = None\n"
        "from beekeed.link.networkmanager import NetworkManager\n"
        "assert asyncio.run(NetworkManager().ask()) is None\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


async def test_a_bus_that_hangs_delays_nobody_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two seconds at the most, and no connection stays behind."""
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(tmp_path / "mute"))
        mute.listen()
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'mute'}")
        open_before = len(list(Path("/proc/self/fd").iterdir()))
        async with asyncio.timeout(4):
            assert await NetworkManager().ask() is None
        assert len(list(Path("/proc/self/fd").iterdir())) == open_before


async def test_beekeectl_link_shows_it(bus: str, here: World) -> None:
    """To people in words, to programs as NetworkManager has them."""
    connected = await manage(bus, 2, 1)
    here.environment |= {"DBUS_SYSTEM_BUS_ADDRESS": bus}
    await asyncio.to_thread(here.start_daemon)
    shown = (await asyncio.to_thread(here.ctl, "link")).out
    assert "the network wants a login, metered" in shown
    said = (await asyncio.to_thread(here.ctl, "link", "--json")).json
    assert said["network_manager"] == {"connectivity": "portal", "metered": "yes"}
    connected.disconnect()
