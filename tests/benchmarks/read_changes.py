"""What finding the changes of a large box costs, as ratios from one run.

    python -m tests.benchmarks.read_changes [--kind mariadb] [--learners 5000] [--activities 200]

makes a box on a real server with learners x activities completions, all acknowledged but
for the new ones, and reads it as a run does, each time in a process of its own:

    quiet    nothing is new: digests only
    day      one in a thousand completions is new, spread over as many learners as can be
    full     the same box once more, every row compared (what is done once a day)
    taken    one in two thousand is taken back on the box: the guard has much to count
    first    one in ten is new, and nobody was ever compared: the first day

`ratio` is the time over that of `SELECT COUNT(*)` of the same people's rows on the same
server; `guard` how many seconds the guard's look at what fell took after that; `peak` the
largest resident memory above that of the idle process; `own` the size of our database.
Peaks over 48 MiB end the benchmark with 1.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, replace
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
from tests.servers import connect, execute, insert, make_tables, running

LARGEST_PEAK_MIB = 48
COURSES = 10
FIRST_USER = 10
PER_DAY, TAKEN, ON_FIRST_DAY = 1000, 2000, 10
ADD = """
    INSERT INTO mdl_course_modules_completion
        (id, userid, coursemoduleid, completionstate, timemodified)
    SELECT (u.id - {first}) * {activities} + cm.id, u.id, cm.id, 1, 1793491200 + u.id
    FROM mdl_user u CROSS JOIN mdl_course_modules cm
    WHERE u.id >= {first} AND ((u.id - {first}) * {activities} + cm.id) % {each} {equals} 0
"""
TAKE_BACK = f"UPDATE mdl_course_modules_completion SET completionstate = 0 WHERE id % {TAKEN} = 1"
COUNT = """
    SELECT COUNT(*) FROM mdl_course_modules_completion cmc JOIN mdl_user u ON u.id = cmc.userid
    WHERE u.deleted = 0 AND cmc.completionstate > 0
"""
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


def make_box(login: Login, learners: int, activities: int) -> None:
    """Make courses, activities, people and enrolments; nothing is done yet."""
    make_tables(login)
    insert(login, "role", [{"id": 5, "name": "", "shortname": "student", "description": "",
                            "sortorder": 5, "archetype": "student"}])  # fmt: skip
    insert(login, "modules", [{"id": 1, "name": "page"}])
    courses = range(2, 2 + COURSES)
    named = [
        {"id": c, "category": 1, "shortname": f"C{c}", "fullname": f"Course {c}"} for c in courses
    ]
    insert(login, "course", [row | {"enablecompletion": 1, "timemodified": 1} for row in named])
    insert(login, "context", [{"id": c, "contextlevel": 50, "instanceid": c} for c in courses])
    insert(login, "enrol", [{"id": c, "enrol": "manual", "courseid": c, "status": 0}
                            for c in courses])  # fmt: skip
    course_of = {cm: 2 + cm % COURSES for cm in range(1, activities + 1)}
    insert(login, "page", [{"id": cm, "course": c, "name": f"Lesson {cm}", "content": ""}
                           for cm, c in course_of.items()])  # fmt: skip
    insert(login, "course_modules", [{"id": cm, "course": c, "module": 1, "instance": cm,
                                      "completion": 2} for cm, c in course_of.items()])  # fmt: skip
    sections = {c: ",".join(str(cm) for cm, of in course_of.items() if of == c) for c in courses}
    insert(login, "course_sections", [{"id": c, "course": c, "section": 1, "sequence": sequence}
                                      for c, sequence in sections.items()])  # fmt: skip
    people = range(FIRST_USER, FIRST_USER + learners)
    insert(login, "user", [{"id": u, "username": f"learner{u}", "firstname": f"First {u}",
                            "lastname": f"Last {u}", "email": f"{u}@example.org", "mnethostid": 1,
                            "timecreated": 1} for u in people])  # fmt: skip
    for table, parts in (
        ("role_assignments", {"roleid": "5", "contextid": "c.id", "userid": "u.id"}),
        ("user_enrolments", {"enrolid": "c.id", "userid": "u.id"}),
    ):
        execute(
            login,
            f"INSERT INTO mdl_{table} (id, {', '.join(parts)})"
            f" SELECT u.id * 100 + c.id, {', '.join(parts.values())} FROM mdl_user u"
            f" CROSS JOIN mdl_course c WHERE u.id >= {FIRST_USER}",
        )


def add_work(login: Login, activities: int, each: int, *, new: bool) -> None:
    """Add every `each`th completion, or all others."""
    equals = "=" if new else "<>"
    execute(login, ADD.format(first=FIRST_USER, activities=activities, each=each, equals=equals))
    with closing(connect(login)) as database:
        database.cursor().execute("ANALYZE" + (" TABLE mdl_course_modules_completion"
                                               if login.kind == "mariadb" else ""))  # fmt: skip


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
        idle_kib, started = memory_kib("VmRSS"), time.perf_counter()
        await reader.read(target, Stop(), compare_all=compare_all)
        seconds = time.perf_counter() - started
        started = time.perf_counter()
        await SqliteGuards(store=store).look(target, clock.now())
        guard_seconds = time.perf_counter() - started
        peak_mib = (memory_kib("VmHWM") - idle_kib) / 1024
        row = await store.row("SELECT count(*) FROM change WHERE kind = 3")
        pending = int(row[0]) if row else 0
        if acknowledge:
            await acknowledge_all(store)
    finally:
        await store.close()
    cpu = resource.getrusage(resource.RUSAGE_SELF)
    return {"seconds": seconds, "guard_seconds": guard_seconds,
            "peak_mib": peak_mib, "pending": pending,
            "cpu": cpu.ru_utime + cpu.ru_stime, "own_mb": path.stat().st_size / 1e6}  # fmt: skip


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


def counted(login: Login) -> tuple[int, float]:
    """Count the same people's rows with one plain question: how many, and how long it took."""
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        ((count,),) = execute(login, COUNT)
        best = min(best, time.perf_counter() - started)
    return int(count), best


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", choices=["mariadb", "postgresql"], default="mariadb")
    parser.add_argument("--learners", type=int, default=5000)
    parser.add_argument("--activities", type=int, default=200)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        login, path, how = json.loads(options.child)
        print(json.dumps(asyncio.run(read(Login(**login), Path(path), **how))))
        return 0
    with running(options.kind) as server, tempfile.TemporaryDirectory() as folder:
        return measure(server.new_database(), server.new_database(), Path(folder), options)


