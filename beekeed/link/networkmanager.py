"""What NetworkManager knows of the network, over D-Bus, where it runs.

It is not missed where it does not: no bus, no NetworkManager, or no library to ask with
are all the same answer. It is never started by asking.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from beekeed.ports.link import Managed

log = logging.getLogger(__name__)

_NAME, _PATH = "org.freedesktop.NetworkManager", "/org/freedesktop/NetworkManager"
_PATIENCE_SECONDS = 2.0
# NetworkManager's D-Bus interface: NMConnectivityState, NMMetered.
_CONNECTIVITY = ("unknown", "none", "portal", "limited", "full")
_METERED = ("unknown", "yes", "no", "guess_yes", "guess_no")


class NetworkManager:
    """See ports.Manager."""

    async def ask(self) -> Managed | None:
        """See ports.Manager."""
        try:
            import dbus_fast  # an extra of its own: not every box has it
        except ImportError:
            return None
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return _managed(await _properties())
        except (
            OSError,
            EOFError,
            dbus_fast.AuthError,
            dbus_fast.DBusError,
            dbus_fast.InvalidAddressError,
        ) as error:
            log.debug("no NetworkManager: %s", error)
            return None


async def _properties() -> Mapping[str, Any] | None:
    from dbus_fast import BusType, Message, MessageFlag, MessageType
    from dbus_fast.aio import MessageBus

    bus = MessageBus(bus_type=BusType.SYSTEM)
    try:
        await bus.connect()
        reply = await bus.call(
            Message(
                destination=_NAME,
                path=_PATH,
                interface="org.freedesktop.DBus.Properties",
                member="GetAll",
                signature="s",
                body=[_NAME],
                flags=MessageFlag.NO_AUTOSTART,
            )
        )
    finally:
        bus.disconnect()
    if reply is None or reply.message_type is not MessageType.METHOD_RETURN:
        return None
    return {name: variant.value for name, variant in reply.body[0].items()}


def _managed(values: Mapping[str, Any] | None) -> Managed | None:
    if values is None:
        return None
    return Managed(
        _word(_CONNECTIVITY, values.get("Connectivity")), _word(_METERED, values.get("Metered"))
    )


def _word(words: tuple[str, ...], number: object) -> str:
    return words[number] if isinstance(number, int) and 0 <= number < len(words) else "unknown"
