"""What is read of the box: who did not change is left unread, and nothing hides for long."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from beekeed.core.model import Course, Learner, RunStatus, Uncarried
from beekeed.core.step import Outcome, Verdict
from beekeed.engine import FactRules, Stop
from beekeed.engine.reading import Reader
from beekeed.errors import Code, ConfigError, DeviceUnreadable
from beekeed.ports.device import (
    About,
    CompletionRow,
    DeviceMoodle,
    DeviceSnapshot,
    EnrolmentRow,
    GradeRow,
    MembershipRow,
)
from tests.engine.looping import loop_of
from tests.engine.school import School, counts, school


class Watched:
    """The box's Moodle, noting of whom the work is asked; its digests can be made to lie."""

    def __init__(self, device: DeviceMoodle) -> None:
        self._device = device
        self.asked: set[int] = set()
        self.lies = False
        self.breaks = False
        self.is_open = False
        self.lists = 0
        """Lists of learners that are being read."""
        self.left_open = 0
        """Those that were when their snapshot ended."""
        self.error: Exception | None = None
        self._told: Mapping[int, int] = {}

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[DeviceSnapshot]:
        """See DeviceMoodle."""
        if self.error is not None:
            raise self.error
        async with self._device.snapshot() as snapshot:
            self.is_open = True
            try:
                yield _WatchedSnapshot(self, snapshot)
            finally:
                self.is_open = False
                self.left_open += self.lists

    async def digests(self, snapshot: DeviceSnapshot) -> Mapping[int, int]:
        """What the database says, or what it said first."""
        self._told = self._told if self.lies else await snapshot.digests()
        return self._told


class _WatchedSnapshot:
    def __init__(self, watched: Watched, snapshot: DeviceSnapshot) -> None:
        self._watched = watched
        self._snapshot = snapshot

    async def about(self) -> About:
        return await self._snapshot.about()

    async def courses(self) -> Sequence[Course]:
        return await self._snapshot.courses()

    async def learners(self, *, everybody: bool = False) -> AsyncGenerator[Sequence[Learner], None]:
        self._watched.lists += 1
        try:
            async for chunk in self._snapshot.learners(everybody=everybody):
                yield chunk
        finally:
            self._watched.lists -= 1

    async def members(self, device_ids: Collection[int]) -> Collection[tuple[int, int]]:
        return await self._snapshot.members(device_ids)

    async def memberships(self, device_ids: Collection[int]) -> Sequence[MembershipRow]:
        return await self._snapshot.memberships(device_ids)

    async def uncarried(self, commented: Collection[str]) -> Mapping[Uncarried, int]:
        return await self._snapshot.uncarried(commented)

    async def digests(self) -> Mapping[int, int]:
        return await self._watched.digests(self._snapshot)

    async def enrolments(self, device_ids: Collection[int]) -> Sequence[EnrolmentRow]:
        self._watched.asked |= set(device_ids)
        return await self._snapshot.enrolments(device_ids)

    async def grades(self, device_ids: Collection[int]) -> Sequence[GradeRow]:
        return await self._snapshot.grades(device_ids)

    async def completions(self, device_ids: Collection[int]) -> Sequence[CompletionRow]:
        if self._watched.breaks:
            raise DeviceUnreadable(Code.DEVICE_INTERRUPTED)
        self._watched.asked |= set(device_ids)
        return await self._snapshot.completions(device_ids)


@pytest.fixture
async def watched(here: School) -> Watched:
    """Five learners, all their work acknowledged, and a watch on what is read from now on."""
    device = Watched(here.device)
    here.device = device
    for number in range(5):
        here.box.learner(f"l{number}", "Learner", f"Number {number}", "MATHS")
        here.box.complete(f"l{number}", "Numbers")
    await here.completed()
    device.asked.clear()
    return device


async def test_only_whose_work_changed_is_read(here: School, watched: Watched) -> None:
    """A day's work is that of a few."""
    here.box.complete("l3", "Fractions")
    assert counts(await here.completed()) == {("completion", "done"): 1}
    assert watched.asked == {here.box.user("l3")}
    watched.asked.clear()
    await here.completed()
    assert watched.asked == set()


