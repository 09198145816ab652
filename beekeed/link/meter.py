"""Counts the bytes of a run: the kernel's counters of the interface that it uses.

This is all traffic on that line while the run lasts, other programs' included,
with the headers of each layer down to the interface. On loopback, where every
byte is counted once going out and once coming in, it is half of that.
"""

from collections.abc import Mapping

import psutil

from beekeed.core.model import Bytes
from beekeed.link.uplink import Uplink


class InterfaceMeter:
    """See ports.Meter."""

    def __init__(self, *, uplink: Uplink) -> None:
        self._uplink = uplink

    def begin(self) -> "InterfaceMeasurement":
        """See ports.Meter."""
        return InterfaceMeasurement(self._uplink, counters())


class InterfaceMeasurement:
    """See ports.Measurement."""

    def __init__(self, uplink: Uplink, at_start: Mapping[str, Bytes]) -> None:
        self._uplink = uplink
        self._at_start = at_start
        self._opened_before = uplink.opened

    def so_far(self) -> Bytes:
        """See ports.Measurement. Nothing where no connection was tried."""
        name = self._uplink.interface()
        if name is None or self._uplink.opened == self._opened_before:
            return Bytes()
        start, now = self._at_start.get(name, Bytes()), counters().get(name, Bytes())
        share = 2 if self._uplink.loops_back() else 1
        return Bytes(
            max(0, now.sent - start.sent) // share, max(0, now.received - start.received) // share
        )


def counters() -> dict[str, Bytes]:
    """Read every interface's counters."""
    found = psutil.net_io_counters(pernic=True)
    return {name: Bytes(each.bytes_sent, each.bytes_recv) for name, each in found.items()}
