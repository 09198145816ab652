"""Bad weather between a full box and a real online Moodle: then both sides are compared.

Needs, beside BEEKEED_LIVE_SQL and BEEKEED_LIVE_PHP (tests/live/moodle.py), a site as provisioned,
without any learner, and commands for what no web service does:

BEEKEED_LIVE_KILL   ends what serves the site at once, in the middle of its work: kill -9
                    of php-fpm, for example
BEEKEED_LIVE_START  starts it again, and returns when it is there
BEEKEED_LIVE_RESET  optional: makes the site as provisioned, before the test
BEEKEED_LIVE_SEED   optional: the seed of the weather, a number; printed in any case
"""

import asyncio
import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.live.crowd import fill_crowd
from tests.live.moodle import LiveMoodle
from tests.live.provisioned import provide
from tests.live.storm import Blow, Cut, Storm, Weather
from tests.sample import fill
from tests.system.world import World
from tests.variety.compare import compare_all

pytestmark = [pytest.mark.live, pytest.mark.live_php, pytest.mark.live_storm]

WANTED = [*(f"cut {cut}" for cut in Cut), "writes cut", "site killed", "beekeed killed"]
Counts = dict[str, int]

LEARNERS = 300
OF_WRITES, OF_READS = 3, 10
SECONDS = 1200
WRITES = (
    "core_user_create_users",
    "enrol_manual_enrol_users",
    "core_grades_update_grades",
    "mod_assign_save_grades",
    "core_completion_override_activity_completion_status",
    "core_group_add_group_members",
)
UNCHANGED = {
    "activities": "SELECT count(*) FROM mdl_course_modules",
    "grade items": "SELECT count(*) FROM mdl_grade_items",
    "notifications": "SELECT count(*) FROM mdl_notifications",
    "messages": "SELECT count(*) FROM mdl_messages",
    "notices waiting": "SELECT count(*) FROM mdl_assign_user_flags WHERE mailed = 0",
    "tasks waiting": "SELECT count(*) FROM mdl_task_adhoc",
}
LEARNER_ROWS = """
    FROM mdl_role_assignments ra JOIN mdl_role r ON r.id = ra.roleid AND r.archetype = 'student'
    JOIN mdl_context x ON x.id = ra.contextid AND x.contextlevel = 50
    JOIN mdl_user u ON u.id = ra.userid AND u.deleted = 0
"""
COUNTS = {
    "accounts": f"SELECT count(DISTINCT u.id) {LEARNER_ROWS}",
    "roles": f"SELECT count(*) {LEARNER_ROWS}",
    "enrolments": f"""SELECT count(*) FROM mdl_user_enrolments WHERE userid IN (
        SELECT u.id {LEARNER_ROWS})""",
    "memberships": f"""SELECT count(*) FROM mdl_groups_members WHERE userid IN (
        SELECT u.id {LEARNER_ROWS})""",
    "groups": "SELECT count(*) FROM mdl_groups",
}
"""What is the same number on both sides; more online is double."""
TWICE = {
    "grades": """SELECT h.itemid, h.userid FROM mdl_grade_grades_history h
        JOIN mdl_grade_items i ON i.id = h.itemid AND i.itemtype = 'mod'
        WHERE h.finalgrade IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1""",
    "comments": """SELECT grade FROM mdl_assignfeedback_comments
        GROUP BY grade HAVING count(*) > 1""",
}
"""What was written more than once online."""


class Box(World):
    """A world with a full box and a real online Moodle, whose daemon may die at any time."""

    def __init__(self, folder: Path, moodle: LiveMoodle) -> None:
        super().__init__(folder)
        self.box.unlink()
        fill_crowd(self.box, LEARNERS)
        self.token = moodle.token_file
        self.daemon: subprocess.Popen[str] | None = None

    def kill(self) -> None:
        """End the daemon without a word."""
        assert self.daemon is not None
        self.daemon.kill()

    def run(self) -> str:
        """Synchronize once, with a new daemon where the last one died; gives how it ended."""
        if self.daemon is None or self.daemon.poll() is not None:
            self.daemon = self.start_daemon()
        said = self.ctl("sync", "--wait", "--json")
        if "status" in said.json:
            return str(said.json["status"])
        self.daemon.wait(10)  # it was killed; else this fails
        return "killed"


