"""Notices that the way to the online Moodle changed, as the kernel shows it.

The kernel tells of each change by netlink, where systemd's sandbox allows such sockets;
and every few seconds there is a look all the same. Both only while somebody waits: a box
on which nothing is due does neither.
"""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

from beekeed.clock import Clock
from beekeed.link.route import KernelRoute

LOOK_EVERY_SECONDS = 3.0
"""A look takes about a millisecond of a processor, on a Raspberry Pi some."""

# rtnetlink(7): RTMGRP_LINK, and addresses and routes of IPv4 and IPv6.
_GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400
_MESSAGE_BYTES = 65_536
_SETTLE_SECONDS = 0.2  # a change is told in several messages


class KernelWatch:
    """See ports.LinkWatch."""

    def __init__(self, *, route: KernelRoute, clock: Clock) -> None:
        self._route = route
        self._clock = clock

    def is_up(self) -> bool:
        """See ports.LinkWatch."""
        return self._route.is_up()

    async def changed(self, seconds: float) -> bool:
        """See ports.LinkWatch."""
        with self._listening() as listening:
            before = self._route.way()
            until = self._clock.monotonic() + seconds
            while (left := until - self._clock.monotonic()) > 0:
                await self._told(listening, min(left, LOOK_EVERY_SECONDS))
                if self._route.way() != before:
                    return True
        return False

    @contextlib.contextmanager
    def _listening(self) -> Iterator[socket.socket | None]:
        """Listen to the kernel; without, where the sandbox has no such sockets."""
        try:
            made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        except OSError:
            yield None
            return
        with made:
            made.setblocking(False)
            with contextlib.suppress(OSError):  # it hears nothing then; the looks do
                made.bind((0, _GROUPS))
            yield made

    async def _told(self, listening: socket.socket | None, seconds: float) -> None:
        """Wait until the kernel tells of a change, or so long."""
        if listening is None:
            await self._clock.sleep(seconds)
            return
        with contextlib.suppress(OSError):  # TimeoutError; ENOBUFS: it told more than was heard
            async with asyncio.timeout(seconds):
                await asyncio.get_running_loop().sock_recv(listening, _MESSAGE_BYTES)
            await self._clock.sleep(_SETTLE_SECONDS)
            while listening.recv(_MESSAGE_BYTES):
                pass
