"""Reading the box's Moodle on the rows of a real device, on each kind of database."""

import threading
import zlib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from beekeed.core.model import Course, Learner
from beekeed.errors import Code, DeviceUnreadable
from beekeed.moodle.device import SqlDevice
from beekeed.moodle.login import Login
from beekeed.ports.device import DeviceSnapshot
from tests.servers import Box, execute, insert


def device(login: Login, *archetypes: str, statement_seconds: int = 60) -> SqlDevice:
    """The adapter on a database."""
    return SqlDevice(
        login=lambda: login,
        learner_archetypes=archetypes or ("student",),
        statement_seconds=statement_seconds,
    )


async def learners(snapshot: DeviceSnapshot) -> dict[str, Learner]:
    """All learners by username."""
    return {each.username: each async for chunk in snapshot.learners() for each in chunk}


async def course(snapshot: DeviceSnapshot, shortname: str) -> Course:
    """One course."""
    return next(each for each in await snapshot.courses() if each.shortname == shortname)


def add(box: Box, table: str, **values: Any) -> int:
    """Add a row; gives its id."""
    ((last,),) = box.sql(f"SELECT max(id) FROM mdl_{table}")
    insert(box.login, table, [{"id": (last or 0) + 1, **values}])
    return int(last or 0) + 1


async def test_a_real_devices_people_are_read(box: Box) -> None:
    """39 of 43 accounts: not guest, admin, the deleted learner, nor the teacher."""
    async with device(box.login).snapshot() as snapshot:
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


async def test_a_real_devices_courses_are_read(box: Box) -> None:
    """Three courses, not the site's own; activities in order, with what is tracked and graded."""
    async with device(box.login).snapshot() as snapshot:
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


async def test_a_real_devices_work_is_read(box: Box) -> None:
    """Counts by plain SQL on the same database; one learner is in two courses of three."""
    async with device(box.login).snapshot() as snapshot:
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
    ((counted,),) = box.sql("SELECT count(*) FROM mdl_course_modules_completion WHERE userid <> 7")
    assert len(done) == counted == 720
    assert {row.state for row in done} == {1}


async def test_the_moodle_says_what_it_is(box: Box) -> None:
    """Its release, and that an account with every right could change it."""
    async with device(box.login).snapshot() as snapshot:
        about = await snapshot.about()
    assert about.release == "4.5.6 (Build: 20250811)"
    assert about.may_write == (box.server is not None)  # SQLite opens the file read only


async def test_other_archetypes_may_be_learners(box: Box) -> None:
    """The setting decides."""
    async with device(box.login, "editingteacher").snapshot() as snapshot:
        found = await learners(snapshot)
        assert [name for name, each in found.items() if each.enrolled] == ["teacher1"]


async def test_more_people_than_a_chunk_are_all_read_once(box: Box) -> None:
    """In chunks, whatever their number."""
    people = [
        {"id": 1000 + number, "username": f"u{number:04}", "firstname": "U", "mnethostid": 1}
        for number in range(1200)
    ]
    insert(box.login, "user", people)
    roles = [
        {"id": 1000 + n, "roleid": 5, "contextid": 11, "userid": 1000 + n} for n in range(1200)
    ]
    insert(box.login, "role_assignments", roles)
    async with device(box.login).snapshot() as snapshot:
        chunks = [chunk async for chunk in snapshot.learners()]
    names = [each.username for chunk in chunks for each in chunk]
    assert len(names) == len(set(names)) == 1239
    assert max(len(chunk) for chunk in chunks) <= 500


