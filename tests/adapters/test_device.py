"""Reading the box's Moodle, on the rows of a real device and on a growing database."""

import sqlite3
import threading
from collections import Counter
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
    async with device(box).snapshot() as snapshot:
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
    async with device(box).snapshot() as snapshot:
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
    async with device(box).snapshot() as snapshot:
        courses = await snapshot.courses()
        everybody = [each.device_id for each in (await learners(snapshot)).values()]
        enrolled = Counter(
            row.course_device_id for row in await snapshot.enrolments(everybody) if row.active
        )
        done = await snapshot.completions(everybody)
    assert {c.shortname: enrolled[c.device_id] for c in courses} == {
        "BK-MATH": 39,
        "BK-FR": 38,
        "BK-SCI": 39,
    }
    counted = "SELECT count(*) FROM mdl_course_modules_completion WHERE userid <> 7"
    with closing(sqlite3.connect(box)) as db:
        assert len(done) == db.execute(counted).fetchone()[0] == 720
    assert {row.state for row in done} == {1}


async def test_other_archetypes_may_be_learners(box: Path) -> None:
    """The setting decides."""
    async with device(box, "editingteacher").snapshot() as snapshot:
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
    async with device(box).snapshot() as snapshot:
        chunks = [chunk async for chunk in snapshot.learners()]
    names = [each.username for chunk in chunks for each in chunk]
    assert len(names) == len(set(names)) == 1239
    assert max(len(chunk) for chunk in chunks) <= 500


async def test_what_is_seen_does_not_change_while_it_is_read(box: Path) -> None:
    """One consistent snapshot: a class at work neither waits for us nor confuses us."""
    execute(box, "PRAGMA journal_mode = WAL")
    async with device(box).snapshot() as snapshot:
        await snapshot.courses()
        execute(box, "DELETE FROM mdl_course_modules_completion")
        execute(box, "UPDATE mdl_course SET fullname = 'changed'")
        assert len(await snapshot.completions([3, 4])) > 10
        assert (await course(snapshot, "BK-MATH")).fullname == "Mathematics 1"
    async with device(box).snapshot() as snapshot:
        assert await snapshot.completions([3, 4]) == []


async def test_the_box_cannot_be_written(box: Path) -> None:
    """Opened read only: no mistake of ours can ever harm the class's Moodle."""
    before = box.read_bytes()
    async with device(box).snapshot() as snapshot:
        with pytest.raises(DeviceUnreadable) as caught:
            await snapshot._select("DELETE FROM {user}")  # type: ignore[attr-defined]
    assert "readonly" in str(caught.value.params["detail"])
    assert box.read_bytes() == before


async def test_reading_happens_in_a_thread_of_its_own(box: Path) -> None:
    """A slow disk does not hold up the daemon."""
    async with device(box).snapshot() as snapshot:
        await snapshot.courses()
        assert [thread.name for thread in threading.enumerate() if "device" in thread.name]
    assert not [thread.name for thread in threading.enumerate() if "device" in thread.name]


async def test_times_that_make_no_sense_are_none(box: Path) -> None:
    """0, NULL-like and far beyond the calendar; 1970 and 2038 are times."""
    for number, time in enumerate((0, 3600, 2147400000, 10**17)):
        execute(
            box,
            "UPDATE mdl_course_modules_completion SET timemodified = ? WHERE id ="
            " (SELECT id FROM mdl_course_modules_completion WHERE userid = 3"
            f" ORDER BY id LIMIT 1 OFFSET {number})",
            time,
        )
    async with device(box).snapshot() as snapshot:
        rows = sorted(await snapshot.completions([3]), key=lambda row: row.activity_device_id)
    assert [row.at for row in rows][:4] == [
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
    async with device(box).snapshot() as snapshot:
        maths = await course(snapshot, "BK-MATH")
    assert [activity.device_id for activity in maths.activities] == [1, 3, 4, 6, 8, 9, 10, 11]


async def test_a_course_that_tracks_nothing_has_no_tracked_activity(box: Path) -> None:
    """Completion may be off for the course while its activities still have settings."""
    execute(box, "UPDATE mdl_course SET enablecompletion = 0 WHERE shortname = 'BK-MATH'")
    async with device(box).snapshot() as snapshot:
        maths = await course(snapshot, "BK-MATH")
    assert not any(activity.tracked for activity in maths.activities)
    assert sum(activity.graded for activity in maths.activities) == 2


async def open_and_close(path: Path) -> None:
    """Open a snapshot and let it go."""
    async with device(path).snapshot():
        pass


async def test_of_several_enrolments_the_longest_active_one_counts(box: Path) -> None:
    """By the box's settings and not by its clock; the role without an enrolment is not active."""
    with closing(database.connect(box)) as db:
        for user, status, ends in ((3, 1, 0), (3, 0, 500), (3, 0, 400), (8, 0, 500), (8, 0, 0)):
            instance = database.insert(db, "enrol", enrol="self", courseid=2)
            database.insert(
                db, "user_enrolments", enrolid=instance, userid=user, status=status, timeend=ends
            )
        db.execute("DELETE FROM mdl_user_enrolments WHERE enrolid = 1 AND userid IN (3, 8, 9)")
        db.execute("UPDATE mdl_user_enrolments SET status = 1 WHERE enrolid = 1 AND userid = 10")
    async with device(box).snapshot() as snapshot:
        rows = await snapshot.enrolments([3, 8, 9, 10, 11])
    assert {row.device_id: (row.active, row.ends_at) for row in rows
            if row.course_device_id == 2} == {
        3: (True, 500), 8: (True, 0), 9: (False, 0), 10: (False, 0), 11: (True, 0),
    }  # fmt: skip


async def test_remote_and_front_page_people_are_not_learners(box: Path) -> None:
    """Accounts of another Moodle (MNet), and a role on the site's own page."""
    execute(box, "UPDATE mdl_user SET mnethostid = 3 WHERE username = 'learner0001'")
    execute(box, "DELETE FROM mdl_course_modules_completion WHERE userid = 43")
    execute(
        box,
        "INSERT INTO mdl_role_assignments (roleid, contextid, userid)"
        " SELECT 5, id, 43 FROM mdl_context WHERE contextlevel = 50 AND instanceid = 1",
    )
    async with device(box).snapshot() as snapshot:
        found = await learners(snapshot)
    assert {"learner0001", "teacher1"} & found.keys() == set()
    assert len(found) == 38


async def test_a_folder_that_is_closed_to_us_is_one_of_our_errors(tmp_path: Path) -> None:
    """The likely mistake of a first start: the file is there, and beekeed may not look."""
    with pytest.raises(DeviceUnreadable) as caught:
        await open_and_close(tmp_path / ("a" * 300))  # as good as a closed folder: an OSError
    assert caught.value.code is Code.DEVICE_UNREADABLE


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
        async with device(box).snapshot() as snapshot:
            await snapshot.courses()
            async for chunk in snapshot.learners():
                await snapshot.enrolments([each.device_id for each in chunk])
                await snapshot.completions([each.device_id for each in chunk])
