"""What each action costs in bytes, beside a client that makes one plain call for each.

    python -m tests.benchmarks.bytes_per_action [--learners 200] [--actions 1000]

A school of learners whom the online Moodle knows (five-digit ids, all caches warm) does so
many completions, quiz grades in ten activities and assignment grades; each is synchronized
by the engine, over a real socket, with the sandbox online Moodle, which answers as Moodle
and nginx do. `ours` counts the requests that write and their answers; then a plain client
makes one call for each of the same actions on a copy of the same site. Bytes are those of
HTTP both ways, heads included, as a relay between the two counts them.

Below it, without a target: what is read to meet learners for the first time, to look before a
grade is sent, and by an audit. Last, what a scheduled run costs that has nothing to send.

Ends with 1 where a target is missed.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from beekeed.core.model import Bytes, Charge, RunStatus
from beekeed.core.request import SCHEDULED, VERIFY, Request
from beekeed.moodle import wire
from beekeed.sandbox import database
from beekeed.sandbox.content import add_course
from beekeed.sandbox.course import Activity, Course, page
from beekeed.sandbox.online import SandboxOnline
from beekeed.sandbox.site import set_config
from tests.benchmarks.calls import (
    COMPLETE,
    GRADE,
    GRADE_ASSIGNMENT,
    Plain,
    complete,
    grade_assignment,
    grade_quiz,
)
from tests.benchmarks.figures import Figure, Findings
from tests.engine.school import MADE, TOKEN, School, Side, school
from tests.front import ending

REPORT = "gradereport_user_get_grade_items"
PEOPLE = "core_user_get_users_by_field"
ENROLLED = "core_enrol_get_enrolled_users"
TARGETS = {COMPLETE: 160, GRADE: 45, GRADE_ASSIGNMENT: 175}
"""Bytes of one action at most."""
NAMES = {COMPLETE: "completion", GRADE: "grade", GRADE_ASSIGNMENT: "assignment_grade"}
LEAST_RATIO = 5
PLAIN_COMPLETION = 823
"""What one completion alone was measured to cost on a real Moodle 4.5.6, within a tenth."""

FIRST_ID = 20_000
ACTIVITIES = 10
AUDIT_BYTES = 5000


@dataclass
class Exchange:
    """A request and its answer, as they were on the line."""

    request: bytearray = field(default_factory=bytearray)
    answer_bytes: int = 0

    @property
    def bytes(self) -> int:
        """Both ways."""
        return len(self.request) + self.answer_bytes

    def calls(self, function: str) -> bool:
        """Whether the request calls a function, alone or in a batch."""
        return function.encode() in self.request


class Relay:
    """Passes bytes on between a client and a server, and counts them by request."""

    def __init__(self, server: str, database: Path) -> None:
        self._port = int(server.rpartition(":")[2])
        self._database = database
        self._answering = True
        self.exchanges: list[Exchange] = []

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Listen; gives the address."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        async with server:
            address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            with closing(database.connect(self._database)) as db:
                set_config(db, "wwwroot", address)  # Moodle wants to be called by its own address
            yield address

    async def _connected(self, near: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        with ending(out):
            far, up = await asyncio.open_connection("127.0.0.1", self._port)
            with ending(up):
                await asyncio.gather(self._pass(near, up, True), self._pass(far, out, False))

    async def _pass(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, is_request: bool
    ) -> None:
        while data := await source.read(65536):
            self._count(data, is_request)
            target.write(data)
            await target.drain()
        target.close()

    def _count(self, data: bytes, is_request: bool) -> None:
        if is_request and self._answering:
            self.exchanges.append(Exchange())
        self._answering = not is_request
        if is_request:
            self.exchanges[-1].request += data
        else:
            self.exchanges[-1].answer_bytes += len(data)

    def taken(self) -> Sequence[Exchange]:
        """Give what passed since the last time."""
        taken, self.exchanges, self._answering = self.exchanges, [], True
        return taken


def course() -> Course:
    """A course with ten pages, quizzes and assignments."""
    sections = ("",) * 4
    pages = [page(f"Lesson {number}", 1) for number in range(ACTIVITIES)]
    quizzes = [
        Activity("quiz", f"Quiz {number}", 2, receive_grade=True, grade=10.0)
        for number in range(ACTIVITIES)
    ]
    essays = [Activity("assign", f"Essay {number}", 3, grade=20.0) for number in range(ACTIVITIES)]
    return Course("BIG", "Big", MADE, MADE, sections, (*pages, *quizzes, *essays))


def make_room(side: Side) -> None:
    """Have the next ids be of five digits, as on a site that is used."""
    for table in ("user", "course_modules", "assign", "quiz"):
        side.sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", f"mdl_{table}", FIRST_ID)


def pairs(learners: int, actions: int) -> Iterator[tuple[str, int]]:
    """Give who acts in which activity: each pair once."""
    for number in range(actions):
        yield f"learner{number % learners:04}", number // learners % ACTIVITIES


class Bench:
    """One school, the relay before its online Moodle, and what is done there."""

    def __init__(self, here: School, relay: Relay, learners: int, actions: int) -> None:
        self.here = here
        self.relay = relay
        self.learners = learners
        self.looked = 0
        """Bytes to read what online held before grades went."""
        self.listed = 0
        """Bytes to read who is in the course."""
        self.figures: list[Figure] = []
        self._how = (
            f"python -m tests.benchmarks.bytes_per_action --learners {learners} --actions {actions}"
        )
        self._pairs = list(pairs(learners, actions))

    def note(self, name: str, what: str, value: float, plain: float | None = None) -> None:
        """Keep a figure; `plain`: what plain calls cost for the same."""
        beside = ("plain calls", value / plain) if plain else ()
        self.figures.append(
            Figure(f"bytes_per_action.{name}", what, value, "B", self._how, *beside)
        )

    def arrive(self) -> None:
        """Everybody is there, on the box alone."""
        for number in range(self.learners):
            self.here.box.learner(f"learner{number:04}", "Amina", f"Diallo {number}", "BIG")

    def complete(self) -> Plain:
        """Everybody completes some lessons."""
        users, modules = self._ids("user", "username"), self._modules("page")
        for username, number in self._pairs:
            self.here.box.complete(username, f"Lesson {number}")
        return [complete(users[name], modules[f"Lesson {number}"]) for name, number in self._pairs]

    def grade(self) -> Plain:
        """Everybody is graded in some quizzes."""
        users, modules = self._ids("user", "username"), self._modules("quiz")
        course = self.here.online.course("BIG")
        calls = []
        for place, (username, number) in enumerate(self._pairs):
            points = place % 9 + 0.5
            self.here.box.grade(username, f"Quiz {number}", points)
            module = modules[f"Quiz {number}"]
            calls.append(grade_quiz(course, module, users[username], points))
        return calls

    def grade_assignments(self) -> Plain:
        """Everybody is graded in some assignments."""
        users, instances = self._ids("user", "username"), self._ids("assign", "name")
        calls = []
        for place, (username, number) in enumerate(self._pairs):
            points = place % 19 + 0.5
            self.here.box.grade(username, f"Essay {number}", points)
            calls.append(grade_assignment(instances[f"Essay {number}"], users[username], points))
        return calls

    def _ids(self, table: str, name: str) -> dict[str, int]:
        return dict(self.here.online.sql(f"SELECT {name}, id FROM mdl_{table}"))

    def _modules(self, modname: str) -> dict[str, int]:
        return dict(self.here.online.sql(
            f"SELECT a.name, cm.id FROM mdl_{modname} a JOIN mdl_course_modules cm ON"
            " cm.instance = a.id JOIN mdl_modules m ON m.id = cm.module AND m.name = ?", modname,
        ))  # fmt: skip

    async def sync(self, request: Request | None = None) -> Sequence[Exchange]:
        """Synchronize; gives what passed."""
        self.relay.taken()
        details = await self.here.sync(request)
        assert details.run.status is RunStatus.COMPLETED, details
        return self.relay.taken()


async def plain(path: Path, calls: Plain) -> Sequence[Exchange]:
    """Make calls one by one over one kept connection, as a common client does."""
    server = SandboxOnline(path)
    relay = Relay(await server.start(), path)
    try:
        async with relay.serving() as address, aiohttp.ClientSession() as session:
            for function, form in calls:
                own = {"wstoken": TOKEN, "wsfunction": function, "moodlewsrestformat": "json"}
                fields = {name: str(value) for name, value in {**own, **form}.items()}
                url = f"{address}/webservice/rest/server.php"
                async with session.post(url, data=fields) as answer:
                    text = await answer.text()
                    assert answer.status == 200, text
                    assert "exception" not in text, text
    finally:
        await server.stop()
    return relay.taken()


async def compare(bench: Bench, function: str, calls: Plain, folder: Path) -> bool:
    """Synchronize, make the same calls plainly, and print both; tells whether targets are met."""
    copy = folder / "plain.sqlite"
    bench.here.online.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(bench.here.online.path, copy)
    passed = await bench.sync()
    writes = [each for each in passed if each.calls(function)]
    ours = total(writes) / len(calls)
    theirs = total(await plain(copy, calls)) / len(calls)
    print(f"{function:52}{len(calls):>7}{len(writes):>9}{ours:>7.1f}{TARGETS[function]:>8}"
          f"{theirs:>7.1f}{theirs / ours:>7.1f}", flush=True)  # fmt: skip
    bench.note(NAMES[function], f"one {NAMES[function].replace('_', ' ')}", ours, theirs)
    bench.listed = found(passed, ENROLLED)
    if function == GRADE:
        bench.looked = total(each for each in passed if each.calls(REPORT))
    is_plain = function != COMPLETE or abs(theirs / PLAIN_COMPLETION - 1) <= 0.1
    return ours <= TARGETS[function] and theirs / ours >= LEAST_RATIO and is_plain


def total(exchanges: Iterable[Exchange]) -> int:
    """Add bytes up."""
    return sum(each.bytes for each in exchanges)


class RelayMeter:
    """Counts what the relay passes on."""

    charged_by = Charge.SYNC

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    def begin(self, run_id: int) -> "RelayMeter":
        """See Meter."""
        return self

    def of_line(self) -> Bytes:
        """See Measurement."""
        return self.so_far()

    def so_far(self) -> Bytes:
        """See Measurement."""
        passed = self._relay.exchanges
        return Bytes(sum(len(e.request) for e in passed), sum(e.answer_bytes for e in passed))


async def others(bench: Bench, first: Sequence[Exchange]) -> bool:
    """Print what has no target, and tell whether a run with nothing to send costs nothing."""
    nothing = total(await bench.sync(Request(SCHEDULED)))
    checked = await bench.sync(Request(VERIFY))
    bench.here.audit_bytes = AUDIT_BYTES
    audit = await bench.sync()
    learners = bench.learners
    for name, what, value in (
        ("met", "to meet a learner for the first time", found(first, PEOPLE) / learners),
        ("listed", f"to see who is in a course of {learners}, a sync", bench.listed),
        ("looked", "to look before a learner's first grades", bench.looked / learners),
        ("verified", "to verify all of a learner", total(checked) / learners),
        ("audit", f"an audit of at most {AUDIT_BYTES} B", total(audit)),
        ("nothing", "a scheduled sync with nothing to send", nothing),
    ):
        bench.note(name, what, value)
    print(f"""
