"""What a school day costs to send, in bytes and in seconds, beside other ways to send it.

    python -m tests.benchmarks.school_day [--only NAME] [--quick] [--json FILE] [--peers PYTHON]

The day: 200 learners of one course, whom both Moodles know, with 1,600 completions, 400 grades,
5 new accounts and 10 edits of profiles (benchmarks.day.work). Each way begins with the same two
Moodles; the online one is the sandbox, which answers as Moodle 4.5 and nginx do, behind TLS
with a chain of certificates as is common. Counted is every IP byte both ways on the emulated
line, names that are looked up included. Afterwards both Moodles are compared fact by fact.

beekeed    the real daemon, from asking for a sync to its end, all that it reads included
plain      a call for each action with requests, over one connection that is kept
unkept     the same, each over a connection of its own
pymoodle   a call for each with pymoodle, of the Python clients of Moodle on PyPI the one that is
           kept best in 2026: releases this year, a typed method for each function, made from
           Moodle's source (moodlepy: none since 2024, and no way to edit a profile but untyped)
backup     a course backup with users as a file, of the size that a real Moodle 4.5.6 makes for as
           much work at least (tests/data/course-backup.toml): of a course without any content,
           with bare grades; nothing merges it into what is online
answers    the same, with what comes with a day's grades: answers in quizzes, and essays. Both are
           of a course's first day: each later one carries all that was before it again
floor      the day itself as columns, packed by xz (benchmarks.day.floor), without any protocol

Who makes plain calls is given an advantage: all ids, and no need to read anything first.

Bytes are those of the whole day, on a line that is fast and loses nothing. Seconds are those of a
line of 64 kbit/s with a round trip of 300 ms that loses 2 %: in full for beekeed and the
backups; of the single calls an even sample goes over it, and its time is multiplied.

How bytes grow is measured on the fast line with days of 1 to 10,000 changes; `unkept` and
`pymoodle` up to the day, as they are proportional from there. Ends with 1 where something did
not arrive.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.day import work
from tests.benchmarks.day.floor import floor_bytes
from tests.benchmarks.day.school import NotArrived, School
from tests.benchmarks.day.way import FAST, SLOW, Sent, Way, way
from tests.benchmarks.day.ways import (
    PEERS,
    NotThere,
    backup_bytes,
    backup_bytes_with_answers,
    beekeed,
    others,
    require,
    upload,
)
from tests.benchmarks.figures import Figure, Findings, Plot, table
from tests.link.emulator import Weather

WAYS = {
    "beekeed": "by beekeed",
    "plain": "by one plain call for each action, over a kept connection",
    "unkept": "by one plain call for each action, each over its own connection",
    "pymoodle": "by one call of pymoodle for each action",
    "backup": "as a course backup with users",
    "answers": "as a course backup with users and their answers",
    "floor": "as columns packed by xz, the floor",
}
SAMPLES = {"plain": 60, "unkept": 30, "pymoodle": 60}
"""How many of the single calls go over the slow line."""
GROWTH = (1, 10, 100, 1_000, 10_000)
PROPORTIONAL = ("unkept", "pymoodle")
_DAY_ONLY = ("answers",)
_QUICK_LEARNERS, _QUICK_CHANGES = 20, 100
_HOW = "python -m tests.benchmarks.school_day"


@dataclass
class Found:
    """What was measured of one way: bytes by how many changes, and seconds of the day."""

    bytes: dict[int, int] = field(default_factory=dict)
    seconds: float | None = None
    sampled: int | None = None
    """Of how many calls the seconds were measured; None: all."""


class Bench:
    """Measures ways with one school. `changes`: of the day."""

    def __init__(
        self, folder: Path, line: Way, *, learners: int, changes: int, peers: Path, seed: int
    ) -> None:
        self._folder = folder
        self._way = line
        self._learners = learners
        self._changes = changes
        self._peers = peers
        self._seed = seed
        self._school: School | None = None

    @property
    def school(self) -> School:
        """The school, made when it is first needed."""
        if self._school is None:
            self._school = School(self._folder, self._way, self._learners, self._seed)
        return self._school

    def measure(self, name: str, *, is_quick: bool) -> Found:
        """Measure one way, on both lines and as it grows; quickly: the day's bytes alone."""
        found = Found()
        is_short = is_quick or name in _DAY_ONLY
        for changes in sorted({self._changes} if is_short else {self._changes, *GROWTH}):
            if changes <= self._changes or name not in PROPORTIONAL:
                found.bytes[changes] = self._bytes(name, changes)
        if not is_quick:
            found.seconds, found.sampled = self._seconds(name)
        return found

    def _bytes(self, name: str, changes: int) -> int:
        day = self._day(changes)
        match name:
            case "floor":
                return floor_bytes(day, self._learners)
            case "backup" | "answers":
                return self._upload(name, changes, FAST).bytes
            case "beekeed":
                return beekeed(self.school, day, FAST).bytes
            case _:
                return others(self.school, name, day, FAST, python=self._peers)[0].bytes

    def _seconds(self, name: str) -> tuple[float, int | None]:
        """Give how long the day takes on the slow line; and of how many calls it is known."""
        day = self._day(self._changes)
        match name:
            case "floor":
                return floor_bytes(day, self._learners) * 8 / SLOW.bits_per_second, None
            case "backup" | "answers":
                return self._upload(name, self._changes, SLOW).seconds, None
            case "beekeed":
                return beekeed(self.school, day, SLOW).seconds, None
            case _:
                sent, made, all_ = others(
                    self.school, name, day, SLOW, python=self._peers, most=SAMPLES[name]
                )
                return sent.seconds / made * all_, made

    def _upload(self, name: str, changes: int, weather: Weather) -> Sent:
        size = backup_bytes(changes) if name == "backup" else backup_bytes_with_answers()
        return upload(self._way, self._folder, size, weather, python=self._peers)

    def _day(self, changes: int) -> work.Day:
        return work.day(changes, learners=self._learners, seed=self._seed)


