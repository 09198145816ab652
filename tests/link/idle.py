"""A box on which nothing is due, and what it uses all the same."""

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.namespaces import SITE, UPLINK, Line, ip
from tests.system.world import World

_COUNTERS = ("tx_packets", "tx_bytes", "rx_packets", "rx_bytes")


@dataclass(frozen=True)
class Use:
    """What a process has used by some moment, and what its line has carried."""

    line: dict[str, int]
    written_bytes: int
    state: dict[str, tuple[int, int]]
    """The size and time of change of each file that it keeps."""
    cpu_seconds: float
    wake_ups: int


def use(here: World, pid: int, line: Line) -> Use:
    """Read all of it."""
    process = Path("/proc", str(pid))
    io = dict(row.split(": ") for row in (process / "io").read_text().splitlines())
    times = (process / "stat").read_text().rpartition(")")[2].split()
    files = [file for file in here.state.parent.rglob("*") if file.is_file()]
    return Use(
        carried(line),
        int(io["write_bytes"]),
        {file.name: (file.stat().st_size, file.stat().st_mtime_ns) for file in files},
        (int(times[11]) + int(times[12])) / 100,
        sum(_switches(status) for status in process.glob("task/*/status")),
    )


def carried(line: Line) -> dict[str, int]:
    """Give the counters of both ends of a line."""
    counts: dict[str, int] = {}
    for space, device in ((line.box, UPLINK), (line.net, SITE)):
        files = [f"/sys/class/net/{device}/statistics/{name}" for name in _COUNTERS]
        numbers = ip("netns", "exec", space, "cat", *files).split()
        counts |= {f"{device} {n}": int(v) for n, v in zip(_COUNTERS, numbers, strict=True)}
    return counts


def _switches(status: Path) -> int:
    rows = dict(row.split(":\t") for row in status.read_text().splitlines() if ":\t" in row)
    return int(rows["voluntary_ctxt_switches"]) + int(rows["nonvoluntary_ctxt_switches"])


class Idle:
    """A box that is left alone for so many seconds from now on."""

    def __init__(self, here: World, pid: int, line: Line, seconds: float) -> None:
        self.seconds = seconds
        self._use = partial(use, here, pid, line)
        self.before = self._use()

    def after(self) -> Use:
        """Wait for the end, and give what was used by then."""
        time.sleep(self.seconds)
        return self._use()
