"""Whether the kernel's clock follows a time server, as systemd tells over D-Bus.

For boxes whose time servers are asked by another program than timesyncd, which leaves no
file. Not missed where nobody can be asked: no bus, no systemd, or no library to ask with.
"""

import asyncio
import logging

log = logging.getLogger(__name__)

_NAME, _PATH = "org.freedesktop.timedate1", "/org/freedesktop/timedate1"
_PROPERTY = "NTPSynchronized"  # org.freedesktop.timedate1(5): the kernel's word, by adjtimex(2)
_PATIENCE_SECONDS = 5.0  # systemd starts who answers


class Timedate:
    """Asks systemd-timedated. `bus_address`: of another bus than the system's."""

    def __init__(self, *, bus_address: str | None = None) -> None:
        self._bus_address = bus_address

    async def is_synchronized(self) -> bool:
        """Tell whether a time server tells the time; False where nobody knows."""
        try:
            from dbus_fast import DBusError  # an extra of its own: not every box has it
        except ImportError:
            return False
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await _ask(self._bus_address)
        except (OSError, EOFError, DBusError) as error:
            log.debug("no systemd-timedated: %s", error)
            return False


async def _ask(bus_address: str | None) -> bool:
    from dbus_fast import BusType, Message, MessageType
    from dbus_fast.aio import MessageBus

    bus = await MessageBus(bus_address=bus_address, bus_type=BusType.SYSTEM).connect()
    try:
        reply = await bus.call(
            Message(
                destination=_NAME,
                path=_PATH,
                interface="org.freedesktop.DBus.Properties",
                member="Get",
                signature="ss",
                body=[_NAME, _PROPERTY],
            )
        )
    finally:
        bus.disconnect()
    answered = reply is not None and reply.message_type is MessageType.METHOD_RETURN
    return answered and reply.body[0].value is True
