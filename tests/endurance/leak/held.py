"""What a process holds, and what of that it should have let go."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

CACHE_BYTES = 2_000 * 1024
"""As much of a database as SQLite keeps in memory, by its default: it fills up as that grows."""


@dataclass(frozen=True)
class Held:
    """What a process holds after so many syncs.

    `anonymous_bytes`: what of it belongs to no file, resident. `blocks`: the pieces of memory
    that Python gave out. `database_bytes`: how large its database is.
    """

    syncs: int
    anonymous_bytes: int
    blocks: int
    database_bytes: int
    files: Sequence[str]
    tasks: Sequence[str]
    threads: int
    objects: Counter[str]

    @property
    def uncached_bytes(self) -> int:
        """What it holds beside its database's cache."""
        return self.anonymous_bytes - min(self.database_bytes, CACHE_BYTES)


def held_by(pid: int, file: Path, database: Path, syncs: int) -> Held:
    """Give what a process holds, by the kernel and by what it wrote down itself."""
    own = json.loads(file.read_text())
    proc = Path(f"/proc/{pid}")
    return Held(
        syncs=syncs,
        anonymous_bytes=_anonymous_bytes(proc),
        blocks=own["blocks"],
        database_bytes=database.stat().st_size,
        files=sorted(_target(each) for each in (proc / "fd").iterdir()),
        tasks=own["tasks"],
        threads=sum(1 for _ in (proc / "task").iterdir()),
        objects=Counter(own["objects"]),
    )


def _anonymous_bytes(proc: Path) -> int:
    lines = (proc / "smaps_rollup").read_text().splitlines()
    return 1024 * int(next(line.split()[1] for line in lines if line.startswith("Anonymous:")))


def _target(link: Path) -> str:
    """Name what is open, without the number that each socket has of its own."""
    try:
        return str(link.readlink()).partition(":[")[0]
    except FileNotFoundError:  # it was closed just now
        return ""


@dataclass(frozen=True)
class Bounds:
    """How much more a process may hold after many syncs than after a few.

    What is kept on purpose, and is bounded, may not be full yet; memory is in pieces.
    """

    uncached_bytes: int
    blocks: int


def left(first: Held, last: Held, bounds: Bounds) -> Iterator[str]:
    """Say what was not let go from one look to another."""
    if (more := last.uncached_bytes - first.uncached_bytes) > bounds.uncached_bytes:
        yield f"memory: {more // 1024} KiB more"
    if (more := last.blocks - first.blocks) > bounds.blocks:
        grown = (last.objects - first.objects).most_common(5)
        yield f"pieces of memory: {more} more; of objects {grown}"
    if files := Counter(last.files) - Counter(first.files):
        yield f"open files: {dict(files)}"
    if tasks := Counter(last.tasks) - Counter(first.tasks):
        yield f"tasks: {dict(tasks)}"
    if last.threads > first.threads:
        yield f"threads: {last.threads - first.threads} more"