def figures(found: Mapping[str, Found], changes: int, floor: int) -> Iterator[Figure]:
    """Give what was found as figures."""
    plain = found.get("plain")
    for name, each in found.items():
        how = f"{_HOW} --only {name}{' --quick' if changes == _QUICK_CHANGES else ''}"
        size = each.bytes[changes]
        ratio = size / plain.bytes[changes] if plain else None
        beside = WAYS["plain"] if plain else ""
        what = f"a day of {changes:,} changes {WAYS[name]}"
        yield Figure(f"school_day.{name}.bytes", what, size, "bytes", how, beside, ratio)
        if name != "floor":
            what, beside = f"the same {WAYS[name]}", WAYS["floor"]
            each_ = size / changes
            yield Figure(
                f"school_day.{name}.bytes_each", f"{what}, of each change", each_, "bytes", how,
                beside, size / floor,
            )  # fmt: skip
        if each.seconds is not None:
            yield _seconds_figure(name, each, plain, how)


def _seconds_figure(name: str, each: Found, plain: Found | None, how: str) -> Figure:
    assert each.seconds is not None
    of = f", by a sample of {each.sampled} calls" if each.sampled else ""
    of = ", if the line were filled with nothing else" if name == "floor" else of
    ratio = each.seconds / plain.seconds if plain and plain.seconds else None
    beside = WAYS["plain"] if plain else ""
    what = f"the same {WAYS[name]}, at 64 kbit/s, 300 ms, 2 % loss{of}"
    return Figure(f"school_day.{name}.seconds", what, each.seconds, "s", how, beside, ratio)


def growth(found: Mapping[str, Found]) -> Plot:
    """Give how bytes grow."""
    return Plot(
        "school_day.growth",
        "What a day costs to send, by how much was done",
        "changes",
        "bytes on the line",
        {name: sorted(each.bytes.items()) for name, each in found.items()},
    )


def run(options: argparse.Namespace) -> Findings:
    """Measure what is asked for. Raises NotThere, and NotArrived."""
    learners = _QUICK_LEARNERS if options.quick else work.LEARNERS
    changes = _QUICK_CHANGES if options.quick else work.CHANGES
    names = options.only or [name for name in WAYS if not options.quick or name not in _DAY_ONLY]
    if not {"beekeed", "floor"}.issuperset(names):
        require(options.peers)
    found: dict[str, Found] = {}
    with tempfile.TemporaryDirectory() as name, way(Path(name)) as line:
        bench = Bench(
            Path(name), line, learners=learners, changes=changes, peers=options.peers,
            seed=options.seed,
        )  # fmt: skip
        for each in names:
            print(f"measuring: {WAYS[each]}", file=sys.stderr, flush=True)
            found[each] = bench.measure(each, is_quick=options.quick)
    day = work.day(changes, learners=learners, seed=options.seed)
    floor = floor_bytes(day, learners)
    plots = [] if options.quick else [growth(found)]
    return Findings("A school day", list(figures(found, changes, floor)), plots)


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark, and print its table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", choices=WAYS, help="this way (repeatable)")
    parser.add_argument("--quick", action="store_true", help="bytes of a small day alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the findings go as well")
    parser.add_argument("--seed", type=int, default=1, help="another day (1)")
    parser.add_argument(
        "--peers", type=Path, default=PEERS, metavar="PYTHON",
        help="the interpreter that has requests and pymoodle (.venv/peers/bin/python)",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    try:
        findings = run(options)
    except (NotThere, NotArrived) as error:
        print(error, file=sys.stderr)
        return 1
    print(table(findings.figures), end="")
    for plot in findings.plots:
        for name, points in plot.lines.items():
            print(f"{name:10}", *(f"{changes:,}: {size:,}" for changes, size in points), sep="  ")
    if options.json:
        findings.write(options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
