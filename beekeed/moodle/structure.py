"""The courses on the box: sections, activities in their order, grade items and groups."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from beekeed.core.model import Activity, ActivityKey, Course, GradeItem
from beekeed.errors import Code, DeviceUnreadable
from beekeed.moodle.databases.session import Session
from beekeed.moodle.databases.worker import Worker

POINTS, SCALE = 1, 2  # GRADE_TYPE_VALUE, GRADE_TYPE_SCALE


@dataclass(frozen=True, slots=True)
class _Module:
    """A course module before it has a name."""

    cmid: int
    modname: str
    instance: int
    tracked: bool


@dataclass(slots=True)
class _CourseParts:
    """What the tables hold of one course's activities."""

    sections: list[list[int]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    modules: dict[int, _Module] = field(default_factory=dict)


class Structure:
    """Reads the courses through a snapshot's worker; `tables`: those that are there."""

    def __init__(self, *, worker: Worker, tables: frozenset[str]) -> None:
        self._worker = worker
        self._tables = tables

    async def courses(self) -> Sequence[Course]:
        """Give every course but the site's own; see ports.DeviceSnapshot."""
        rows = await self._worker.select(
            "SELECT id, shortname, fullname, timemodified, enablecompletion FROM {course}"
            " WHERE category <> 0"  # the site's own course has category 0
        )
        parts = await self._parts()
        names = await self._names(
            {m.modname for each in parts.values() for m in each.modules.values()}
        )
        items = await self._items()
        groups = await self._groups()
        return [
            Course(
                shortname=shortname,
                fullname=fullname,
                modified_at=modified_at,
                device_id=id_,
                activities=tuple(
                    _activities(parts.get(id_, _CourseParts()), names, items, bool(tracks))
                ),
                groups=tuple(groups.get(id_, ())),
            )
            for id_, shortname, fullname, modified_at, tracks in sorted(
                rows, key=lambda row: str(row[1])
            )
        ]

    async def _parts(self) -> Mapping[int, _CourseParts]:
        """Read the sections and modules of every course."""
        parts: dict[int, _CourseParts] = {}
        for course, section, sequence in await self._worker.select(
            "SELECT course, section, sequence FROM {course_sections} ORDER BY course, section"
        ):
            ids = [int(id_) for id_ in (sequence or "").split(",") if id_.strip().isdigit()]
            there = parts.setdefault(course, _CourseParts())
            there.numbers.append(section)
            there.sections.append(ids)
        for course, cmid, modname, instance, completion in await self._worker.select(
            "SELECT cm.course, cm.id, m.name, cm.instance, cm.completion"
            " FROM {course_modules} cm JOIN {modules} m ON m.id = cm.module"
            " WHERE cm.deletioninprogress = 0"
        ):
            module = _Module(cmid, modname, instance, completion != 0)
            parts.setdefault(course, _CourseParts()).modules[cmid] = module
        return parts

    async def _groups(self) -> Mapping[int, list[str]]:
        """Read the names of every course's groups."""
        found: dict[int, list[str]] = {}
        for course, name in await self._worker.select(
            "SELECT courseid, name FROM {groups} ORDER BY courseid, id"
        ):
            found.setdefault(course, []).append(name)
        return found

    async def _items(self) -> Mapping[tuple[str, int], list[GradeItem]]:
        """Read the grade items of all activities that give points or words of a scale."""
        found: dict[tuple[str, int], list[GradeItem]] = {}
        for modname, instance, number, lowest, highest in await self._worker.select(
            "SELECT itemmodule, iteminstance, itemnumber, grademin, grademax"
            f" FROM {{grade_items}} WHERE itemtype = 'mod' AND gradetype IN ({POINTS}, {SCALE})"
            " ORDER BY id"
        ):
            item = GradeItem(number or 0, float(lowest), float(highest))
            found.setdefault((modname, instance), []).append(item)
        return found

    async def _names(self, modnames: Collection[str]) -> Mapping[tuple[str, int], str]:
        """Read the names of all activities.

        Those of a plugin that was removed have none, and cannot be matched. A table that
        is there and closed to us is an error: its activities would vanish without a word.
        """
        tables = {f"{self._worker.prefix}{modname}": modname for modname in sorted(modnames)}
        there = [table for table in tables if table in self._tables]
        for table in tables.keys() - self._tables:
            if await self._worker.ask(_is_closed(table)):
                raise DeviceUnreadable(Code.DEVICE_TABLE_CLOSED, table=table)
        columns = await self._worker.ask(lambda session: session.columns(there)) if there else {}
        return {
            (tables[table], id_): name
            for table in there
            if "name" in columns[table]
            for id_, name in await self._worker.select(f"SELECT id, name FROM {{{tables[table]}}}")
        }


def _is_closed(table: str) -> Callable[[Session], bool]:
    return lambda session: session.is_closed(table)


def _activities(
    parts: _CourseParts,
    names: Mapping[tuple[str, int], str],
    items: Mapping[tuple[str, int], Sequence[GradeItem]],
    course_tracks: bool,
) -> list[Activity]:
    seen: Counter[tuple[int, str, str]] = Counter()
    activities = []
    for section, cmids in zip(parts.numbers, parts.sections, strict=True):
        for module in (parts.modules[cmid] for cmid in cmids if cmid in parts.modules):
            instance = (module.modname, module.instance)
            if instance not in names:
                continue
            group = (section, module.modname, names[instance])
            key = ActivityKey(*group, nth=seen[group])
            seen[group] += 1
            activities.append(
                Activity(
                    key,
                    module.cmid,
                    tracked=course_tracks and module.tracked,
                    items=tuple(items.get(instance, ())),
                )
            )
    return activities
