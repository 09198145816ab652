"""Whether the kernel's clock follows a time server, as systemd tells over D-Bus.

For boxes whose time servers are asked by another program than timesyncd, which leaves no
file.
"""

from beekeed.link import bus

_NAME, _PATH = "org.freedesktop.timedate1", "/org/freedesktop/timedate1"
_PROPERTY = "NTPSynchronized"  # org.freedesktop.timedate1(5): the kernel's word, by adjtimex(2)
_PATIENCE_SECONDS = 5.0  # systemd starts who answers


class Timedate:
    """Asks systemd-timedated. `bus_address`: of another bus than the system's."""

    def __init__(self, *, bus_address: str | None = None) -> None:
        self._bus_address = bus_address

    async def is_synchronized(self) -> bool:
        """Tell whether a time server tells the time; False where nobody knows."""
        found = await bus.ask(
            _NAME,
            _PATH,
            "Get",
            _NAME,
            _PROPERTY,
            seconds=_PATIENCE_SECONDS,
            starts=True,
            address=self._bus_address,
        )
        return found is not None and found.value is True
