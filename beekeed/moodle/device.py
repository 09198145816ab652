"""Reads the box's own Moodle from its database, in one consistent snapshot.

Only SELECTs, in a worker thread of the snapshot's own; what is large comes in
chunks or slices. Tables and columns are Moodle's (recorded schema 4.5.6; they
are looked for before they are used).
"""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from beekeed.core import profile
from beekeed.core.model import Comment, Course, Learner, Uncarried
from beekeed.errors import Code, DeviceUnreadable
from beekeed.moodle.databases.session import Session, Values
from beekeed.moodle.databases.worker import Worker, working
from beekeed.moodle.login import Login
from beekeed.moodle.structure import POINTS, SCALE, Structure
from beekeed.ports.device import (
    About,
    CompletionRow,
    DeviceSnapshot,
    EnrolmentRow,
    GradeRow,
    MembershipRow,
)

_CHUNK = 500  # learners at a time: half a megabyte of Python objects
_COURSE_LEVEL = 50  # CONTEXT_COURSE
_GUEST_AND_ADMIN = {"1", "2"}  # by Moodle's installer; mdl_config may name more
_NEVER = 2**62  # stands for an enrolment without an end while the longest is looked for

_NEEDED: Mapping[str, tuple[str, ...]] = {
    "badge_issued": ("userid",),
    "config": ("name", "value"),
    "context": ("id", "contextlevel", "instanceid"),
    "course": ("id", "category", "shortname", "fullname", "timemodified", "enablecompletion"),
    "course_completions": ("userid", "timecompleted"),
    "course_modules": ("id", "course", "module", "instance", "completion", "deletioninprogress"),
    "course_modules_completion": ("userid", "coursemoduleid", "completionstate", "timemodified"),
    "course_sections": ("course", "section", "sequence"),
    "enrol": ("id", "courseid", "status"),
    "grade_grades": (
        *("itemid", "userid", "rawgrade", "rawgrademin", "rawgrademax", "finalgrade"),
        *("overridden", "feedback", "feedbackformat", "timecreated", "timemodified"),
    ),
    "grade_items": (
        *("id", "courseid", "itemtype", "itemmodule", "iteminstance", "itemnumber"),
        *("gradetype", "grademin", "grademax"),
    ),
    "groups": ("id", "courseid", "name"),
    "groups_members": ("groupid", "userid", "timeadded"),
    "modules": ("id", "name"),
    "role": ("id", "archetype"),
    "role_assignments": ("roleid", "contextid", "userid"),
    "user": (
        *("id", "username", "firstname", "lastname", "email", "idnumber", "city", "country"),
        *("institution", "department", "address"),
        *("deleted", "mnethostid", "timecreated"),
    ),
    "user_enrolments": ("enrolid", "userid", "status", "timeend", "timecreated"),
    "user_info_data": ("userid", "fieldid", "data"),
    "user_info_field": ("id", "shortname"),
}

_MORE = ("institution", "department", "address")  # columns and names of profile fields

# What makes a grade, never NULL.
_GRADE_COLUMNS = (
    "COALESCE(feedback, '')",
    "COALESCE(feedbackformat, 0)",
    "COALESCE(rawgrade, -1)",
    "COALESCE(finalgrade, -1)",
    "rawgrademin",
    "rawgrademax",
    "CASE WHEN overridden <> 0 THEN 1 ELSE 0 END",
)


class SqlDevice:
    """See ports.DeviceMoodle: the database of the box's Moodle, of any kind.

    `login` is asked at each snapshot, in its thread: the password may have changed.
    """

    def __init__(
        self,
        *,
        login: Callable[[], Login],
        learner_archetypes: Sequence[str],
        statement_seconds: int,
    ) -> None:
        self._login = login
        self._archetypes = tuple(learner_archetypes)
        self._statement_seconds = statement_seconds

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[DeviceSnapshot]:
        """See ports.DeviceMoodle."""
        async with working(self._login, self._statement_seconds) as worker:
            snapshot = _Snapshot(worker=worker, archetypes=self._archetypes)
            await snapshot.begin()
            yield snapshot