async def test_a_box_that_breaks_in_the_middle_loses_nothing(
    here: School, watched: Watched
) -> None:
    """Its server is started again while we read: one sentence, and the next sync has it all."""
    here.box.complete("l3", "Fractions")
    here.box.complete("l4", "Fractions")
    watched.breaks = True
    details = await here.sync()
    assert details.run.status is RunStatus.ERROR
    assert details.run.reason is not None
    assert details.run.reason.code is Code.DEVICE_INTERRUPTED
    watched.breaks = False
    assert counts(await here.completed()) == {("completion", "done"): 2}


async def test_the_snapshot_is_closed_before_the_first_byte_leaves(
    here: School, watched: Watched
) -> None:
    """A slow line must not keep the class's database busy."""
    here.box.complete("l3", "Fractions")
    hold = "INSERT INTO sandbox_switch (name, value) VALUES ('hold_before', '*')"
    here.online.sql(hold)
    before = here.online.one("SELECT count(*) FROM sandbox_request")
    syncing = asyncio.create_task(here.completed())
    while here.online.one("SELECT count(*) FROM sandbox_request") == before:
        await asyncio.sleep(0.01)
    assert watched.asked  # it was read
    assert not watched.is_open
    here.online.sql("DELETE FROM sandbox_switch")
    await syncing


async def test_what_waits_is_not_read_again_before_it_changes(
    here: School, watched: Watched
) -> None:
    """A course that is only on the box must not make every run read everybody in it."""
    here.online.sql("UPDATE mdl_course SET timemodified = timemodified + 1")
    here.box.complete("l3", "Fractions")
    await here.sync()
    watched.asked.clear()
    assert (await here.sync()).run.waiting == 1
    assert watched.asked == set()
    here.box.complete("l3", "Fractions", 0)
    assert (await here.sync()).run.waiting == 0
    assert watched.asked == {here.box.user("l3")}


async def test_an_edit_of_a_course_reads_nobody(here: School, watched: Watched) -> None:
    """Its date and its name make no facts of anybody's work."""
    for side in (here.box, here.online):
        side.sql("UPDATE mdl_course SET timemodified = timemodified + 1, fullname = 'New name'")
    assert counts(await here.completed()) == {}
    assert watched.asked == set()


async def test_one_trouble_asks_for_one_look(here: School, watched: Watched) -> None:
    """Not for one each quarter of an hour until somebody syncs."""
    await here.history.begin("test", here.trust.moment())
    await here.history.close_interrupted(here.clock.now())
    here.quiet = True
    here.clock.time += timedelta(minutes=15)
    await here.engine().look(Stop())
    assert len(watched.asked) == 5
    watched.asked.clear()
    here.clock.time += timedelta(minutes=15)
    await here.engine().look(Stop())
    assert watched.asked == set()


async def test_a_look_at_a_box_that_cannot_be_read_ends_nothing(
    here: School, watched: Watched
) -> None:
    """Whatever is wrong, also with the settings: the next run says it."""
    here.quiet = True
    here.clock.time += timedelta(hours=25)
    for error in (DeviceUnreadable(Code.DEVICE_SLOW), ConfigError(Code.PASSWORD_UNREADABLE)):
        watched.error = error
        await here.engine().look(Stop())
    assert watched.asked == set()


async def test_what_is_settled_is_held_against_the_box_again(
    here: School, watched: Watched
) -> None:
    """An answer was lost, and meanwhile the box took it back: a mark must not hide that."""
    here.box.complete("l3", "Fractions")
    switch = "INSERT INTO sandbox_switch (name, value) VALUES (?, ?)"
    here.online.sql(switch, "cut_after", "core_completion_override_activity_completion_status")
    here.online.sql(switch, "html", "core_completion_get_activities_completion_status")
    assert (await here.sync()).run.status is RunStatus.ERROR
    here.online.sql("DELETE FROM sandbox_switch")
    here.box.complete("l3", "Fractions", 0)
    await here.completed()
    assert here.online.state("l3", "Fractions") == 0