async def test_what_is_seen_does_not_change_while_it_is_read(box: Box) -> None:
    """One consistent snapshot: a class at work neither waits for us nor confuses us."""
    if box.server is None:
        box.sql("PRAGMA journal_mode = WAL")
    async with device(box.login).snapshot() as snapshot:
        await snapshot.courses()
        before = await snapshot.digests()
        box.sql("DELETE FROM mdl_course_modules_completion")
        box.sql("UPDATE mdl_course SET fullname = 'changed'")
        assert len(await snapshot.completions([3, 4])) > 10
        assert (await course(snapshot, "BK-MATH")).fullname == "Mathematics 1"
        assert await snapshot.digests() == before
    async with device(box.login).snapshot() as snapshot:
        assert await snapshot.completions([3, 4]) == []


async def test_the_box_cannot_be_written(box: Box) -> None:
    """Read only even for an account that may do everything: no mistake of ours can do harm."""
    async with device(box.login).snapshot() as snapshot:
        with pytest.raises(DeviceUnreadable) as caught:
            await snapshot._worker.select("DELETE FROM {user}")  # type: ignore[attr-defined]
    words = str(caught.value.params["detail"]).lower().replace("-", "").replace(" ", "")
    assert "readonly" in words
    assert box.sql("SELECT count(*) FROM mdl_user") == [(43,)]


async def test_reading_happens_in_a_thread_of_its_own(box: Box) -> None:
    """A slow disk does not hold up the daemon."""
    async with device(box.login).snapshot() as snapshot:
        await snapshot.courses()
        assert [thread.name for thread in threading.enumerate() if "device" in thread.name]
    assert not [thread.name for thread in threading.enumerate() if "device" in thread.name]


async def test_a_digest_changes_with_anything_that_a_person_did(box: Box) -> None:
    """And with nothing else; each change below makes another set of facts of learner 3 alone."""
    async with device(box.login).snapshot() as snapshot:
        before = await snapshot.digests()
    ((cmid, other),) = box.sql(
        "SELECT min(coursemoduleid), max(coursemoduleid) FROM mdl_course_modules_completion"
        " WHERE userid = 3"
    )
    done = "UPDATE mdl_course_modules_completion SET {} WHERE userid = 3 AND coursemoduleid = {}"
    enrolment = "UPDATE mdl_user_enrolments SET {} WHERE userid = 3 AND enrolid = 1"
    seen = {before[3]}
    for statement in (
        done.format("completionstate = 0", cmid),
        done.format("completionstate = 2", other),
        done.format("coursemoduleid = 99", other),
        "DELETE FROM mdl_course_modules_completion WHERE userid = 3 AND coursemoduleid = 99",
        enrolment.format("status = 1"),
        enrolment.format("timeend = 1900000000"),
        "DELETE FROM mdl_user_enrolments WHERE userid = 3 AND enrolid = 1",
        "DELETE FROM mdl_role_assignments WHERE userid = 3",
    ):
        box.sql(statement)
        async with device(box.login).snapshot() as snapshot:
            now = await snapshot.digests()
        assert now[3] not in seen, statement
        assert {id_: number for id_, number in now.items() if id_ != 3} == {
            id_: number for id_, number in before.items() if id_ != 3
        }
        seen.add(now[3])
    box.sql("UPDATE mdl_enrol SET status = 1 WHERE id = 4")  # a method of enrolment is switched off
    async with device(box.login).snapshot() as snapshot:
        assert not set((await snapshot.digests()).items()) & set(before.items())


PAIR = (1881, 2440)  # course modules of which CRC-32 cannot tell done from undone


async def test_one_change_cannot_make_up_for_another(box: Box) -> None:
    """Done here and taken back there: a sum of CRC-32, which is linear, may stay the same."""
    done, undone = PAIR
    crc = {
        (cmid, state): zlib.crc32(f"{cmid},{state}".encode()) for cmid in PAIR for state in (0, 1)
    }
    assert crc[done, 0] + crc[undone, 1] == crc[done, 1] + crc[undone, 0]
    for cmid, state in ((done, 0), (undone, 1)):
        row = {"userid": 3, "coursemoduleid": cmid, "completionstate": state, "timemodified": 1}
        add(box, "course_modules_completion", **row)
    async with device(box.login).snapshot() as snapshot:
        before = await snapshot.digests()
    box.sql(
        "UPDATE mdl_course_modules_completion SET completionstate = 1 - completionstate"
        f" WHERE userid = 3 AND coursemoduleid IN ({done}, {undone})"
    )
    async with device(box.login).snapshot() as snapshot:
        assert (await snapshot.digests())[3] != before[3]


