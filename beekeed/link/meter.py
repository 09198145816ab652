"""Counts the bytes of a run: its own, and all that went over the line meanwhile.

Its own are what its connections cost and its names were charged. All traffic on the line
is what the kernel's counters of the interface say: other programs' included, with the
headers of each layer down to the interface. On loopback, where every byte is counted once
going out and once coming in, it is half of that.
"""

from collections.abc import Mapping
from typing import Protocol

import psutil

from beekeed.core.model import Bytes, Charge
from beekeed.link.uplink import Uplink


class Spending(Protocol):
    """What knows what was spent: the line."""

    @property
    def charged_by(self) -> Charge:
        """What it is told by."""
        ...

    def charge_to(self, run_id: int | None) -> None:
        """Charge what follows to a run."""
        ...

    def spent(self) -> Bytes:
        """Bytes since the start."""
        ...


class RunMeter:
    """See ports.Meter."""

    def __init__(self, *, line: Spending, uplink: Uplink) -> None:
        self._line = line
        self._uplink = uplink

    def begin(self, run_id: int) -> "RunMeasurement":
        """See ports.Meter."""
        self._line.charge_to(run_id)
        return RunMeasurement(self._line, InterfaceGauge(uplink=self._uplink))


class RunMeasurement:
    """See ports.Measurement."""

    def __init__(self, line: Spending, gauge: "InterfaceGauge") -> None:
        self._line = line
        self._gauge = gauge
        self._before = line.spent()

    @property
    def charged_by(self) -> Charge:
        """See ports.Measurement."""
        return self._line.charged_by

    def so_far(self) -> Bytes:
        """See ports.Measurement."""
        return self._line.spent() - self._before

    def of_line(self) -> Bytes:
        """See ports.Measurement. Nothing where no connection was tried."""
        return self._gauge.spent()


class InterfaceGauge:
    """Counts all traffic on the line from its making on."""

    def __init__(self, *, uplink: Uplink) -> None:
        self._uplink = uplink
        self._at_start = counters()
        self._opened_before = uplink.opened

    def spent(self) -> Bytes:
        """Give the bytes since its making; nothing where no connection was tried."""
        name = self._uplink.interface()
        if name is None or self._uplink.opened == self._opened_before:
            return Bytes()
        start, now = self._at_start.get(name, Bytes()), counters().get(name, Bytes())
        share = 2 if self._uplink.loops_back() else 1
        return Bytes(
            max(0, now.sent - start.sent) // share, max(0, now.received - start.received) // share
        )


def counters() -> Mapping[str, Bytes]:
    """Read every interface's counters."""
    found = psutil.net_io_counters(pernic=True)
    return {name: Bytes(each.bytes_sent, each.bytes_recv) for name, each in found.items()}