async def test_a_grade_of_nothing_is_a_grade(here: School, watched: Watched) -> None:
    """The course was made again online: 0 points are sent again like any other grade."""
    here.box.grade("l3", "Test", 0)
    await here.completed()
    here.online.sql("DELETE FROM mdl_grade_grades")
    here.online.sql("UPDATE mdl_course SET timecreated = timecreated + 1")
    here.box.complete("l3", "Fractions")
    await here.completed()
    assert here.online.grades("l3", "Test") == [(0, 0.0)]


async def test_an_activity_that_begins_to_be_tracked_makes_everybody_read(
    here: School, watched: Watched
) -> None:
    """Rows that meant nothing are facts now; they themselves did not change."""
    for side in (here.box, here.online):
        side.sql(
            "UPDATE mdl_course_modules SET completion = 0 WHERE id = ?", side.module("Fractions")
        )
    here.box.complete("l3", "Fractions")
    assert counts(await here.completed()) == {}
    for side in (here.box, here.online):
        side.sql(
            "UPDATE mdl_course_modules SET completion = 1 WHERE id = ?", side.module("Fractions")
        )
    watched.asked.clear()
    assert counts(await here.completed()) == {("completion", "done"): 1}
    assert len(watched.asked) == 5


async def test_what_is_never_sent_is_counted_in_every_run(here: School, watched: Watched) -> None:
    """Else it would look as if it had gone."""
    here.box.complete("l3", "Water")  # a course that l3 is not in
    for _ in range(2):
        assert counts(await here.completed()) == {("completion", "unsent"): 1}


async def test_who_comes_back_to_the_box_is_read_again(here: School, watched: Watched) -> None:
    """What was pending was let go when they left."""
    here.online.sql("UPDATE mdl_course SET timemodified = timemodified + 1")
    here.box.complete("l3", "Fractions")
    await here.sync()
    here.box.sql("UPDATE mdl_user SET deleted = 1 WHERE username = 'l3'")
    await here.sync()
    here.online.sql("UPDATE mdl_course SET timemodified = timemodified - 1")
    here.box.sql("UPDATE mdl_user SET deleted = 0 WHERE username = 'l3'")
    assert counts(await here.completed()) == {("completion", "done"): 1}


async def test_what_digests_hide_is_found_within_a_day(here: School, watched: Watched) -> None:
    """They are not believed for ever, whoever computes them."""
    watched.lies = True
    here.box.complete("l3", "Fractions")
    assert counts(await here.completed()) == {}
    here.clock.time += timedelta(hours=22)
    assert counts(await here.completed()) == {("completion", "done"): 1}


async def test_what_digests_hide_is_found_after_any_trouble(here: School, watched: Watched) -> None:
    """A run that was cut off may have left anything."""
    watched.lies = True
    here.box.complete("l3", "Fractions")
    await here.history.begin("test", here.trust.moment())
    await here.history.close_interrupted(here.clock.now())
    assert counts(await here.completed()) == {("completion", "done"): 1}


async def test_a_quiet_box_is_looked_through_once_a_day(here: School, watched: Watched) -> None:
    """Without a run, without a byte; whoever asks for a sync does not wait for it."""
    watched.lies = True
    here.box.complete("l3", "Fractions")
    here.clock.time += timedelta(hours=19)
    before = here.online.one("SELECT count(*) FROM sandbox_request")
    loop = loop_of(here, look_every_seconds=0.05)
    running = asyncio.create_task(loop.run())
    await asyncio.sleep(0.3)
    assert await here.waiting() == 0  # a class is at work
    here.quiet = True
    while not await here.waiting():
        await asyncio.sleep(0.01)
    assert here.online.one("SELECT count(*) FROM sandbox_request") == before
    assert len(watched.asked) == 5
    watched.asked.clear()
    await asyncio.sleep(0.3)
    assert watched.asked == set()  # not before tomorrow
    loop.stop()
    await running


