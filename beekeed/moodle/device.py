"""Reads the box's own Moodle from its database, in one consistent snapshot.

Only SELECTs, in a worker thread of the snapshot's own; what is large comes in
chunks or slices. Tables and columns are Moodle's (recorded schema 4.5.6).
"""

import asyncio
import re
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from beekeed.core.model import Activity, ActivityKey, Course, Learner
from beekeed.errors import Code, DeviceUnreadable
from beekeed.ports.device import CompletionRow, DeviceSnapshot, EnrolmentRow

_CHUNK = 500  # learners at a time: half a megabyte of Python objects
_COURSE_LEVEL = 50  # CONTEXT_COURSE
_GUEST_AND_ADMIN = {"1", "2"}  # by Moodle's installer; mdl_config may name more
_NEVER = 2**62  # stands for an enrolment without an end while the longest is looked for
_MODNAME = re.compile(r"[a-z][a-z0-9_]*")

Result = TypeVar("Result")
Values = tuple[Any, ...]


class SqliteDevice:
    """See ports.DeviceMoodle: a Moodle database in an SQLite file (the sandbox's box)."""

    def __init__(self, *, path: Path, prefix: str, learner_archetypes: Sequence[str]) -> None:
        self._path = path
        self._prefix = prefix
        self._archetypes = tuple(learner_archetypes)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[DeviceSnapshot]:
        """See ports.DeviceMoodle."""
        with ThreadPoolExecutor(1, thread_name_prefix="device") as thread:
            snapshot = _Snapshot(thread=thread, prefix=self._prefix, archetypes=self._archetypes)
            try:
                await snapshot.begin(self._connect)
                yield snapshot
            finally:
                await snapshot.end()

    def _connect(self) -> sqlite3.Connection:
        if not self._path.exists():
            raise DeviceUnreadable(Code.DEVICE_MISSING, path=str(self._path))
        connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None
        )
        connection.execute("BEGIN")  # the first SELECT fixes what is seen
        return connection


@dataclass(frozen=True, slots=True)
class _Module:
    """A course module before it has a name."""

    cmid: int
    modname: str
    instance: int
    tracked: bool


@dataclass(slots=True)
class _CourseParts:
    """What the tables hold of a course's activities."""

    sections: list[tuple[int, list[int]]] = field(default_factory=list)
    modules: dict[int, _Module] = field(default_factory=dict)
    names: dict[tuple[str, int], str] = field(default_factory=dict)
    graded: set[tuple[str, int]] = field(default_factory=set)


