"""Asks other programs of the box for their properties over D-Bus, where that can be done.

It is not missed where it cannot: no bus, nobody who answers in time, or no library to ask
with (the extra `dbus`) are all the same answer.
"""

import asyncio
import logging
from typing import Any

log = logging.getLogger(__name__)

_PROPERTIES = "org.freedesktop.DBus.Properties"


async def ask(
    name: str, path: str, member: str, *words: str, seconds: float, starts: bool,
    address: str | None = None,
) -> Any:  # fmt: skip
    """Call a member of the properties' interface with some words; None where nobody answers.

    `starts`: have whoever answers started if it does not run. `address`: of another bus
    than the system's.
    """
    try:
        import dbus_fast  # an extra of its own: not every box has it
    except ImportError:
        return None
    flags = dbus_fast.MessageFlag.NONE if starts else dbus_fast.MessageFlag.NO_AUTOSTART
    message = dbus_fast.Message(
        destination=name,
        path=path,
        interface=_PROPERTIES,
        member=member,
        signature="s" * len(words),
        body=list(words),
        flags=flags,
    )
    troubles = (dbus_fast.AuthError, dbus_fast.DBusError, dbus_fast.InvalidAddressError)
    try:
        async with asyncio.timeout(seconds):
            reply = await _call(message, address)
    except (OSError, EOFError, *troubles) as error:  # TimeoutError is an OSError
        log.debug("%s cannot be asked: %s", name, error)
        return None
    answered = reply is not None and reply.message_type is dbus_fast.MessageType.METHOD_RETURN
    return reply.body[0] if answered else None


async def _call(message: Any, address: str | None) -> Any:
    from dbus_fast import BusType
    from dbus_fast.aio import MessageBus

    bus = MessageBus(bus_address=address, bus_type=BusType.SYSTEM)
    try:
        await bus.connect()
        return await bus.call(message)
    finally:
        bus.disconnect()
