"""What processes use, as the kernel counts it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Memory:
    """What is resident of processes, in bytes.

    `share`: with their share of what other processes use as well (PSS). `own`: what was written
    by them alone (anonymous); it is the same whoever else runs.
    """

    share: int
    own: int


@dataclass(frozen=True)
class Used:
    """What processes have used since they began.

    `written_bytes`: of files on a real disk, by pages; of those in memory (tmpfs) it is 0.
    `wake_ups`: how many times a thread that is there now had its turn.
    """

    cpu_seconds: float
    wake_ups: int
    written_bytes: int

    def since(self, before: "Used") -> "Used":
        """What of it came after a moment."""
        return Used(
            self.cpu_seconds - before.cpu_seconds,
            self.wake_ups - before.wake_ups,
            self.written_bytes - before.written_bytes,
        )


def family(pid: int) -> Sequence[int]:
    """Give a process and all that descend from it."""
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def memory(pids: Iterable[int]) -> Memory:
    """Read how much memory processes have together."""
    each = [_rows(Path(f"/proc/{pid}/smaps_rollup")) for pid in pids]
    share, own = (sum(int(rows[n].split()[0]) for rows in each) for n in ("Pss", "Anonymous"))
    return Memory(share * 1024, own * 1024)


def used(pids: Iterable[int]) -> Used:
    """Read what processes have used together."""
    folders = [Path("/proc", str(pid)) for pid in pids]
    tasks = [task for folder in folders for task in folder.glob("task/*")]
    return Used(
        sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9,
        sum(_switches(_rows(task / "status")) for task in tasks),
        sum(int(_rows(folder / "io")["write_bytes"]) for folder in folders),
    )


def _switches(rows: dict[str, str]) -> int:
    return int(rows["voluntary_ctxt_switches"]) + int(rows["nonvoluntary_ctxt_switches"])


def _rows(file: Path) -> dict[str, str]:
    pairs = (row.partition(":") for row in file.read_text().splitlines())
    return {name: text.strip() for name, _, text in pairs}
