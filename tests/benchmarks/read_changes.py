"""What finding the changes of a large box costs, and how that grows, as ratios from one run.

    python -m tests.benchmarks.read_changes [--kind mariadb] [--learners 50 500 5000]
        [--activities 200] [--only day]

makes boxes on real servers with learners x activities completions, all acknowledged but
for the new ones, and reads them as a run does, each time in a process of its own:

    quiet    nothing is new: digests only
    day      one in a thousand completions is new, spread over as many learners as can be
    full     the same box once more, every row compared (what is done once a day)
    first    one in ten is new, and nobody was ever compared: the first day
    grown    the same where one in 10,000 is new, one in 1,000, and so on up to all: on
             boxes of at most 100,000 completions
    taken    one in two thousand is taken back on the box: the guard has much to count

`ratio` is the time over that of `SELECT COUNT(*)` of the same people's rows on the same
server; `guard` how many seconds the guard's look at what fell took after that; `peak` the
largest resident memory above that of the idle process; `own` the size of our database; `cpu`
seconds of our process alone, which other work on the computer does not lengthen. With
--only the others are not measured where what comes after does not need them.
Peaks over 48 MiB end the benchmark with 1.
"""

import argparse
import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from beekeed.clock import SystemClock
from beekeed.engine import FactRules, Stop
from beekeed.engine.reading import Reader
from beekeed.moodle.device import SqlDevice
from beekeed.moodle.login import Login
from beekeed.sqlite.catalogue import SqliteCatalogue
from beekeed.sqlite.changes import SqliteChanges
from beekeed.sqlite.guard import SqliteGuards
from beekeed.sqlite.opening import open_store
from beekeed.sqlite.store import Store
from beekeed.sqlite.targets import SqliteTargets
from tests.benchmarks.figures import Figure, Findings, Plot
from tests.benchmarks.large_box import add_work, counted, make_box, take_back
from tests.servers import execute, running

KINDS = ("mariadb", "postgresql")
CASES = ("quiet", "day", "full", "first", "grown", "taken")
LEARNERS, ACTIVITIES = (50, 500, 5000), 200
LARGEST_PEAK_MIB = 48
LARGEST_GROWN = 100_000
PER_DAY, TAKEN, ON_FIRST_DAY = 1000, 2000, 10
GROWN = (10_000, 1000, 100, 10, 1)
COMPLETION = 3
ACKNOWLEDGE = (
    "INSERT OR REPLACE INTO receipt (target_id, kind, course_id, part_id, learner_id, value,"
    " online_value, happened_at, first_seen_at, acknowledged_at, run_id)"
    " SELECT target_id, kind, course_id, part_id, learner_id, value, value, happened_at,"
    " first_seen_at, first_seen_at, 0 FROM change WHERE kind <> 1",
    "INSERT INTO account (target_id, learner_id, username, online_id, made_by_us, first_name,"
    " last_name, idnumber, device_id, acknowledged_at, run_id) SELECT target_id, learner_id,"
    " username, learner_id, 1, first_name, last_name, idnumber, device_id, 0, 0"
    " FROM change JOIN learner ON learner.id = learner_id WHERE kind = 1",
    "DELETE FROM change",
)
FORGET = f"""
    DELETE FROM receipt WHERE kind = {COMPLETION} AND (learner_id, part_id) IN (
        SELECT learner_id, part_id FROM (
            SELECT learner_id, part_id, row_number() OVER (ORDER BY learner_id, part_id) AS place
            FROM receipt WHERE kind = {COMPLETION})
        WHERE place % ? = 0)
"""


async def read(login: Login, path: Path, *, compare_all: bool, acknowledge: bool) -> dict[str, Any]:
    """Read the box once as a run does, in this process; gives what it took."""
    store = await open_store(path)
    try:
        targets, clock = SqliteTargets(store=store), SystemClock()
        target = await targets.open("https://x", "digest", clock.now() - timedelta(days=1))
        device = SqlDevice(
            login=lambda: login, learner_archetypes=("student",), statement_seconds=600
        )
        async with device.snapshot() as box:  # what the idle daemon has loaded after a check
            await box.about()
        reader = Reader(
            clock=clock,
            device=device,
            catalogue=SqliteCatalogue(store=store),
            changes=SqliteChanges(store=store),
            targets=targets,
            rules=FactRules(),
        )
        Path("/proc/self/clear_refs").write_text("5")
        idle_kib = memory_kib("VmRSS")
        started, processed = time.perf_counter(), time.process_time()
        await reader.read(target, Stop(), compare_all=compare_all)
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - processed
        started = time.perf_counter()
        await SqliteGuards(store=store).look(target, clock.now())
        guard_seconds = time.perf_counter() - started
        peak_mib = (memory_kib("VmHWM") - idle_kib) / 1024
        row = await store.row("SELECT count(*) FROM change WHERE kind = ?", COMPLETION)
        pending = int(row[0]) if row else 0
        if acknowledge:
            await acknowledge_all(store)
    finally:
        await store.close()
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "guard_seconds": guard_seconds,
        "peak_mib": peak_mib,
        "pending": pending,
        "own_mb": path.stat().st_size / 1e6,
    }


