"""What the daemon and its page take of a box: memory, start, processor, wake-ups, writes.

    python -m tests.benchmarks.footprint [--only memory] [--idle-seconds 330] [--alone]

runs the real daemon, its page, and beside them vnstatd and syncthing as Debian has them with
nothing to do, each as systemd starts it, the daemons each in a network namespace of its own with
a line that is up. As root.

    start    medians of a few starts, on a state folder that was there, until each is ready
    memory   resident, with its share of what others use as well (PSS), and what is its own:
             when all are ready, and once the daemon has synchronized
    sync     what a sync of 20 completions, and one with nothing to send, write: what the daemon
             asks for, and how often it has that flushed, by strace; and what of it the kernel
             counts for the disk, in pages of 4 kB
    idle     all four over the same stretch of time, for an hour: processor, wake-ups (context
             switches of all threads), bytes written. vnstatd saves 309 seconds after
             it began, as strace shows, so that a shorter time than the default would miss that

Bytes written while idle are the kernel's (`write_bytes`) where the folder is on a disk; in a file
system in memory, where that counts nothing, they are strace's, which wakes them more often. Says
which. --alone leaves the others out and needs no root.

Ends with 1 where ours is busier than syncthing while idle, or writes anything then. Of its memory
Python and its libraries have more than syncthing in all; the budgets hold it where it is.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import psutil

from beekeed.sandbox import database
from beekeed.sandbox.people import set_completion
from tests.benchmarks.figures import Figure, Findings, table
from tests.benchmarks.programs import Beekeed, Page, Program, Syncthing, Vnstatd
from tests.benchmarks.written import Written, writing
from tests.namespaces import line
from tests.process import Used, memory, used
from tests.system.world import World, world

PARTS = ("start", "memory", "sync", "idle")
STARTS, IDLE_SECONDS = 5, 330
CHANGES = 20
OURS = (Beekeed.name, Page.name)
NO_MORE = ("idle_cpu_seconds", "idle_wake_ups")
"""Of what ours may not take more than syncthing."""
_SETTLED_SECONDS = 1
_UNDONE = """
    SELECT cm.id, ue.userid FROM mdl_course_modules cm
    JOIN mdl_enrol e ON e.courseid = cm.course JOIN mdl_user_enrolments ue ON ue.enrolid = e.id
    WHERE cm.completion = 2 AND ue.userid IN (SELECT userid FROM mdl_course_modules_completion)
    AND NOT EXISTS (SELECT 1 FROM mdl_course_modules_completion c
                    WHERE c.coursemoduleid = cm.id AND c.userid = ue.userid)
    ORDER BY ue.userid, cm.id LIMIT ?
