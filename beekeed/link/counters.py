"""The kernel's counters of this network namespace that tell what no single socket does.

Other programs' connections count as well: what is made of them can only be too much.
"""

from pathlib import Path

from beekeed.core.model import Bytes

_NET = Path("/proc/self/net")  # of the process: it stays readable where /proc is hidden


def resets_sent() -> int:
    """Give how many resets were sent: one for each segment to a connection that is no more."""
    return sum(_counters(_NET / "snmp", "Tcp:", "OutRsts"))


def repeats_received() -> int:
    """Give how many segments arrived although they were there already (each gets a DSACK)."""
    return sum(_counters(_NET / "netstat", "TcpExt:", "TCPDSACKOldSent", "TCPDSACKOfoSent"))


def octets() -> Bytes:
    """Give what the whole namespace sent and received at IP level, loopback included."""
    six = dict(line.split() for line in (_NET / "snmp6").read_text("ascii").splitlines())
    four = _counters(_NET / "netstat", "IpExt:", "OutOctets", "InOctets")
    return Bytes(*four) + Bytes(int(six.get("Ip6OutOctets", 0)), int(six.get("Ip6InOctets", 0)))


def _counters(file: Path, group: str, *wanted: str) -> list[int]:
    """Read some counters: a line of names and a line of values for each group."""
    lines = [line.split() for line in file.read_text("ascii").splitlines()]
    names, values = (line for line in lines if line[0] == group)
    return [int(values[names.index(name)]) for name in wanted]


class Resets:
    """Tells the resets of our own sockets from those that answer what came too late."""

    def __init__(self) -> None:
        self._own = 0

    def note_own(self) -> None:
        """Note that a socket of ours is about to send one."""
        self._own += 1

    def of_others(self) -> int:
        """Give how many were sent that no socket of ours did."""
        return resets_sent() - self._own