async def acknowledge_all(store: Store) -> None:
    """Make receipts of all that is pending, as the runs of many days would have."""
    async with store.write() as db:
        for statement in ACKNOWLEDGE:
            await db.execute(statement)


def memory_kib(name: str) -> int:
    """Read a line of /proc/self/status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(name)))


def in_child(login: Login, path: Path, **options: bool) -> dict[str, Any]:
    """Read the box in a new process: its peak is its own."""
    words = json.dumps([asdict(login), str(path), options])
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.read_changes", "--child", words],
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def forget(source: Path, target: Path, each: int) -> None:
    """Copy our database without every `each`th receipt, and without who did not change."""
    shutil.copy(source, target)
    login = replace(Login(kind="sqlite"), path=str(target))
    execute(login, "DELETE FROM reading")
    execute(login, FORGET, each)


@dataclass(frozen=True)
class Reading:
    """One time that a box was read."""

    kind: str
    case: str
    box_rows: int
    """How many there were to be; `rows`: how many there were."""
    rows: int
    count_seconds: float
    took: dict[str, Any]

    @property
    def seconds(self) -> float:
        """How long it took."""
        return float(self.took["seconds"])

    @property
    def cpu_seconds(self) -> float:
        """How much of that our process worked; the rest is the server's, and waiting."""
        return float(self.took["cpu_seconds"])

    @property
    def peak_mib(self) -> float:
        """How much memory more than an idle process."""
        return float(self.took["peak_mib"])

    @property
    def changes(self) -> int:
        """What was found to be new."""
        return int(self.took["pending"])

    def show(self) -> None:
        """Print a line of the table."""
        print(f"{self.case:8}{self.rows:>10}{self.changes:>9}{self.seconds:>9.2f}"
              f"{self.rows / self.seconds:>11.0f}{self.seconds / self.count_seconds:>7.1f}"
              f"{self.took['guard_seconds']:>7.2f}"
              f"{self.peak_mib:>10.1f}{self.took['own_mb']:>8.1f}"
            f"{self.cpu_seconds:>7.2f}", flush=True)  # fmt: skip


@dataclass
class Bench:
    """A box of some size on a server, and what reading it took."""

    login: Login
    folder: Path
    learners: int
    activities: int
    only: Sequence[str]
    readings: list[Reading] = field(default_factory=list)

    @property
    def own(self) -> Path:
        """Our database."""
        return self.folder / f"{self.login.kind}{self.learners}"

    def run(self) -> None:
        """Make the box, and read it in each case."""
        print(f"{self.login.kind}: {self.learners} learners x {self.activities} activities")
        print(f"{'':8}{'rows':>10}{'new':>9}{'seconds':>9}{'rows/s':>11}{'ratio':>7}"
              f"{'guard':>7}{'peak MiB':>10}{'own MB':>8}{'cpu':>7}", flush=True)  # fmt: skip
        make_box(self.login, self.learners, self.activities)
        add_work(self.login, self.activities, PER_DAY, new=False)
        in_child(self.login, self.own, compare_all=True, acknowledge=True)
        forget_readings(self.own)  # whose account is made has a profile to acknowledge
        in_child(self.login, self.own, compare_all=True, acknowledge=True)
        self._read("quiet")
        add_work(self.login, self.activities, PER_DAY, new=True)
        self._read("day", is_needed=True)
        self._read("full", compare_all=True)
        self._read_forgotten("first", ON_FIRST_DAY)
        if self.learners * self.activities <= LARGEST_GROWN:
            for each in GROWN:
                self._read_forgotten("grown", each)
        take_back(self.login, TAKEN)
        self._read("taken")

    def _read(self, case: str, *, compare_all: bool = False, is_needed: bool = False) -> None:
        if case in self.only or is_needed:
            self._measure(case, self.own, compare_all=compare_all)

    def _read_forgotten(self, case: str, each: int) -> None:
        if case in self.only:
            copy = self.own.with_suffix(".forgotten")
            forget(self.own, copy, each)
            self._measure(case, copy, compare_all=True)
            copy.unlink()

    def _measure(self, case: str, path: Path, *, compare_all: bool) -> None:
        rows, count_seconds = counted(self.login)
        took = in_child(self.login, path, compare_all=compare_all, acknowledge=True)
        size = self.learners * self.activities
        reading = Reading(self.login.kind, case, size, rows, count_seconds, took)
        reading.show()
        self.readings.append(reading)