"""


@dataclass(frozen=True)
class Bench:
    """The box, the programs on it, and how figures of it are had again."""

    here: World
    programs: Sequence[Program]
    how: str

    @property
    def daemon(self) -> Program:
        """Ours."""
        return self.programs[0]

    def compared(
        self, kind: str, what: str, unit: str, part: str, values: Mapping[str, float]
    ) -> list[Figure]:
        """Give a figure for each program: ours beside syncthing, the others beside ours."""
        figures = []
        for name, value in values.items():
            beside = Syncthing.name if name in OURS else Beekeed.name
            other = values.get(beside, 0)
            figures.append(Figure(
                f"footprint.{name}.{kind}", f"{name}: {what}", value, unit,
                f"{self.how} --only {part}", *((beside, value / other) if other else ()),
            ))  # fmt: skip
        return figures


@contextmanager
def bench(folder: Path, *, alone: bool) -> Iterator[Bench]:
    """Lay out the box and the programs; each has run before."""
    later = datetime.now(UTC) + timedelta(hours=12)
    settings = {"schedule__enabled": "true", "schedule__daily_at": f'"{later:%H:%M}"'}
    how = "python -m tests.benchmarks.footprint" + (" --alone" if alone else "")
    with ExitStack() as stack:
        if alone:
            here = stack.enter_context(world(folder))
            programs: list[Program] = [Beekeed(here, **settings), Page(here)]
        else:
            here = World(folder)
            stack.callback(here.end)
            ways = [
                stack.enter_context(line(f"foot{number}", subnet=f"10.8{number}.0"))
                for number in range(3)
            ]
            here.start_online(host=ways[0].net_address, inside=ways[0].net)
            programs = [
                Beekeed(here, ways[0].box, **settings),
                Page(here),
                Vnstatd(folder, ways[1].box),
                Syncthing(folder, ways[2].box),
            ]
        for program in programs:
            stack.callback(program.end)
            program.start()
        yield Bench(here, programs, how)


def starts(here: Bench, rounds: int) -> list[Figure]:
    """Start all of them again and again, by turns."""
    seconds: dict[str, list[float]] = {program.name: [] for program in here.programs}
    cpu: dict[str, list[float]] = {program.name: [] for program in here.programs}
    for _ in range(rounds):
        for program in here.programs:
            program.end()
            program.start()
            seconds[program.name].append(program.seconds)
            cpu[program.name].append(program.cpu_seconds)
    until = f"until it is ready, median of {rounds}"
    give = partial(here.compared, unit="s", part="start")
    return [
        *give("start_seconds", f"time {until}", values=_medians(seconds)),
        *give("start_cpu_seconds", f"processor time {until}", values=_medians(cpu)),
    ]


def _medians(values: Mapping[str, Sequence[float]]) -> dict[str, float]:
    return {name: statistics.median(each) for name, each in values.items()}


def memories(here: Bench) -> list[Figure]:
    """Read how much memory each has, before the daemon has synchronized and after it."""
    time.sleep(_SETTLED_SECONDS)
    figures = _memory(here, "", "ready")
    here.here.sync()
    time.sleep(_SETTLED_SECONDS)
    return figures + _memory(here, "_after_sync", "the daemon has synchronized")


def _memory(here: Bench, suffix: str, when: str) -> list[Figure]:
    found = {program.name: memory(program.pids) for program in here.programs}
    shares = {name: each.share / 2**20 for name, each in found.items()}
    owns = {name: each.own / 2**20 for name, each in found.items()}
    give = partial(here.compared, unit="MiB", part="memory")
    return [
        *give(f"memory{suffix}", f"resident memory (PSS), {when}", values=shares),
        *give(f"own_memory{suffix}", f"of it nobody else's, {when}", values=owns),
    ]


def syncs(here: Bench) -> list[Figure]:
    """Count what a small sync writes, and one that has nothing to send."""
    here.here.sync()
    complete(here.here, CHANGES)
    return [
        *_sync(here, "sync", f"a sync of {CHANGES} completions", CHANGES),
        *_sync(here, "empty_sync", "a sync with nothing to send", 0),
    ]


def complete(here: World, count: int) -> None:
    """Have learners complete so many activities now."""
    with closing(database.connect(here.box)) as db:
        rows = db.execute(_UNDONE, (count,)).fetchall()
        assert len(rows) == count
        for module, user in rows:
            set_completion(db, module, user, 1, now=int(time.time()))


def _sync(here: Bench, kind: str, what: str, changes: int) -> list[Figure]:
    before = used(here.daemon.pids)
    with writing(here.daemon.pids, here.daemon.folder) as written:
        run = here.here.sync()
        time.sleep(_SETTLED_SECONDS)  # what it does after it told the end
    on_disk = used(here.daemon.pids).since(before).written_bytes
    assert sum(each["count"] for each in run["actions"]) == changes, run
    how = f"{here.how} --only sync"
    name, what = f"footprint.{Beekeed.name}.{kind}", f"{Beekeed.name}: {what}"
    figures = [
        Figure(f"{name}_written_bytes", f"{what}: written", written.bytes, "B", how),
        Figure(f"{name}_writes", f"{what}: calls that write", written.writes, "", how),
        Figure(f"{name}_flushes", f"{what}: flushes to the disk", written.flushes, "", how),
    ]
    if not is_in_memory(here.here.folder):
        what += ": written to the disk"
        figures.append(Figure(f"{name}_disk_bytes", what, on_disk, "B", how))
    return figures


def idles(here: Bench, seconds: float) -> list[Figure]:
    """Leave all of them alone for a while; gives what they used, for an hour."""
    time.sleep(_SETTLED_SECONDS)
    traced = {}
    with ExitStack() as stack:
        if is_in_memory(here.here.folder):
            traced = {each.name: stack.enter_context(writing(each.pids, each.folder))
                      for each in here.programs}  # fmt: skip
        before = {program.name: used(program.pids) for program in here.programs}
        time.sleep(seconds)
        after = {each.name: used(each.pids).since(before[each.name]) for each in here.programs}
    return _idle(here, seconds, after, traced)


def _idle(
    here: Bench, seconds: float, after: Mapping[str, Used], traced: Mapping[str, Written]
) -> list[Figure]:
    hours = seconds / 3600
    written = {name: (traced[name].bytes if traced else each.written_bytes) / hours
               for name, each in after.items()}  # fmt: skip
    counted = "by strace, in memory" if traced else "to the disk"
    while_ = f"in an idle hour (from {seconds:.0f} s)"
    cpu = {name: each.cpu_seconds / hours for name, each in after.items()}
    wake_ups = {name: each.wake_ups / hours for name, each in after.items()}
    give = partial(here.compared, part="idle")
    return [
        *give("idle_cpu_seconds", f"processor time {while_}", "s", values=cpu),
        *give("idle_wake_ups", f"wake-ups {while_}", "", values=wake_ups),
        *give("idle_written_bytes", f"written {while_}, {counted}", "B", values=written),
    ]


def is_in_memory(folder: Path) -> bool:
    """Tell whether a folder is in a file system that no disk is behind."""
    mounts = {Path(each.mountpoint): each.fstype for each in psutil.disk_partitions(all=True)}
    return next(mounts[each] for each in (folder, *folder.parents) if each in mounts) == "tmpfs"


def measure(
    *,
    parts: Sequence[str] = PARTS,
    alone: bool = False,
    idle_seconds: float = IDLE_SECONDS,
    rounds: int = STARTS,
) -> list[Figure]:
    """Measure some of it; gives the figures."""
    with (
        tempfile.TemporaryDirectory() as folder,
        bench(Path(folder).resolve(), alone=alone) as here,
    ):
        figures = starts(here, rounds) if "start" in parts else []
        figures += memories(here) if "memory" in parts else []
        figures += syncs(here) if "sync" in parts else []
        return figures + (idles(here, idle_seconds) if "idle" in parts else [])


def too_much(figures: Sequence[Figure]) -> list[str]:
    """Name the figures that miss their targets."""
    return [
        figure.name
        for figure in figures
        for _, program, kind in (figure.name.split("."),)
        if program in OURS
        if (kind in NO_MORE and (figure.ratio or 0) > 1)
        or (kind == "idle_written_bytes" and figure.value)
    ]


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--idle-seconds", type=float, default=IDLE_SECONDS)
    parser.add_argument("--starts", type=int, default=STARTS)
    parser.add_argument("--alone", action="store_true", help="without vnstatd and syncthing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where findings go as well")
    options = parser.parse_args(arguments)
    figures = measure(
        parts=options.only or PARTS,
        alone=options.alone,
        idle_seconds=options.idle_seconds,
        rounds=options.starts,
    )
    print(table(figures))
    if options.json:
        Findings("What it takes of a box", figures).write(options.json)
    for name in too_much(figures):
        print(f"a target is missed: {name}", file=sys.stderr)
    return 1 if too_much(figures) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
