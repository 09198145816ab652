"""A box on which nothing is due, and what it uses all the same."""

import time
from dataclasses import dataclass
from functools import partial

from tests.namespaces import SITE, UPLINK, Line, ip
from tests.process import used
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
    process = used([pid])
    files = [file for file in here.state.parent.rglob("*") if file.is_file()]
    return Use(
        carried(line),
        process.written_bytes,
        {file.name: (file.stat().st_size, file.stat().st_mtime_ns) for file in files},
        process.cpu_seconds,
        process.wake_ups,
    )


def carried(line: Line) -> dict[str, int]:
    """Give the counters of both ends of a line."""
    counts: dict[str, int] = {}
    for space, device in ((line.box, UPLINK), (line.net, SITE)):
        files = [f"/sys/class/net/{device}/statistics/{name}" for name in _COUNTERS]
        numbers = ip("netns", "exec", space, "cat", *files).split()
        counts |= {f"{device} {n}": int(v) for n, v in zip(_COUNTERS, numbers, strict=True)}
    return counts


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