def forget_readings(path: Path) -> None:
    """Take away what tells who did not change."""
    execute(replace(Login(kind="sqlite"), path=str(path)), "DELETE FROM reading")


def figures(readings: Sequence[Reading], activities: int) -> list[Figure]:
    """Give time, memory and growth at the largest size of each kind of server."""
    found = []
    largest = max(each.box_rows for each in readings)
    for each in readings:
        if each.box_rows != largest or each.case == "grown":
            continue
        name = f"read_changes.{each.kind}.{each.case}"
        what = f"{each.kind}, {each.rows:,} rows, {each.changes:,} new ({each.case})"
        how = (f"python -m tests.benchmarks.read_changes --kind {each.kind}"
               f" --learners {largest // activities} --only {each.case}")  # fmt: skip
        found += [
            Figure(f"{name}.seconds", f"{what}: time", each.seconds, "s", how,
                   "SELECT COUNT(*)", each.seconds / each.count_seconds),
            Figure(f"{name}.cpu_seconds", f"{what}: processor time", each.cpu_seconds, "s", how),
            Figure(f"{name}.peak", f"{what}: memory above idle", each.peak_mib, "MiB", how),
        ]  # fmt: skip
    return found


def plots(readings: Sequence[Reading]) -> list[Plot]:
    """Draw time and memory by rows of each server, and by changes of both."""
    kinds = [kind for kind in KINDS if any(each.kind == kind for each in readings)]
    drawn = []
    for kind in kinds:
        for name, title, y, value in (
            ("seconds", "Time", "seconds of processor time", lambda each: each.cpu_seconds),
            ("peak", "Memory", "MiB above the idle process", lambda each: each.peak_mib),
        ):
            lines = {
                case: points(readings, kind, case, lambda each: each.rows, value)
                for case in CASES
                if case != "grown"
            }
            if name == "seconds":
                lines["SELECT COUNT(*), in all"] = points(
                    readings, kind, "full", lambda each: each.rows, lambda each: each.count_seconds
                )
            drawn.append(Plot(
                f"read_changes_{kind}_{name}", f"{title} of finding changes by rows, {kind}",
                "rows on the box", y, {case: line for case, line in lines.items() if line},
            ))  # fmt: skip
    return drawn + grown(readings, kinds)


def grown(readings: Sequence[Reading], kinds: Sequence[str]) -> list[Plot]:
    """Draw time and memory by changes, with as many rows."""
    drawn = []
    for name, title, y, value in (
        ("seconds", "Time", "seconds of processor time", lambda each: each.cpu_seconds),
        ("peak", "Memory", "MiB above the idle process", lambda each: each.peak_mib),
    ):
        lines = {kind: points(readings, kind, "grown", lambda e: e.changes, value, largest=True)
                 for kind in kinds}  # fmt: skip
        if all(lines.values()):
            drawn.append(Plot(
                f"read_changes_by_changes_{name}", f"{title} of finding changes by their number",
                "changes", y, lines,
            ))  # fmt: skip
    return drawn


Number = Callable[[Reading], float]


def points(
    readings: Sequence[Reading],
    kind: str,
    case: str,
    x: Number,
    y: Number,
    *,
    largest: bool = False,
) -> list[tuple[float, float]]:
    """Give the points of a line; those that no logarithm has are left out."""
    some = [each for each in readings if (each.kind, each.case) == (kind, case)]
    if largest and some:
        most = max(each.box_rows for each in some)
        some = [each for each in some if each.box_rows == most]
    return [(x(each), y(each)) for each in some if x(each) > 0 and y(each) > 0]


def measure(
    kinds: Sequence[str], learners: Sequence[int], activities: int, only: Sequence[str]
) -> list[Reading]:
    """Read boxes of each kind and size, and print a table of each."""
    readings = []
    for kind in kinds:
        with running(kind) as server, tempfile.TemporaryDirectory() as folder:
            for count in learners:
                bench = Bench(server.new_database(), Path(folder), count, activities, only)
                bench.run()
                readings += bench.readings
    return readings


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--learners", type=int, nargs="+", default=LEARNERS)
    parser.add_argument("--activities", type=int, default=ACTIVITIES)
    parser.add_argument("--only", choices=CASES, action="append")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where findings go as well")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        login, path, how = json.loads(options.child)
        print(json.dumps(asyncio.run(read(Login(**login), Path(path), **how))))
        return 0
    readings = measure(options.kind or KINDS, options.learners, options.activities,
                       options.only or CASES)  # fmt: skip
    if options.json:
        found = figures(readings, options.activities)
        Findings("Finding what changed", found, plots(readings)).write(options.json)
    return 0 if max(each.peak_mib for each in readings) <= LARGEST_PEAK_MIB else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