async def test_times_that_make_no_sense_are_none(box: Box) -> None:
    """0, NULL-like and far beyond the calendar; 1970 and 2038 are times."""
    ids = box.sql("SELECT id FROM mdl_course_modules_completion WHERE userid = 3 ORDER BY id")
    for (id_,), time in zip(ids, (0, 3600, 2147400000, 10**17), strict=False):
        box.sql("UPDATE mdl_course_modules_completion SET timemodified = ? WHERE id = ?", time, id_)
    async with device(box.login).snapshot() as snapshot:
        rows = sorted(await snapshot.completions([3]), key=lambda row: row.activity_device_id)
    assert [row.at for row in rows][:4] == [
        None,
        datetime(1970, 1, 1, 1, tzinfo=UTC),
        datetime.fromtimestamp(2147400000, UTC),
        None,
    ]


async def test_activities_on_their_way_out_or_without_a_name_are_not_there(box: Box) -> None:
    """Being deleted, in no section, or of a plugin that was removed."""
    box.sql("UPDATE mdl_course_modules SET deletioninprogress = 1 WHERE id = 2")
    box.sql("UPDATE mdl_course_sections SET sequence = '6' WHERE sequence = '5,6,7'")
    box.sql("UPDATE mdl_modules SET name = 'removedplugin' WHERE name = 'choice'")
    async with device(box.login).snapshot() as snapshot:
        maths = await course(snapshot, "BK-MATH")
    assert [activity.device_id for activity in maths.activities] == [1, 3, 4, 6, 8, 9, 10, 11]


async def test_sections_and_activities_moved_by_hand_are_in_their_new_order(box: Box) -> None:
    """The order is that of the section numbers and of each sequence, not of ids."""
    for statement in (
        "UPDATE mdl_course_sections SET section = 99 WHERE course = 2 AND section = 1",
        "UPDATE mdl_course_sections SET section = 1 WHERE course = 2 AND section = 3",
        "UPDATE mdl_course_sections SET section = 3 WHERE course = 2 AND section = 99",
        "UPDATE mdl_course_sections SET sequence = '12,10,11' WHERE course = 2 AND section = 4",
    ):
        box.sql(statement)
    async with device(box.login).snapshot() as snapshot:
        maths = await course(snapshot, "BK-MATH")
    assert [(a.key.section, a.device_id) for a in maths.activities] == [
        (0, 1), (1, 8), (1, 9), (2, 5), (2, 6), (2, 7), (3, 2), (3, 3), (3, 4),
        (4, 12), (4, 10), (4, 11),
    ]  # fmt: skip


async def test_hidden_and_restricted_activities_are_there(box: Box) -> None:
    """What a learner did before the teacher hid it still counts."""
    box.sql("UPDATE mdl_course_modules SET visible = 0 WHERE id = 2")
    box.sql("UPDATE mdl_course_modules SET availability = '{}' WHERE id = 3")
    box.sql("UPDATE mdl_course_sections SET visible = 0 WHERE course = 2 AND section = 2")
    box.sql("UPDATE mdl_course SET visible = 0 WHERE id = 2")
    async with device(box.login).snapshot() as snapshot:
        maths = await course(snapshot, "BK-MATH")
    assert [activity.device_id for activity in maths.activities] == list(range(1, 13))


