"""What is pending, and the receipts that it is held against."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import aiosqlite

from beekeed.core.calendar import UNDATED, Dating
from beekeed.core.change import Differences
from beekeed.core.model import Change, Key, Kind, Receipt
from beekeed.core.request import EVERYTHING, Period, Wanted
from beekeed.errors import Code
from beekeed.ports.stores import AsideRow, GoneRow
from beekeed.sqlite import receipts
from beekeed.sqlite.days import BLOCKED, is_wanted, number
from beekeed.sqlite.store import (
    KIND_NUMBER,
    KIND_OF_NUMBER,
    PART_NAME,
    Row,
    Store,
    key_of,
    key_values,
    moment,
    part_joins,
    reason_of,
    reason_values,
    seconds,
    slots,
    time_of,
)

_KEY = "target_id = ? AND kind = ? AND course_id = ? AND part_id = ? AND learner_id = ?"
_ACCOUNT = KIND_NUMBER[Kind.ACCOUNT]
_ENROLMENT = KIND_NUMBER[Kind.ENROLMENT]
_OF_COURSES = ", ".join(
    str(KIND_NUMBER[kind])
    for kind in (Kind.ENROLMENT, Kind.MEMBERSHIP, Kind.COMPLETION, Kind.GRADE)
)

_NOT_HELD = f"aside_code IS NULL AND NOT {BLOCKED}"
_SENT = f"NOT (kind = {_ENROLMENT} AND value = 'left') AND {_NOT_HELD}"
_SAME_RECEIPT = """EXISTS (
        SELECT 1 FROM receipt WHERE receipt.target_id = change.target_id
        AND receipt.kind = change.kind AND receipt.course_id = change.course_id
        AND receipt.part_id = change.part_id AND receipt.learner_id = change.learner_id
        AND receipt.value = change.value
    )"""


class SqliteChanges:
    """See ports.Changes."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    async def slice(
        self, target_id: int, learner_ids: Collection[int]
    ) -> tuple[dict[Key, Receipt], dict[Key, Change]]:
        """See ports.Changes."""
        where = (
            f"target_id = ? AND kind IN ({slots(KIND_OF_NUMBER)})"
            f" AND learner_id IN ({slots(learner_ids)})"
        )
        values = (target_id, *KIND_OF_NUMBER, *learner_ids)
        receipts = await self._store.rows(f"SELECT * FROM receipt WHERE {where}", *values)
        changes = await self._store.rows(f"SELECT * FROM change WHERE {where}", *values)
        return (
            {key_of(row): _receipt(row) for row in receipts},
            {key_of(row): _change(row) for row in changes},
        )

    async def unchanged(self, target_id: int, marks: Mapping[int, int]) -> Collection[int]:
        """See ports.Changes."""
        known = await self._marks(target_id, marks)
        return {learner_id for learner_id, mark in marks.items() if known.get(learner_id) == mark}

    async def _marks(self, target_id: int, learner_ids: Collection[int]) -> dict[int, int]:
        rows = await self._store.rows(
            "SELECT learner_id, mark FROM reading WHERE target_id = ?"
            f" AND learner_id IN ({slots(learner_ids)})",
            target_id,
            *learner_ids,
        )
        return {row["learner_id"]: row["mark"] for row in rows}

    async def note(
        self,
        target_id: int,
        differences: Differences,
        marks: Mapping[int, int],
        now: datetime,
        dating: Dating = UNDATED,
    ) -> None:
        """See ports.Changes."""
        known = await self._marks(target_id, marks)
        new_marks = set(marks.items()) - set(known.items())
        if not differences and not new_marks:
            return
        async with self._store.write() as db:
            await db.executemany(
                "INSERT OR REPLACE INTO reading (target_id, learner_id, mark) VALUES (?, ?, ?)",
                [(target_id, learner_id, mark) for learner_id, mark in new_marks],
            )
            await db.executemany(
                "INSERT INTO change (target_id, kind, course_id, part_id, learner_id,"
                " value, happened_at, first_seen_at, happened_trusted, seen_trusted, late)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET value = excluded.value,"
                " happened_at = excluded.happened_at,"
                " first_seen_at = excluded.first_seen_at,"
                " happened_trusted = excluded.happened_trusted,"
                " seen_trusted = excluded.seen_trusted,"
                " late = late AND excluded.late, again = 0,"
                " aside_code = NULL, aside_params = NULL, aside_at = NULL",
                [_noted(target_id, change, now, dating) for change in differences.pending],
            )
            await db.executemany(
                f"DELETE FROM change WHERE {_KEY}",
                _keyed(target_id, (*differences.settled, *differences.lost)),
            )
            await _mark_gone(db, target_id, differences.gone, now)
            await _mark_gone(db, target_id, differences.back, None)

    async def set_aside(self, target_id: int, change: Change, now: datetime) -> None:
        """See ports.Changes."""
        noted = await self.pending(target_id, [change.key])
        if change.key in noted and noted[change.key].aside is not None:
            return
        async with self._store.write() as db:
            await db.execute(
                "INSERT INTO change (target_id, kind, course_id, part_id, learner_id, value,"
                " happened_at, first_seen_at, aside_code, aside_params, aside_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET aside_code = excluded.aside_code, late = 0,"
                " aside_params = excluded.aside_params, aside_at = excluded.aside_at",
                (
                    target_id,
                    *key_values(change.key),
                    change.value,
                    seconds(change.happened_at),
                    seconds(now),
                    *reason_values(change.aside),
                    seconds(now),
                ),
            )

    async def next(
        self,
        target_id: int,
        kind: Kind,
        courses: Collection[int],
        after: Key | None,
        limit: int,
        wanted: Wanted = EVERYTHING,
    ) -> Sequence[Change]:
        """See ports.Changes."""
        where, values = is_wanted(wanted)
        passed = (after.learner_id, after.course_id, after.part_id) if after else (-1, -1, -1)
        rows = await self._store.rows(
            "SELECT * FROM change WHERE target_id = ? AND kind = ?"
            f" AND course_id IN ({slots(courses)})"
            " AND (learner_id, course_id, part_id) > (?, ?, ?)"
            f" AND {where} AND {_SENT}"
            " ORDER BY learner_id, course_id, part_id LIMIT ?",
            target_id,
            KIND_NUMBER[kind],
            *courses,
            *passed,
            *values,
            limit,
        )
        return await self._with_bases(target_id, [_change(row) for row in rows])

    async def _with_bases(self, target_id: int, changes: Sequence[Change]) -> list[Change]:
        rows = await self._by_key("receipt", target_id, [change.key for change in changes])
        bases = {key_of(row): _receipt(row) for row in rows}
        return [
            replace(change, base=bases[change.key]) if change.key in bases else change
            for change in changes
        ]

    async def pending(self, target_id: int, keys: Collection[Key]) -> Mapping[Key, Change]:
        """See ports.Changes."""
        rows = await self._by_key("change", target_id, keys)
        changes = await self._with_bases(target_id, [_change(row) for row in rows])
        return {change.key: change for change in changes}

    async def gone_list(self, target_id: int) -> list[GoneRow]:
        """See ports.Changes."""
        rows = await self._store.rows(
            "SELECT receipt.kind, coalesce(course.shortname, ''), count(*) FROM receipt"
            " LEFT JOIN course ON course.id = receipt.course_id"
            " WHERE target_id = ? AND gone_at IS NOT NULL"
            " GROUP BY 1, 2 ORDER BY 2, 1",
            target_id,
        )
        return [GoneRow(KIND_OF_NUMBER[row[0]], row[1], row[2]) for row in rows]

    async def _by_key(self, table: str, target_id: int, keys: Collection[Key]) -> list[Row]:
        if not keys:
            return []
        rows = ", ".join("(?, ?, ?, ?)" for _ in keys)
        return await self._store.rows(
            f"SELECT * FROM {table} WHERE target_id = ?"
            f" AND (kind, course_id, part_id, learner_id) IN (VALUES {rows})",
            target_id,
            *(value for key in keys for value in key_values(key)),
        )

    async def end_reading(
        self, target_id: int, seen: Collection[int], now: datetime, *, compared_all: bool
    ) -> Counter[tuple[Kind, Code]]:
        """See ports.Changes."""
        rows = await self._store.rows(
            "SELECT learner_id, kind, count(*) AS count FROM change WHERE target_id = ?"
            " GROUP BY learner_id, kind",
            target_id,
        )
        unseen = [row for row in rows if row["learner_id"] not in seen]
        marked = await self._store.rows(
            "SELECT learner_id FROM reading WHERE target_id = ?", target_id
        )
        known = await self._store.rows(
            "SELECT learner_id FROM account WHERE target_id = ?", target_id
        )
        async with self._store.write() as db:
            await db.execute(
                "UPDATE target SET read_at = ?, compared_at = iif(?, ?, compared_at) WHERE id = ?",
                (seconds(now), compared_all, seconds(now), target_id),
            )
            await db.executemany(
                "DELETE FROM reading WHERE target_id = ? AND learner_id = ?",
                [(target_id, row[0]) for row in marked if row[0] not in seen],
            )
            await db.executemany(
                "DELETE FROM change WHERE target_id = ? AND kind = ? AND learner_id = ?",
                [(target_id, row["kind"], row["learner_id"]) for row in unseen],
            )
            await db.executemany(
                "UPDATE receipt SET gone_at = ? WHERE target_id = ? AND learner_id = ?"
                f" AND kind IN ({_OF_COURSES}) AND gone_at IS NULL",
                [(seconds(now), target_id, row[0]) for row in known if row[0] not in seen],
            )
        lost: Counter[tuple[Kind, Code]] = Counter()
        for row in unseen:
            lost[KIND_OF_NUMBER[row["kind"]], Code.GONE_FROM_BOX] += row["count"]
        return lost

    async def acknowledged_courses(self, target_id: int) -> Collection[int]:
        """See ports.Changes."""
        rows = await self._store.rows(
            "SELECT DISTINCT course_id FROM receipt WHERE target_id = ? AND course_id <> 0",
            target_id,
        )
        return {row["course_id"] for row in rows}

    async def missed(self, target_id: int, keys: Collection[Key]) -> None:
        """See ports.Changes."""
        if not keys:
            return
        part = _KEY.partition(" AND ")[2]
        async with self._store.write() as db:
            for key in keys:
                await receipts.forget(db, target_id, part, *key_values(key))
            await db.executemany(
                "DELETE FROM reading WHERE target_id = ? AND learner_id = ?",
                [(target_id, key.learner_id) for key in keys],
            )

    async def read_at(self, target_id: int) -> datetime | None:
        """See ports.Changes."""
        row = await self._store.row("SELECT read_at FROM target WHERE id = ?", target_id)
        return moment(row["read_at"]) if row else None

    async def compared_at(self, target_id: int) -> datetime | None:
        """See ports.Changes."""
        row = await self._store.row("SELECT compared_at FROM target WHERE id = ?", target_id)
        return moment(row["compared_at"]) if row else None

    async def courses(self, target_id: int, wanted: Wanted = EVERYTHING) -> Collection[int]:
        """See ports.Changes."""
        where, values = is_wanted(wanted)
        rows = await self._store.rows(
            "SELECT DISTINCT course_id FROM change WHERE target_id = ? AND course_id <> 0"
            f" AND {where}",
            target_id,
            *values,
        )
        return {row["course_id"] for row in rows}

    async def waiting(self, target_id: int) -> int | None:
        """See ports.Changes."""
        target = await self._store.row(
            "SELECT read_at, account, EXISTS (SELECT 1 FROM target AS known"
            "  WHERE known.address = target.address AND known.account IS NOT NULL) AS met"
            " FROM target WHERE id = ?",
            target_id,
        )
        if target is None or target["read_at"] is None:
            return None
        if target["account"] is None and target["met"]:
            return None
        row = await self._store.row("SELECT count(*) FROM change WHERE target_id = ?", target_id)
        return int(row[0]) if row else 0

    async def set_aside_count(self, target_id: int) -> int:
        """See ports.Changes."""
        row = await self._store.row(
            "SELECT count(*) FROM change WHERE target_id = ? AND aside_code IS NOT NULL", target_id
        )
        return int(row[0]) if row else 0

    async def sendable(self, target_id: int, wanted: Wanted = EVERYTHING) -> int:
        """See ports.Changes."""
        where, values = is_wanted(wanted)
        row = await self._store.row(
            f"SELECT count(*) FROM change WHERE target_id = ? AND {where}"
            " AND (kind <> ? OR aside_code IS NOT NULL)",
            target_id,
            *values,
            _ACCOUNT,
        )
        return int(row[0]) if row else 0

    async def to_send(
        self, target_id: int, courses: Collection[int], wanted: Wanted = EVERYTHING
    ) -> int:
        """See ports.Changes."""
        where, values = is_wanted(wanted)
        row = await self._store.row(
            f"SELECT count(*) FROM change WHERE target_id = ? AND course_id IN ({slots(courses)})"
            f" AND kind <> ? AND {where} AND {_SENT}",
            target_id,
            *courses,
            _ACCOUNT,
            *values,
        )
        return int(row[0]) if row else 0

    async def any_of(
        self,
        target_id: int,
        kind: Kind,
        mendable: Collection[Code],
        wanted: Wanted = EVERYTHING,
    ) -> bool:
        """See ports.Changes."""
        where, values = is_wanted(wanted)
        row = await self._store.row(
            f"SELECT 1 FROM change WHERE target_id = ? AND kind = ? AND {where}"
            f" AND (aside_code IS NULL OR aside_code IN ({slots(mendable)})) LIMIT 1",
            target_id,
            KIND_NUMBER[kind],
            *values,
            *map(str, mendable),
        )
        return row is not None

    async def troubled(
        self, target_id: int, courses: Collection[int], wanted: Wanted = EVERYTHING
    ) -> bool:
        """See ports.Changes."""
        where, values = is_wanted(wanted)
        row = await self._store.row(
            f"SELECT 1 FROM change WHERE target_id = ? AND {where} AND (aside_code IS NOT NULL"
            f" OR course_id NOT IN ({slots((0, *courses))})) LIMIT 1",
            target_id,
            *values,
            0,  # accounts and profiles belong to no course
            *courses,
        )
        return row is not None

    async def read_again(self, target_id: int, period: Period) -> None:
        """See ports.Changes."""
        async with self._store.write() as db:
            await db.execute(
                "INSERT OR IGNORE INTO change (target_id, kind, course_id, part_id, learner_id,"
                " value, happened_at, first_seen_at, happened_trusted, seen_trusted, again)"
                " SELECT target_id, kind, course_id, part_id, learner_id,"
                " value, happened_at, first_seen_at, happened_trusted, seen_trusted, 1 FROM receipt"
                " WHERE target_id = ? AND day BETWEEN ? AND ? AND gone_at IS NULL"
                " AND value NOT IN ('left', 'removed')",
                (target_id, number(period.first), number(period.last)),
            )

    async def drop_again(self) -> None:
        """See ports.Changes."""
        left = f"again AND aside_code IS NULL AND {_SAME_RECEIPT}"
        if await self._store.row(f"SELECT 1 FROM change WHERE {left} LIMIT 1"):
            async with self._store.write() as db:
                await db.execute(f"DELETE FROM change WHERE {left}")

    async def aside_for(
        self, target_id: int, codes: Collection[Code], courses: Collection[int]
    ) -> Sequence[Change]:
        """See ports.Changes."""
        rows = await self._store.rows(
            f"SELECT * FROM change WHERE target_id = ? AND aside_code IN ({slots(codes)})"
            f" AND course_id IN ({slots(courses)})",
            target_id,
            *map(str, codes),
            *courses,
        )
        return [_change(row) for row in rows]

    async def try_again(self, target_id: int, keys: Collection[Key]) -> None:
        """See ports.Changes."""
        if keys:
            async with self._store.write() as db:
                await db.executemany(
                    "UPDATE change SET aside_code = NULL, aside_params = NULL, aside_at = NULL"
                    f" WHERE {_KEY}",
                    _keyed(target_id, keys),
                )

    async def retry(self) -> int:
        """See ports.Changes."""
        async with self._store.write() as db:
            cursor = await db.execute(
                "UPDATE change SET aside_code = NULL, aside_params = NULL, aside_at = NULL"
                " WHERE aside_code IS NOT NULL"
            )
            return cursor.rowcount

    async def set_aside_list(self, target_id: int) -> list[AsideRow]:
        """See ports.Changes."""
        rows = await self._store.rows(
            "SELECT change.kind, aside_code, aside_params, aside_at,"
            " learner.username, learner.first_name, learner.last_name,"
            " course.shortname,"
            f" {PART_NAME} AS part, change.value, aside_online,"
            " (SELECT count(*) FROM change AS held WHERE held.target_id = change.target_id"
            "   AND held.learner_id = change.learner_id AND held.aside_code IS NULL"
            f"  AND (change.kind = {_ACCOUNT} OR change.kind = {_ENROLMENT}"
            "        AND held.course_id = change.course_id)) AS holds"
            " FROM change JOIN learner ON learner.id = change.learner_id"
            " LEFT JOIN course ON course.id = change.course_id"
            f" {part_joins('change')}"
            " WHERE change.target_id = ? AND aside_code IS NOT NULL"
            " ORDER BY aside_at, learner.username, course.shortname, change.part_id",
            target_id,
        )
        return [_aside_row(row) for row in rows]