class _Snapshot:
    """See ports.DeviceSnapshot."""

    def __init__(self, *, worker: Worker, archetypes: Values) -> None:
        self._worker = worker
        self._archetypes = archetypes
        self._prefix = worker.prefix

    async def begin(self) -> None:
        """Find out what kind of Moodle it is."""
        self._tables = await self._worker.ask(lambda session: frozenset(session.tables()))
        await self._look_for_what_is_needed()
        self._config = await self._read_config()
        self._local = self._local_rules()

    async def _look_for_what_is_needed(self) -> None:
        names = {f"{self._prefix}{table}": columns for table, columns in _NEEDED.items()}
        missing = sorted(names.keys() - self._tables)
        if missing:
            raise DeviceUnreadable(Code.DEVICE_NOT_MOODLE, table=missing[0])
        found = await self._worker.ask(lambda session: session.columns(names))
        for table, columns in names.items():
            lacking = [column for column in columns if column not in found[table]]
            if lacking:
                detail = f"{table}.{lacking[0]}"
                raise DeviceUnreadable(Code.DEVICE_TABLE_MISSING, detail=detail)

    async def _read_config(self) -> Mapping[str, str]:
        rows = await self._worker.select(
            "SELECT name, value FROM {config}"
            " WHERE name IN ('siteadmins', 'siteguest', 'mnet_localhost_id', 'release')"
        )
        return {str(name): str(value) for name, value in rows}

    def _local_rules(self) -> str:
        """Give the condition that leaves out guest, administrators, deleted and remote users."""
        config = self._config
        ids = [*config.get("siteadmins", "").split(","), config.get("siteguest", "")]
        named = {id_.strip() for id_ in ids if id_.strip().isdigit()}
        numbers = sorted(_GUEST_AND_ADMIN | named)
        host = config.get("mnet_localhost_id", "1")
        return (
            f"u.deleted = 0 AND u.id NOT IN ({', '.join(numbers)})"
            f" AND u.mnethostid = {int(host) if host.isdigit() else 1}"
        )

    def _holders(self) -> str:
        """Give the join that finds the holders of a learner's role, per course."""
        return (
            "{role_assignments} ra"
            f" JOIN {{context}} c ON c.id = ra.contextid AND c.contextlevel = {_COURSE_LEVEL}"
            f" JOIN {{role}} r ON r.id = ra.roleid AND r.archetype IN ({_marks(self._archetypes)})"
            " JOIN {course} k ON k.id = c.instanceid AND k.category <> 0"  # not the front page
        )

    async def about(self) -> About:
        """See ports.DeviceSnapshot."""
        return About(
            release=self._config.get("release", ""),
            may_write=await self._worker.ask(lambda session: session.may_write()),
        )

    async def courses(self) -> Sequence[Course]:
        """See ports.DeviceSnapshot."""
        return await Structure(worker=self._worker, tables=self._tables).courses()

    async def learners(self, *, everybody: bool = False) -> AsyncGenerator[Sequence[Learner], None]:
        """See ports.DeviceSnapshot."""
        last = 0
        while True:
            rows = await self._worker.select(
                "SELECT u.id, u.username, u.firstname, u.lastname, u.email, u.idnumber, u.city,"
                " u.country, u.timecreated, u.institution, u.department, u.address,"
                f" EXISTS (SELECT 1 FROM {self._holders()} WHERE ra.userid = u.id) AS holds,"
                " (EXISTS (SELECT 1 FROM {course_modules_completion} cmc"
                "          WHERE cmc.userid = u.id)"
                "  OR EXISTS (SELECT 1 FROM {grade_grades} gg"
                "          WHERE gg.userid = u.id AND gg.finalgrade IS NOT NULL)) AS did"
                f" FROM {{user}} u WHERE {self._local} AND u.id > ? ORDER BY u.id LIMIT {_CHUNK}",
                *self._archetypes,
                last,
            )
            if not rows:
                return
            people = [row for row in rows if everybody or row[-1] or row[-2]]
            if people:
                custom = await self._custom([row[0] for row in people])
                yield [_learner(row, custom.get(row[0], {})) for row in people]
            last = rows[-1][0]

    async def _custom(self, device_ids: Collection[int]) -> dict[int, dict[str, str]]:
        """Read what some people's custom profile fields hold."""
        found: dict[int, dict[str, str]] = {}
        for userid, shortname, data in await self._worker.select(
            "SELECT d.userid, f.shortname, d.data FROM {user_info_data} d"
            " JOIN {user_info_field} f ON f.id = d.fieldid"
            f" WHERE d.userid IN ({_marks(device_ids)}) ORDER BY f.shortname",
            *device_ids,
        ):
            found.setdefault(userid, {})[profile.custom_name(shortname)] = data
        return found

    async def digests(self) -> Mapping[int, int]:
        """See ports.DeviceSnapshot.

        The database reads every row and sends a line a person. What belongs to
        nobody (roles, the state of enrolment methods) is part of every digest.
        """
        shared = [
            await self._worker.select("SELECT id, archetype FROM {role} ORDER BY id"),
            await self._worker.select("SELECT id, courseid, status FROM {enrol} ORDER BY id"),
            [self._archetypes],
        ]
        start = hashlib.sha256(repr(shared).encode()).digest()
        found: dict[int, Any] = {}
        for table, columns in (
            ("course_modules_completion", ("coursemoduleid", "completionstate")),
            ("role_assignments", ("contextid", "roleid")),
            ("user_enrolments", ("enrolid", "status", "timeend")),
            ("grade_grades", ("itemid", *_GRADE_COLUMNS)),
            ("groups_members", ("groupid",)),
        ):
            number = await self._worker.ask(_digest_of(columns))
            for userid, count, digest in await self._worker.select(
                f"SELECT userid, COUNT(*), {number} FROM {{{table}}} GROUP BY userid"
            ):
                known = found.setdefault(userid, hashlib.sha256(start))
                known.update(f"{table} {count} {int(digest)};".encode())
        return {userid: int(known.hexdigest()[:15], 16) for userid, known in found.items()}

    async def enrolments(self, device_ids: Collection[int]) -> Sequence[EnrolmentRow]:
        """See ports.DeviceSnapshot.

        Several enrolments of one person in a course are one row: active where any
        of them is, and then as long as the longest. Who holds the role without
        an enrolment is not active.
        """
        active = "ue.status = 0 AND e.status = 0"
        longest = f"MAX(CASE WHEN {active} THEN COALESCE(NULLIF(ue.timeend, 0), {_NEVER}) END)"
        rows = await self._worker.select(
            f"SELECT ra.userid, k.id, {longest}, MIN(NULLIF(ue.timecreated, 0))"
            f" FROM {self._holders()}"
            " LEFT JOIN {enrol} e ON e.courseid = k.id"
            " LEFT JOIN {user_enrolments} ue ON ue.enrolid = e.id AND ue.userid = ra.userid"
            f" WHERE ra.userid IN ({_marks(device_ids)})"
            " GROUP BY ra.userid, k.id",
            *self._archetypes,
            *device_ids,
        )
        return [
            EnrolmentRow(id_, course, ends is not None, 0 if ends == _NEVER else int(ends or 0),
                         _moment(since))
            for id_, course, ends, since in rows
        ]  # fmt: skip

    async def members(self, device_ids: Collection[int]) -> Collection[tuple[int, int]]:
        """See ports.DeviceSnapshot."""
        rows = await self._worker.select(
            "SELECT ue.userid, e.courseid FROM {user_enrolments} ue"
            f" JOIN {{enrol}} e ON e.id = ue.enrolid WHERE ue.userid IN ({_marks(device_ids)})",
            *device_ids,
        )
        return {(userid, course) for userid, course in rows}

    async def completions(self, device_ids: Collection[int]) -> Sequence[CompletionRow]:
        """See ports.DeviceSnapshot."""
        rows = await self._worker.select(
            "SELECT userid, coursemoduleid, completionstate, timemodified"
            " FROM {course_modules_completion}"
            f" WHERE userid IN ({_marks(device_ids)})",
            *device_ids,
        )
        return [CompletionRow(id_, cmid, state, _moment(at)) for id_, cmid, state, at in rows]

    async def grades(self, device_ids: Collection[int]) -> Sequence[GradeRow]:
        """See ports.DeviceSnapshot.

        A raw grade of another range than the item's (its maximum was changed) counts as
        Moodle converted it.
        """
        counts = (
            "CASE WHEN gg.overridden <> 0 OR gg.rawgrademax <> gi.grademax"
            " OR gg.rawgrademin <> gi.grademin THEN gg.finalgrade ELSE gg.rawgrade END"
        )
        rows = await self._worker.select(
            f"SELECT gg.userid, cm.id, gi.itemnumber, {counts},"
            " COALESCE(gg.timemodified, gg.timecreated), gg.feedback, gg.feedbackformat"
            " FROM {grade_grades} gg JOIN {grade_items} gi ON gi.id = gg.itemid"
            f" AND gi.itemtype = 'mod' AND gi.gradetype IN ({POINTS}, {SCALE})"
            " JOIN {modules} m ON m.name = gi.itemmodule"
            " JOIN {course_modules} cm ON cm.course = gi.courseid AND cm.module = m.id"
            " AND cm.instance = gi.iteminstance AND cm.deletioninprogress = 0"
            f" WHERE gg.userid IN ({_marks(device_ids)})",
            *device_ids,
        )
        return [
            GradeRow(id_, cmid, item or 0, float(grade), _moment(at), Comment(said or "", how or 0))
            for id_, cmid, item, grade, at, said, how in rows
            if grade is not None
        ]

    async def memberships(self, device_ids: Collection[int]) -> Sequence[MembershipRow]:
        """See ports.DeviceSnapshot."""
        rows = await self._worker.select(
            "SELECT m.userid, g.courseid, g.name, m.timeadded FROM {groups_members} m"
            f" JOIN {{groups}} g ON g.id = m.groupid WHERE m.userid IN ({_marks(device_ids)})",
            *device_ids,
        )
        return [MembershipRow(id_, course, group, _moment(at)) for id_, course, group, at in rows]

    async def uncarried(self, commented: Collection[str]) -> Mapping[Uncarried, int]:
        """See ports.DeviceSnapshot."""
        crosses = f" AND gi.itemmodule IN ({_marks(commented)})" if commented else " AND 1 = 0"
        counted: Mapping[Uncarried, tuple[str, Collection[str]]] = {
            Uncarried.BADGE: ("{badge_issued} t WHERE", ()),
            Uncarried.COURSE_COMPLETION: (
                "{course_completions} t WHERE t.timecompleted > 0 AND",
                (),
            ),
            Uncarried.COMMENT: (
                "{grade_grades} t WHERE t.feedback <> '' AND EXISTS (SELECT 1 FROM {grade_items} gi"
                " WHERE gi.id = t.itemid AND gi.itemtype = 'mod') AND NOT EXISTS (SELECT 1 FROM"
                " {grade_items} gi WHERE gi.id = t.itemid AND t.finalgrade IS NOT NULL"
                f" AND t.feedback NOT LIKE ?{crosses}) AND",
                ("%@@PLUGINFILE@@%", *commented),
            ),
        }
        whose = f"EXISTS (SELECT 1 FROM {{user}} u WHERE u.id = t.userid AND {self._local})"
        found = {}
        for what, (rows, values) in counted.items():
            ((count,),) = await self._worker.select(f"SELECT COUNT(*) FROM {rows} {whose}", *values)
            found[what] = int(count)
        return found


def _digest_of(columns: tuple[str, ...]) -> Callable[[Session], str]:
    return lambda session: session.digest(*columns)


def _marks(values: Collection[Any]) -> str:
    return ", ".join("?" for _ in values)


def _learner(row: Values, custom: dict[str, str]) -> Learner:
    id_, username, first, last, email, idnumber, city, country, created, *more, holds, _ = row
    return Learner(
        username=username,
        first_name=first,
        last_name=last,
        email=email,
        idnumber=idnumber,
        city=city,
        country=country,
        device_id=id_,
        created_at=_moment(created),
        enrolled=bool(holds),
        more=dict(zip(_MORE, more, strict=True)) | custom,
    )


def _moment(seconds: int | None) -> datetime | None:
    """Read one of Moodle's times: 0 and NULL mean that it has none."""
    if not seconds:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