Without a target, bytes:
  to meet a learner for the first time, whom nobody is there yet  {found(first, PEOPLE) / learners:7.1f} each
  to see who is in a course of {learners} learners                      {bench.listed:7} a sync
  to look before the first grades of a learner in the course      {bench.looked / learners:7.1f} each
  to verify: each learner with all in the course                  {total(checked) / learners:7.1f} each
  an audit on its own, of at most {AUDIT_BYTES} beside what a sync reads   {total(audit):7}
A scheduled sync with nothing to send: {nothing}""")  # noqa: E501
    return nothing == 0


def found(exchanges: Iterable[Exchange], function: str) -> int:
    """Add up what a function cost."""
    return total(each for each in exchanges if each.calls(function))


@dataclass(frozen=True)
class Result:
    """What was found, and whether all targets are met."""

    figures: Sequence[Figure]
    is_met: bool


async def run(folder: Path, learners: int, actions: int) -> Result:
    """Measure everything."""
    async with school(folder) as here:
        relay = Relay(here.address, here.online.path)
        make_room(here.online)
        for side in (here.box, here.online):
            add_course(side.db, course())
        async with relay.serving() as here.address:
            here.meter = RelayMeter(relay)
            here.batch_calls = wire.batch_calls(1000)
            bench = Bench(here, relay, learners, actions)
            bench.arrive()
            first = await bench.sync()
            print(f"{'':52}{'actions':>7}{'requests':>9}{'ours':>7}{'target':>8}{'plain':>7}"
                  f"{'ratio':>7}")  # fmt: skip
            met = [
                await compare(bench, function, act(), folder)
                for function, act in (
                    (COMPLETE, bench.complete),
                    (GRADE, bench.grade),
                    (GRADE_ASSIGNMENT, bench.grade_assignments),
                )
            ]
            met.append(await others(bench, first))
            return Result(bench.figures, all(met))


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--learners", type=int, default=200)
    parser.add_argument("--actions", type=int, default=1000)
    parser.add_argument("--json", type=Path, metavar="FILE", help="where findings go as well")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        result = asyncio.run(run(Path(folder), options.learners, options.actions))
    if options.json:
        Findings("What a change costs", result.figures).write(options.json)
    return 0 if result.is_met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