def measure(daily: Login, first: Login, folder: Path, options: argparse.Namespace) -> int:
    """Measure the cases on two boxes; gives the exit code."""
    print(f"{options.kind}: {options.learners} learners x {options.activities} activities")
    print(f"{'':8}{'rows':>10}{'new':>9}{'seconds':>9}{'rows/s':>11}{'ratio':>7}"
          f"{'guard':>7}{'peak MiB':>10}{'own MB':>8}")  # fmt: skip
    peaks = []

    def show(name: str, login: Login, path: Path, *, compare_all: bool) -> None:
        rows, count_seconds = counted(login)
        took = in_child(login, path, compare_all=compare_all, acknowledge=True)
        peaks.append(took["peak_mib"])
        print(f"{name:8}{rows:>10}{took['pending']:>9}{took['seconds']:>9.2f}"
              f"{rows / took['seconds']:>11.0f}{took['seconds'] / count_seconds:>7.1f}"
              f"{took['guard_seconds']:>7.2f}"
              f"{took['peak_mib']:>10.1f}{took['own_mb']:>8.1f}", flush=True)  # fmt: skip

    for login, path, each in ((daily, "daily", PER_DAY), (first, "first", ON_FIRST_DAY)):
        make_box(login, options.learners, options.activities)
        add_work(login, options.activities, each, new=False)
        in_child(login, folder / path, compare_all=True, acknowledge=True)
        forget_readings(folder / path)  # whose account is made has a profile to acknowledge
        in_child(login, folder / path, compare_all=True, acknowledge=True)
    show("quiet", daily, folder / "daily", compare_all=False)
    add_work(daily, options.activities, PER_DAY, new=True)
    show("day", daily, folder / "daily", compare_all=False)
    show("full", daily, folder / "daily", compare_all=True)
    execute(daily, TAKE_BACK)
    show("taken", daily, folder / "daily", compare_all=False)
    add_work(first, options.activities, ON_FIRST_DAY, new=True)
    forget_readings(folder / "first")
    show("first", first, folder / "first", compare_all=True)
    return 0 if max(peaks) <= LARGEST_PEAK_MIB else 1


def forget_readings(path: Path) -> None:
    """Take away what tells who did not change."""
    execute(replace(Login(kind="sqlite"), path=str(path)), "DELETE FROM reading")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