def _noted(target_id: int, change: Change, now: datetime, dating: Dating) -> tuple[object, ...]:
    """Give the columns of a change that is first seen now."""
    return (
        target_id,
        *key_values(change.key),
        change.value,
        seconds(change.happened_at),
        seconds(now),
        dating.trusts(change.happened_at),
        dating.trusted,
        dating.is_late(change, now),
    )


async def _mark_gone(
    db: aiosqlite.Connection, target_id: int, keys: Iterable[Key], at: datetime | None
) -> None:
    await db.executemany(
        f"UPDATE receipt SET gone_at = ? WHERE {_KEY}",
        [(seconds(at), *values) for values in _keyed(target_id, keys)],
    )


def _keyed(target_id: int, keys: Iterable[Key]) -> list[tuple[int, ...]]:
    return [(target_id, *key_values(key)) for key in keys]


def _aside_row(row: Row) -> AsideRow:
    reason = reason_of(row["aside_code"], row["aside_params"])
    assert reason is not None  # noqa: S101 - only rows that are aside are asked for
    return AsideRow(
        kind=KIND_OF_NUMBER[row["kind"]],
        username=row["username"],
        first_name=row["first_name"],
        last_name=row["last_name"],
        shortname=row["shortname"],
        part=row["part"],
        since=time_of(row["aside_at"]),
        holds=row["holds"],
        reason=reason,
        value=row["value"],
        online_value=row["aside_online"],
    )


def _receipt(row: Row) -> Receipt:
    return Receipt(key_of(row), row["value"], row["online_value"], row["gone_at"] is not None)


def _change(row: Row) -> Change:
    return Change(
        key_of(row),
        row["value"],
        moment(row["happened_at"]),
        moment(row["first_seen_at"]),
        aside=reason_of(row["aside_code"], row["aside_params"]),
        met=row["met_online"],
    )
