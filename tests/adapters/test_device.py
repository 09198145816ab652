"""Reading the box's Moodle, on the rows of a real device and on a growing database."""

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from beekeed.core.model import Course, Learner
from beekeed.errors import Code, DeviceUnreadable
from beekeed.moodle.device import SqliteDevice
from beekeed.ports.device import DeviceSnapshot
from beekeed.sandbox import database
from tests.sample import fill

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """A box with a real device's rows."""
    path = tmp_path / "box.sqlite"
    fill(path, "device-sample")
    return path


def device(path: Path, *archetypes: str) -> SqliteDevice:
    """The adapter on a database."""
    return SqliteDevice(path=path, prefix="mdl_", learner_archetypes=archetypes or ("student",))


async def learners(snapshot: DeviceSnapshot) -> dict[str, Learner]:
    """All learners by username."""
    return {each.username: each async for chunk in snapshot.learners() for each in chunk}


async def course(snapshot: DeviceSnapshot, shortname: str) -> Course:
    """One course."""
    return next(each for each in await snapshot.courses() if each.shortname == shortname)


def execute(path: Path, sql: str, *values: object) -> None:
    """Change the box."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(sql, values)


async def test_a_real_devices_people_are_read(box: Path) -> None:
    """39 of 43 accounts: not guest, admin, the deleted learner, nor the teacher."""
    async with device(box).snapshot(NOW) as snapshot:
        found = await learners(snapshot)
    assert len(found) == 39
    assert "learner0005" not in found
    assert {"guest", "admin", "teacher1"} & found.keys() == set()
    assert found["learner0004"].last_name == "Ouédraogo 4"  # suspended on the box, still a learner
    assert found["learner0003"].idnumber == "S3"
    first = found["learner0001"]
    assert (first.first_name, first.last_name, first.city, first.country) == (
        "Élodie", "Ndiaye 1", "Bamako", "ML",
    )  # fmt: skip
    assert first.created_at == datetime.fromtimestamp(1795325827, UTC)


async def test_a_real_devices_courses_are_read(box: Path) -> None:
    """Three courses, not the site's own; activities in order, with what is tracked and graded."""
    async with device(box).snapshot(NOW) as snapshot:
        courses = await snapshot.courses()
        maths = await course(snapshot, "BK-MATH")
    assert [each.shortname for each in courses] == ["BK-FR", "BK-MATH", "BK-SCI"]
    assert maths.modified_at == 1795325768
    assert [(a.key.section, a.key.modname, a.key.name, a.tracked, a.graded)
            for a in maths.activities] == [
        (0, "forum", "Announcements", False, False),
        (1, "page", "Lesson 1", True, False),
        (1, "page", "Lesson 5", True, False),
        (1, "page", "Manual page", True, False),
        (2, "page", "Lesson 2", True, False),
        (2, "page", "Lesson 6", True, False),
        (2, "assign", "Essay", True, True),
        (3, "page", "Lesson 3", True, False),
        (3, "quiz", "Quiz 1", True, True),
        (4, "page", "Lesson 4", True, False),
        (4, "forum", "Discussion", True, False),
        (4, "choice", "Poll", True, False),
    ]  # fmt: skip


async def test_a_real_devices_work_is_read(box: Path) -> None:
    """Counts by plain SQL on the same file; the unenrolled learner is in two courses of three."""
    async with device(box).snapshot(NOW) as snapshot:
        courses = await snapshot.courses()
        enrolled = {c.shortname: len(await snapshot.enrolments(c)) for c in courses}
        done = [row for c in courses for a in c.activities for row in await snapshot.completions(a)]
    assert enrolled == {"BK-MATH": 39, "BK-FR": 38, "BK-SCI": 39}
    assert len(done) == 738
    assert {row.state for row in done} == {1}


async def test_other_archetypes_may_be_learners(box: Path) -> None:
    """The setting decides."""
    async with device(box, "editingteacher").snapshot(NOW) as snapshot:
        found = await learners(snapshot)
        assert [name for name, each in found.items() if each.enrolled] == ["teacher1"]


async def test_more_people_than_a_chunk_are_all_read_once(box: Path) -> None:
    """In chunks, whatever their number."""
    with closing(database.connect(box)) as db:
        for number in range(1200):
            user = database.insert(
                db, "user", username=f"u{number:04}", firstname="U", lastname=str(number),
                email=f"u{number}@example.org", mnethostid=1, confirmed=1,
            )  # fmt: skip
            database.insert(db, "role_assignments", roleid=5, contextid=11, userid=user)
    async with device(box).snapshot(NOW) as snapshot:
        chunks = [chunk async for chunk in snapshot.learners()]
    names = [each.username for chunk in chunks for each in chunk]
    assert len(names) == len(set(names)) == 1239
    assert max(len(chunk) for chunk in chunks) <= 500