async def test_a_look_gives_way_to_a_stop(here: School, watched: Watched) -> None:
    """What it had noted stays; the next one begins anew."""
    here.quiet = True
    here.clock.time += timedelta(hours=25)
    stop = Stop()
    stop.ask()
    await here.engine().look(stop)
    assert watched.asked == set()
    await here.engine().look(Stop())
    assert len(watched.asked) == 5


async def test_reading_that_is_left_off_leaves_nothing_open(here: School, watched: Watched) -> None:
    """The box breaks in the middle: the list of learners is closed before its snapshot is."""
    here.box.complete("l3", "Fractions")
    watched.breaks = True
    assert (await here.sync()).run.status is RunStatus.ERROR
    assert watched.left_open == 0


@pytest.mark.parametrize("seed", range(12))
async def test_reading_little_finds_what_reading_all_finds(tmp_path: Path, seed: int) -> None:
    """After any changes on the box and any acknowledgements, in any order."""
    rng = Random(seed)
    async with school(tmp_path) as here:
        for number in range(6):
            here.box.learner(f"l{number}", "Learner", f"Number {number}", "MATHS", "SCIENCE")
        target = await here.targets.open("https://x", "digest", here.clock.now())
        run_id, _ = await here.history.begin("test", here.trust.moment())
        reader = Reader(
            clock=here.clock,
            device=here.device,
            catalogue=here.stores.catalogue,
            changes=here.changes,
            targets=here.targets,
            rules=FactRules(),
        )
        for _ in range(25):
            change_box(here, rng)
            await reader.read(target, Stop(), compare_all=False)
            await acknowledge_some(here, rng, run_id, target)
        await reader.read(target, Stop(), compare_all=False)
        little = await everything(here)
        await reader.read(target, Stop(), compare_all=True)
        assert await everything(here) == little


def change_box(here: School, rng: Random) -> None:
    """Do one thing that a class, a teacher or an accident does."""
    name = f"l{rng.randrange(6)}"
    activity = rng.choice(["Numbers", "Fractions", "Water", "Air", "By hand"])
    user = here.box.user(name)
    match rng.randrange(6):
        case 0 | 1 | 2:
            with suppress(Exception):
                here.box.complete(name, activity, rng.choice([0, 1, 2, 3]))
        case 3:
            here.box.sql(
                "DELETE FROM mdl_course_modules_completion WHERE userid = ? AND id ="
                " (SELECT max(id) FROM mdl_course_modules_completion WHERE userid = ?)",
                user, user,
            )  # fmt: skip
        case 4:
            here.box.sql(
                "UPDATE mdl_user_enrolments SET status = 1 - status WHERE userid = ?", user
            )
        case _:
            here.box.sql("DELETE FROM mdl_role_assignments WHERE id = (SELECT max(id) FROM"
                         " mdl_role_assignments WHERE userid = ?)", user)  # fmt: skip
            with suppress(Exception):
                here.box.enrol(name, rng.choice(["MATHS", "SCIENCE"]))


async def acknowledge_some(here: School, rng: Random, run_id: int, target: int) -> None:
    """Record some of what is pending as done, as a run would."""
    rows = await here.store.rows("SELECT DISTINCT learner_id FROM change WHERE kind <> 1")
    for row in rows:
        _, noted = await here.changes.slice(target, [row["learner_id"]])
        done = [
            (change, Outcome(Verdict.DONE, change.value))
            for change in noted.values()
            if change.key.course_id and rng.random() < 0.6
        ]
        await here.stores.journal.record(run_id, target, done, here.clock.now())


async def everything(here: School) -> list[tuple[object, ...]]:
    """Everything that is pending or acknowledged, but when it was seen."""
    changes = await here.store.rows(
        "SELECT kind, course_id, part_id, learner_id, value FROM change ORDER BY 1, 2, 3, 4"
    )
    receipts = await here.store.rows(
        "SELECT kind, course_id, part_id, learner_id, value, gone_at IS NULL FROM receipt"
        " ORDER BY 1, 2, 3, 4"
    )
    return [tuple(row) for row in (*changes, *receipts)]