async def test_computed_totals_are_nobodys_work(box: Box) -> None:
    """The grade items of a course and of a category are the gradebook's own."""
    box.sql(
        "UPDATE mdl_grade_items SET itemmodule = 'page', iteminstance = 1"
        " WHERE itemtype = 'course' AND courseid = 2"
    )
    async with device(box.login).snapshot() as snapshot:
        maths = await course(snapshot, "BK-MATH")
    assert [a.key.name for a in maths.activities if a.graded] == ["Essay", "Quiz 1"]


async def test_a_course_that_tracks_nothing_has_no_tracked_activity(box: Box) -> None:
    """Completion may be off for the course while its activities still have settings."""
    box.sql("UPDATE mdl_course SET enablecompletion = 0 WHERE shortname = 'BK-MATH'")
    async with device(box.login).snapshot() as snapshot:
        maths = await course(snapshot, "BK-MATH")
    assert not any(activity.tracked for activity in maths.activities)
    assert sum(activity.graded for activity in maths.activities) == 2


NAMES = ("Zoë 😀 Ḿ", "مُحَمَّد\u200f", "Tab\tand\x07bell", 'O\'Brien \\ "x" % ?', "王秀英")


async def test_every_character_of_a_name_comes_as_it_is(box: Box) -> None:
    """4 bytes long, right to left, control characters, quotes; in people, courses, activities."""
    for number, name in enumerate(NAMES):
        box.sql("UPDATE mdl_user SET firstname = ? WHERE id = ?", name, 8 + number)
        box.sql("UPDATE mdl_page SET name = ? WHERE id = ?", name, 1 + number)
    box.sql("UPDATE mdl_course SET shortname = ? WHERE id = 2", NAMES[0])
    async with device(box.login).snapshot() as snapshot:
        found = sorted((await learners(snapshot)).values(), key=lambda each: each.device_id)
        maths = await course(snapshot, NAMES[0])
    assert [each.first_name for each in found if 8 <= each.device_id <= 12] == list(NAMES)
    assert [a.key.name for a in maths.activities if a.key.modname == "page"][:5] == list(NAMES)


async def test_who_was_deleted_is_not_there_and_who_was_suspended_is(box: Box) -> None:
    """Moodle renames the deleted; a new account may take the name at once."""
    box.sql(
        "UPDATE mdl_user SET deleted = 1, username = 'learner0001@box.local.1795326413'"
        " WHERE id = 3"
    )
    box.sql("UPDATE mdl_user SET suspended = 1 WHERE id = 4")
    box.sql("UPDATE mdl_user SET username = 'learner0001' WHERE id = 42")
    async with device(box.login).snapshot() as snapshot:
        found = await learners(snapshot)
    assert found["learner0001"].device_id == 42
    assert found["learner0002"].device_id == 4
    assert len(found) == 38


async def test_of_several_enrolments_the_longest_active_one_counts(box: Box) -> None:
    """By the box's settings and not by its clock; the role without an enrolment is not active."""
    for user, status, ends in ((3, 1, 0), (3, 0, 500), (3, 0, 400), (8, 0, 500), (8, 0, 0)):
        method = add(box, "enrol", enrol="self", courseid=2, status=0)
        add(box, "user_enrolments", enrolid=method, userid=user, status=status, timeend=ends)
    box.sql("DELETE FROM mdl_user_enrolments WHERE enrolid = 1 AND userid IN (3, 8, 9)")
    box.sql("UPDATE mdl_user_enrolments SET status = 1 WHERE enrolid = 1 AND userid = 10")
    async with device(box.login).snapshot() as snapshot:
        rows = await snapshot.enrolments([3, 8, 9, 10, 11])
    assert {row.device_id: (row.active, row.ends_at) for row in rows
            if row.course_device_id == 2} == {
        3: (True, 500), 8: (True, 0), 9: (False, 0), 10: (False, 0), 11: (True, 0),
    }  # fmt: skip