async def test_what_is_seen_does_not_change_while_it_is_read(box: Path) -> None:
    """One consistent snapshot: a class at work neither waits for us nor confuses us."""
    execute(box, "PRAGMA journal_mode = WAL")
    async with device(box).snapshot(NOW) as snapshot:
        before = await course(snapshot, "BK-MATH")
        execute(box, "DELETE FROM mdl_course_modules_completion")
        execute(box, "UPDATE mdl_course SET fullname = 'changed'")
        rows = await snapshot.completions(before.activities[1])
        assert len(rows) > 10
        assert (await course(snapshot, "BK-MATH")).fullname == "Mathematics 1"
    async with device(box).snapshot(NOW) as snapshot:
        assert await snapshot.completions(before.activities[1]) == []


async def test_the_box_cannot_be_written(box: Path) -> None:
    """Opened read only: no mistake of ours can ever harm the class's Moodle."""
    before = box.read_bytes()
    async with device(box).snapshot(NOW) as snapshot:
        with pytest.raises(DeviceUnreadable) as caught:
            await snapshot._select("DELETE FROM {user}")  # type: ignore[attr-defined]
    assert "readonly" in str(caught.value.params["detail"])
    assert box.read_bytes() == before


async def test_reading_happens_in_a_thread_of_its_own(box: Path) -> None:
    """A slow disk does not hold up the daemon."""
    async with device(box).snapshot(NOW) as snapshot:
        await snapshot.courses()
        assert [thread.name for thread in threading.enumerate() if "device" in thread.name]
    assert not [thread.name for thread in threading.enumerate() if "device" in thread.name]


async def test_times_that_make_no_sense_are_none(box: Path) -> None:
    """0, NULL-like and far beyond the calendar; 1970 and 2038 are times."""
    async with device(box).snapshot(NOW) as snapshot:
        lesson = (await course(snapshot, "BK-MATH")).activities[1]
    for number, time in enumerate((0, 3600, 2147400000, 10**17)):
        execute(box, "UPDATE mdl_course_modules_completion SET timemodified = ? WHERE id ="
                " (SELECT id FROM mdl_course_modules_completion WHERE coursemoduleid = ?"
                f" ORDER BY id LIMIT 1 OFFSET {number})", time, lesson.device_id)  # fmt: skip
    async with device(box).snapshot(NOW) as snapshot:
        times = [row.at for row in await snapshot.completions(lesson)][:4]
    assert times == [
        None,
        datetime(1970, 1, 1, 1, tzinfo=UTC),
        datetime.fromtimestamp(2147400000, UTC),
        None,
    ]


async def test_activities_on_their_way_out_or_without_a_name_are_not_there(box: Path) -> None:
    """Being deleted, in no section, or of a plugin that was removed."""
    execute(box, "UPDATE mdl_course_modules SET deletioninprogress = 1 WHERE id = 2")
    execute(box, "UPDATE mdl_course_sections SET sequence = '6' WHERE sequence = '5,6,7'")
    execute(box, "UPDATE mdl_modules SET name = 'removedplugin' WHERE name = 'choice'")
    async with device(box).snapshot(NOW) as snapshot:
        maths = await course(snapshot, "BK-MATH")
    assert [activity.device_id for activity in maths.activities] == [1, 3, 4, 6, 8, 9, 10, 11]


async def test_a_course_that_tracks_nothing_has_no_tracked_activity(box: Path) -> None:
    """Completion may be off for the course while its activities still have settings."""
    execute(box, "UPDATE mdl_course SET enablecompletion = 0 WHERE shortname = 'BK-MATH'")
    async with device(box).snapshot(NOW) as snapshot:
        maths = await course(snapshot, "BK-MATH")
    assert not any(activity.tracked for activity in maths.activities)
    assert sum(activity.graded for activity in maths.activities) == 2


async def open_and_close(path: Path) -> None:
    """Open a snapshot and let it go."""
    async with device(path).snapshot(NOW):
        pass


async def test_what_cannot_be_read_is_one_of_our_errors(tmp_path: Path) -> None:
    """Missing, not a database, another program's database: each says what to look at."""
    garbage, other = tmp_path / "garbage", tmp_path / "other.sqlite"
    garbage.write_bytes(b"not a database at all" * 100)
    execute(other, "CREATE TABLE mdl_user (id)")
    codes = {}
    for path in (tmp_path / "none", garbage, other):
        with pytest.raises(DeviceUnreadable) as caught:
            await open_and_close(path)
        codes[path.name] = caught.value.code
    assert codes == {
        "none": Code.DEVICE_MISSING,
        "garbage": Code.DEVICE_UNREADABLE,
        "other.sqlite": Code.DEVICE_NOT_MOODLE,
    }


async def test_a_file_that_breaks_while_it_is_read_is_one_of_our_errors(box: Path) -> None:
    """A bad block in the middle of the table."""
    size = box.stat().st_size
    with box.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size // 3))
    with pytest.raises(DeviceUnreadable):
        async with device(box).snapshot(NOW) as snapshot:
            for each in await snapshot.courses():
                for activity in each.activities:
                    await snapshot.completions(activity)
            async for _ in snapshot.learners():
                pass