class _Snapshot:
    """See ports.DeviceSnapshot."""

    def __init__(self, *, thread: ThreadPoolExecutor, prefix: str, archetypes: Values) -> None:
        self._thread = thread
        self._prefix = prefix
        self._archetypes = archetypes
        self._connection: sqlite3.Connection | None = None

    async def begin(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """Open the connection in the snapshot's thread and fix what it sees."""
        self._connection = await self._in_thread(connect)
        tables = await self._select("SELECT name FROM sqlite_master WHERE type = 'table'")
        self._tables = {str(name) for (name,) in tables}
        for table in ("user", "course", "course_modules", "course_modules_completion"):
            if f"{self._prefix}{table}" not in self._tables:
                raise DeviceUnreadable(Code.DEVICE_NOT_MOODLE, table=f"{self._prefix}{table}")
        self._local = await self._local_rules()

    async def end(self) -> None:
        """Close the connection."""
        connection = self._connection
        if connection is not None:
            await self._in_thread(connection.close)

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except (sqlite3.Error, OSError) as error:
            raise DeviceUnreadable(Code.DEVICE_UNREADABLE, detail=str(error)) from error

    async def _select(self, sql: str, *values: Any) -> list[Values]:
        """Run one SELECT; `{table}` in it stands for a table with the prefix."""
        connection = self._connection
        assert connection is not None  # noqa: S101 - begin() came first
        text = re.sub(r"\{(\w+)\}", rf"{self._prefix}\1", sql)
        return await self._in_thread(lambda: connection.execute(text, values).fetchall())

    async def _local_rules(self) -> str:
        """Give the condition that leaves out guest, administrators, deleted and remote users."""
        found: dict[str, str] = {}
        if f"{self._prefix}config" in self._tables:
            rows = await self._select(
                "SELECT name, value FROM {config}"
                " WHERE name IN ('siteadmins', 'siteguest', 'mnet_localhost_id')"
            )
            found = {str(name): str(value) for name, value in rows}
        ids = [*found.get("siteadmins", "").split(","), found.get("siteguest", "")]
        named = {id_.strip() for id_ in ids if id_.strip().isdigit()}
        numbers = sorted(_GUEST_AND_ADMIN | named)
        host = found.get("mnet_localhost_id", "1")
        return (
            f"u.deleted = 0 AND u.id NOT IN ({', '.join(numbers)})"
            f" AND u.mnethostid = {int(host) if host.isdigit() else 1}"
        )

    def _holders(self) -> str:
        """Give the join that finds the holders of a learner's role, per course."""
        archetypes = ", ".join("?" for _ in self._archetypes)
        return (
            "{role_assignments} ra"
            f" JOIN {{context}} c ON c.id = ra.contextid AND c.contextlevel = {_COURSE_LEVEL}"
            f" JOIN {{role}} r ON r.id = ra.roleid AND r.archetype IN ({archetypes})"
            " JOIN {course} k ON k.id = c.instanceid AND k.category <> 0"  # not the front page
        )

    async def courses(self) -> Sequence[Course]:
        """See ports.DeviceSnapshot."""
        rows = await self._select(
            "SELECT id, shortname, fullname, timemodified, enablecompletion FROM {course}"
            " WHERE category <> 0 ORDER BY shortname"  # the site's own course has category 0
        )
        return [
            Course(
                shortname=shortname,
                fullname=fullname,
                modified_at=modified_at,
                device_id=id_,
                activities=_activities(await self._parts(id_), bool(tracks)),
            )
            for id_, shortname, fullname, modified_at, tracks in rows
        ]

    async def _parts(self, course: int) -> _CourseParts:
        parts = _CourseParts()
        for section, sequence in await self._select(
            "SELECT section, sequence FROM {course_sections} WHERE course = ? ORDER BY section",
            course,
        ):
            ids = [int(id_) for id_ in (sequence or "").split(",") if id_.strip().isdigit()]
            parts.sections.append((section, ids))
        for cmid, modname, instance, completion in await self._select(
            "SELECT cm.id, m.name, cm.instance, cm.completion FROM {course_modules} cm"
            " JOIN {modules} m ON m.id = cm.module"
            " WHERE cm.course = ? AND cm.deletioninprogress = 0",
            course,
        ):
            parts.modules[cmid] = _Module(cmid, modname, instance, completion != 0)
        for modname in sorted({module.modname for module in parts.modules.values()}):
            await self._add_names(parts, course, modname)
        for modname, instance in await self._select(
            "SELECT itemmodule, iteminstance FROM {grade_items}"
            " WHERE itemtype = 'mod' AND courseid = ?",
            course,
        ):
            parts.graded.add((modname, instance))
        return parts

    async def _add_names(self, parts: _CourseParts, course: int, modname: str) -> None:
        if not _MODNAME.fullmatch(modname) or f"{self._prefix}{modname}" not in self._tables:
            return  # a plugin that was removed: its activities have no name and cannot be matched
        rows = await self._select(f"SELECT id, name FROM {{{modname}}} WHERE course = ?", course)
        parts.names.update({(modname, id_): name for id_, name in rows})

    async def learners(self) -> AsyncIterator[Sequence[Learner]]:
        """See ports.DeviceSnapshot."""
        last = 0
        while True:
            rows = await self._select(
                "SELECT u.id, u.username, u.firstname, u.lastname, u.email, u.idnumber, u.city,"
                " u.country, u.timecreated,"
                f" EXISTS (SELECT 1 FROM {self._holders()} WHERE ra.userid = u.id) AS holds"
                f" FROM {{user}} u WHERE u.id > ? AND {self._local}"
                " AND (holds OR EXISTS (SELECT 1 FROM {course_modules_completion} cmc"
                "               WHERE cmc.userid = u.id))"
                " ORDER BY u.id LIMIT ?",
                *self._archetypes,
                last,
                _CHUNK,
            )
            if not rows:
                return
            yield [_learner(row) for row in rows]
            last = rows[-1][0]

    async def enrolments(self, device_ids: Collection[int]) -> Sequence[EnrolmentRow]:
        """See ports.DeviceSnapshot.

        Several enrolments of one person in a course are one row: active where any
        of them is, and then as long as the longest. Who holds the role without
        an enrolment is not active.
        """
        active = "ue.status = 0 AND e.status = 0"
        longest = f"MAX(CASE WHEN {active} THEN COALESCE(NULLIF(ue.timeend, 0), {_NEVER}) END)"
        rows = await self._select(
            f"SELECT ra.userid, k.id, {longest}, MIN(NULLIF(ue.timecreated, 0))"
            f" FROM {self._holders()}"
            " LEFT JOIN {enrol} e ON e.courseid = k.id"
            " LEFT JOIN {user_enrolments} ue ON ue.enrolid = e.id AND ue.userid = ra.userid"
            f" WHERE ra.userid IN ({', '.join('?' for _ in device_ids)})"
            " GROUP BY ra.userid, k.id",
            *self._archetypes,
            *device_ids,
        )
        return [
            EnrolmentRow(id_, course, ends is not None, 0 if ends == _NEVER else ends or 0,
                         _moment(since))
            for id_, course, ends, since in rows
        ]  # fmt: skip

    async def completions(self, device_ids: Collection[int]) -> Sequence[CompletionRow]:
        """See ports.DeviceSnapshot."""
        rows = await self._select(
            "SELECT userid, coursemoduleid, completionstate, timemodified"
            " FROM {course_modules_completion}"
            f" WHERE userid IN ({', '.join('?' for _ in device_ids)})",
            *device_ids,
        )
        return [CompletionRow(id_, cmid, state, _moment(at)) for id_, cmid, state, at in rows]


def _activities(parts: _CourseParts, course_tracks: bool) -> tuple[Activity, ...]:
    seen: Counter[tuple[int, str, str]] = Counter()
    activities = []
    for section, cmids in parts.sections:
        for module in (parts.modules[cmid] for cmid in cmids if cmid in parts.modules):
            instance = (module.modname, module.instance)
            if instance not in parts.names:
                continue
            group = (section, module.modname, parts.names[instance])
            key = ActivityKey(*group, nth=seen[group])
            seen[group] += 1
            activities.append(
                Activity(
                    key,
                    module.cmid,
                    tracked=course_tracks and module.tracked,
                    graded=instance in parts.graded,
                )
            )
    return tuple(activities)


def _learner(row: Values) -> Learner:
    id_, username, first, last, email, idnumber, city, country, created, holds = row
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
    )


def _moment(seconds: int | None) -> datetime | None:
    """Read one of Moodle's times: 0 and NULL mean that it has none."""
    if not seconds:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