def drawn() -> Weather:
    """Draw the weather; its seed is said."""
    seed = int(os.environ.get("BEEKEED_LIVE_SEED", time.time()))
    print(f"\nBEEKEED_LIVE_SEED={seed}")
    blows = [Blow(function, of_site) for function in WRITES for of_site in (True, False)]
    return Weather(Random(seed), WRITES, OF_WRITES, OF_READS, blows)


def numbers(sql: Callable[[str], Sequence[Sequence[Any]]], queries: Mapping[str, str]) -> Counts:
    """Ask for some numbers."""
    return {name: int(sql(query)[0][0]) for name, query in queries.items()}


@pytest.fixture
def moodle(tmp_path: Path) -> LiveMoodle:
    """The online site as provisioned, with what the box's learners need."""
    if command := os.environ.get("BEEKEED_LIVE_RESET"):
        subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL)
    made = LiveMoodle()
    box = tmp_path / "sample.sqlite"
    fill(box, "device-sample")
    provide(made, box)
    return made


async def weather_out(here: Box, storm: Storm) -> list[str]:
    """Synchronize until a run is completed; gives how the runs ended. Nothing is set aside."""
    storm.kill_daemon = here.kill
    here.address = await storm.start()
    ends: list[str] = []
    deadline = time.monotonic() + SECONDS
    try:
        while "completed" not in ends:
            assert time.monotonic() < deadline, Counter(ends)
            ends.append(await asyncio.to_thread(here.run))
            assert ends[-1] != "partial", here.ctl("set-aside").out
    finally:
        await storm.stop()
    return ends


async def test_a_storm_loses_and_doubles_nothing(moodle: LiveMoodle, tmp_path: Path) -> None:
    """300 learners, cut lines, the site killed and beekeed killed: both sides are equal then."""
    before = numbers(moodle.sql, UNCHANGED)
    here = Box(tmp_path, moodle)
    storm = Storm(
        moodle.address, drawn(), os.environ["BEEKEED_LIVE_KILL"], os.environ["BEEKEED_LIVE_START"]
    )
    try:
        began = time.monotonic()
        ends = await weather_out(here, storm)
        took = time.monotonic() - began
        show(storm, ends, took)
        check(here, moodle, before)
        assert all(storm.counted[each] for each in WANTED), "the weather was too good"
    finally:
        here.end()


def show(storm: Storm, ends: Sequence[str], took: float) -> None:
    """Print what the weather was."""
    print(
        f"{storm.counted['requests']} requests in {took:.0f} s; {len(ends)} runs: {Counter(ends)}"
    )
    for name, count in sorted(storm.counted.items()):
        print(f"  {name}: {count}")


def check(here: Box, moodle: LiveMoodle, before: Counts) -> None:
    """Hold both sides against each other, by the services and by SQL; print the numbers."""
    began = time.monotonic()
    compared = compare_all(here, moodle)
    lost = {kind: len(each.only_box) for kind, each in compared.items()}
    more = {kind: len(each.only_online) for kind, each in compared.items()}
    box, online = numbers(here.on_box, COUNTS), numbers(moodle.sql, COUNTS)
    twice = {what: len(moodle.sql(query)) for what, query in TWICE.items()}
    after = numbers(moodle.sql, UNCHANGED)
    print(f"  facts: { {kind: each.count for kind, each in compared.items()} }")
    print(f"  lost: {lost}\n  only online: {more}\n  box: {box}\n  online: {online}")
    print(f"  written twice: {twice}")
    print(f"  before: {before}\n  after: {after}\n  compared in {time.monotonic() - began:.0f} s")
    assert not any(lost.values())
    assert not any(more.values())
    assert online == box
    assert not any(twice.values())
    assert after == before