async def test_remote_and_front_page_people_are_not_learners(box: Box) -> None:
    """Accounts of another Moodle (MNet), and a role on the site's own page."""
    box.sql("UPDATE mdl_user SET mnethostid = 3 WHERE username = 'learner0001'")
    box.sql("DELETE FROM mdl_course_modules_completion WHERE userid = 43")
    ((front,),) = box.sql("SELECT id FROM mdl_context WHERE contextlevel = 50 AND instanceid = 1")
    add(box, "role_assignments", roleid=5, contextid=front, userid=43)
    async with device(box.login).snapshot() as snapshot:
        found = await learners(snapshot)
    assert {"learner0001", "teacher1"} & found.keys() == set()
    assert len(found) == 38


async def test_who_the_moodle_names_as_administrators_and_guest_are_left_out(box: Box) -> None:
    """Also where they hold a learner's role to look at a course."""
    for name, value in (("siteadmins", "2,3"), ("siteguest", "4"), ("mnet_localhost_id", "1")):
        add(box, "config", name=name, value=value)
    async with device(box.login).snapshot() as snapshot:
        found = await learners(snapshot)
    assert {"learner0001", "learner0002"} & found.keys() == set()
    assert len(found) == 37


# What only SQLite, the sandbox's, can be.


@pytest.fixture
def sqlite_box(new_box: Callable[[str, str], Box]) -> Path:
    """The file of a box in SQLite."""
    return Path(new_box("sqlite", "device-sample").login.path)


def in_file(path: Path) -> Login:
    """The way into an SQLite file."""
    return Login(kind="sqlite", path=str(path), prefix="mdl_")


async def open_and_close(login: Login) -> None:
    """Open a snapshot and let it go."""
    async with device(login).snapshot():
        pass


async def test_a_folder_that_is_closed_to_us_is_one_of_our_errors(tmp_path: Path) -> None:
    """The likely mistake of a first start: the file is there, and beekeed may not look."""
    with pytest.raises(DeviceUnreadable) as caught:
        await open_and_close(in_file(tmp_path / ("a" * 300)))  # as good as a closed folder
    assert caught.value.code is Code.DEVICE_UNREADABLE


async def test_what_cannot_be_read_is_one_of_our_errors(tmp_path: Path) -> None:
    """Missing, not a database, another program's database: each says what to look at."""
    garbage, other = tmp_path / "garbage", tmp_path / "other.sqlite"
    garbage.write_bytes(b"not a database at all" * 100)
    execute(in_file(other), "CREATE TABLE mdl_user (id)")
    codes = {}
    for path in (tmp_path / "none", garbage, other):
        with pytest.raises(DeviceUnreadable) as caught:
            await open_and_close(in_file(path))
        codes[path.name] = caught.value.code
    assert codes == {
        "none": Code.DEVICE_MISSING,
        "garbage": Code.DEVICE_UNREADABLE,
        "other.sqlite": Code.DEVICE_NOT_MOODLE,
    }


async def test_a_file_that_breaks_while_it_is_read_is_one_of_our_errors(sqlite_box: Path) -> None:
    """A bad block in the middle of the table."""
    size = sqlite_box.stat().st_size
    with sqlite_box.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size // 3))
    with pytest.raises(DeviceUnreadable):
        async with device(in_file(sqlite_box)).snapshot() as snapshot:
            await snapshot.courses()
            async for chunk in snapshot.learners():
                await snapshot.enrolments([each.device_id for each in chunk])
                await snapshot.completions([each.device_id for each in chunk])


async def test_a_name_that_is_no_text_stops_nobody(sqlite_box: Path) -> None:
    """What cannot be read of it shows as such; and nothing of it gets into an error."""
    execute(in_file(sqlite_box), "UPDATE mdl_user SET city = CAST(x'ff41' AS TEXT) WHERE id = 3")
    async with device(in_file(sqlite_box)).snapshot() as snapshot:
        assert (await learners(snapshot))["learner0001"].city == "\ufffdA"
