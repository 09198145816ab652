"""Days: which are closed, what of each is saved, and what stands in its way."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

import aiosqlite

from beekeed.core import calendar
from beekeed.core.calendar import DayWork, Pending, Span
from beekeed.core.clocktrust import Moment, Trust
from beekeed.core.model import Kind
from beekeed.core.request import Period, Wanted
from beekeed.errors import Code
from beekeed.sqlite.store import KIND_NUMBER, Row, Store, seconds, time_of

_EPOCH = date(1970, 1, 1).toordinal()

BLOCKED = f"""EXISTS (
        SELECT 1 FROM change AS held
        WHERE held.target_id = change.target_id AND held.learner_id = change.learner_id
        AND held.aside_code IS NOT NULL
        AND (held.kind = {KIND_NUMBER[Kind.ACCOUNT]}
             OR held.kind = {KIND_NUMBER[Kind.ENROLMENT]} AND held.course_id = change.course_id)
    )"""
"""A change waits for its learner's account or enrolment where that was set aside."""

_DOUBTED = (
    "EXISTS (SELECT 1 FROM clock_doubt AS d WHERE {column} BETWEEN d.began_at AND d.ended_at)"
)
_SEEN_IN_SPAN = "NOT seen_trusted AND first_seen_at BETWEEN ? AND ? AND NOT " + _DOUBTED.format(
    column="first_seen_at"
)
_BELIEVE = (
    "UPDATE {table} SET seen_trusted = 1, happened_trusted = happened_at IS NOT NULL AND NOT "
    + _DOUBTED.format(column="happened_at")
    + f" WHERE {_SEEN_IN_SPAN}"
)


def number(day: date) -> int:
    """Give the number that stands for a day in the tables."""
    return day.toordinal() - _EPOCH


def day_of_number(number: int) -> date:
    """Give the day that a number in the tables stands for."""
    return date.fromordinal(number + _EPOCH)


def is_wanted(wanted: Wanted) -> tuple[str, tuple[int, ...]]:
    """Give the condition on a change's row that a run wants it, and its values."""
    late = "" if wanted.late else " AND late = 0"
    if wanted.period is None:
        return f"1 = 1{late}", ()
    days = (number(wanted.period.first), number(wanted.period.last))
    return f"day BETWEEN ? AND ?{late}", days


async def count_saved(
    db: aiosqlite.Connection, target_id: int, run_id: int, day: int, *, is_new: bool
) -> None:
    """Count a change as acknowledged by a run; `is_new`: and for the first time."""
    await db.execute(
        "INSERT INTO run_day VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1",
        (run_id, day),
    )
    if is_new:
        await add_saved(db, target_id, day, 1)


async def add_saved(db: aiosqlite.Connection, target_id: int, day: int, count: int) -> None:
    """Count so many more changes of a day as acknowledged, or fewer."""
    await db.execute(
        "INSERT INTO saved_day VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET count = max(count + excluded.count, 0)",
        (target_id, day, count),
    )


class SqliteDays:
    """See ports.Days."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    async def closed(self, target_id: int) -> Sequence[Period]:
        """See ports.Days."""
        rows = await self._store.rows(
            "SELECT first_day, last_day FROM closed_days WHERE target_id = ?", target_id
        )
        return calendar.merged(_period(row) for row in rows)

    async def close(self, target_id: int, run_id: int, period: Period, today: date) -> None:
        """See ports.Days."""
        closed = await self.closed(target_id)
        left = calendar.left_open(period, closed)
        is_ahead = any(each.last >= today for each in closed)
        if left is None and not is_ahead:
            return
        async with self._store.write() as db:
            await db.execute("DELETE FROM closed_days WHERE first_day >= ?", (number(today),))
            await db.execute(
                "UPDATE closed_days SET last_day = ? WHERE last_day >= ?",
                (number(today) - 1, number(today)),
            )
            if left is not None:
                await db.execute(
                    "INSERT OR REPLACE INTO closed_days VALUES (?, ?, ?, ?)",
                    (target_id, run_id, number(left.first), number(left.last)),
                )

    async def work(self, target_id: int, period: Period) -> Mapping[date, DayWork]:
        """See ports.Days."""
        where = (target_id, number(period.first), number(period.last))
        saved = await self._store.rows(
            "SELECT day, count FROM saved_day WHERE target_id = ? AND day BETWEEN ? AND ?", *where
        )
        pending = await self._store.rows(
            f"SELECT day, late, missing, aside_code, {BLOCKED} AS blocked,"
            " NOT EXISTS (SELECT 1 FROM not_carried AS n WHERE n.target_id = change.target_id"
            "  AND n.kind = change.kind AND n.course_id = change.course_id) AS carried,"
            " count(*) AS count FROM change WHERE target_id = ? AND day BETWEEN ? AND ?"
            " AND NOT (again AND aside_code IS NULL)"
            " GROUP BY day, late, missing, aside_code, blocked, carried",
            *where,
        )
        return calendar.work_by_day(
            {day_of_number(row["day"]): row["count"] for row in saved},
            [_pending(row) for row in pending],
        )

    async def late(self, target_id: int) -> int:
        """See ports.Days."""
        row = await self._store.row(
            "SELECT count(*) FROM change WHERE target_id = ? AND late", target_id
        )
        return int(row[0]) if row else 0

    async def note_not_carried(self, target_id: int, what: Collection[tuple[Kind, int]]) -> None:
        """See ports.Days."""
        async with self._store.write() as db:
            await db.execute("DELETE FROM not_carried WHERE target_id = ?", (target_id,))
            await db.executemany(
                "INSERT INTO not_carried VALUES (?, ?, ?)",
                [(target_id, KIND_NUMBER[kind], course_id) for kind, course_id in what],
            )

    async def known(self) -> Moment | None:
        """See ports.Days."""
        row = await self._store.row("SELECT * FROM clock_known")
        if row is None:
            return None
        at, trust = time_of(row["at"]), Trust(row["trust"])
        return Moment(at, row["boot_id"], row["boot_seconds"], trust)

    async def note_known(self, now: Moment) -> None:
        """See ports.Days."""
        async with self._store.write() as db:
            await db.execute(
                "INSERT OR REPLACE INTO clock_known VALUES (1, ?, ?, ?, ?)",
                (seconds(now.at), now.boot_id, now.boot_seconds, str(now.trust)),
            )

    async def note_doubt(self, span: Span, began: Moment | None = None) -> None:
        """See ports.Days. Boxes that wake up at the same time each day keep the longest."""
        of_boot = (began.boot_id, began.boot_seconds) if began else (None, None)
        async with self._store.write() as db:
            await db.execute(
                "INSERT INTO clock_doubt VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " ended_at = max(ended_at, excluded.ended_at), boot_id = excluded.boot_id,"
                " boot_seconds = excluded.boot_seconds",
                (seconds(span.began_at), seconds(span.ended_at), *of_boot),
            )

    async def open_doubt(self, boot_id: str) -> Moment | None:
        """See ports.Days."""
        row = await self._store.row("SELECT * FROM clock_doubt WHERE boot_id = ?", boot_id)
        return Moment(time_of(row["began_at"]), boot_id, row["boot_seconds"]) if row else None

    async def doubts(self) -> Sequence[Span]:
        """See ports.Days."""
        rows = await self._store.rows("SELECT * FROM clock_doubt ORDER BY began_at")
        return [Span(time_of(row["began_at"]), time_of(row["ended_at"])) for row in rows]

    async def believe(self, span: Span) -> None:
        """See ports.Days. What falls into another doubt as well stays unknown."""
        of_span = (seconds(span.began_at), seconds(span.ended_at))
        before = "SELECT target_id, day FROM receipt WHERE " + _SEEN_IN_SPAN
        async with self._store.write() as db:
            await db.execute("DELETE FROM clock_doubt WHERE began_at = ?", of_span[:1])
            left = await db.execute_fetchall(before, of_span)
            await db.execute(_BELIEVE.format(table="change"), of_span)
            believe = _BELIEVE.format(table="receipt") + " RETURNING target_id, day"
            moved = Counter(map(tuple, await db.execute_fetchall(believe, of_span)))
            moved.subtract(map(tuple, left))
            for (target_id, day), count in moved.items():
                await add_saved(db, target_id, day, count)

    async def date_unsure(self, now: datetime) -> None:
        """See ports.Days."""
        moved = await self._store.rows(
            "SELECT target_id, day, count(*) AS count FROM receipt WHERE NOT seen_trusted"
            " GROUP BY target_id, day"
        )
        unsure = await self._store.row("SELECT 1 FROM change WHERE NOT seen_trusted LIMIT 1")
        if not moved and unsure is None:
            return
        async with self._store.write() as db:
            for row in moved:
                await add_saved(db, row["target_id"], row["day"], -row["count"])
                await add_saved(db, row["target_id"], number(calendar.day(now)), row["count"])
            for table in ("change", "receipt"):
                await db.execute(
                    f"UPDATE {table} SET first_seen_at = ?, seen_trusted = 1"
                    " WHERE NOT seen_trusted",
                    (seconds(now),),
                )


def _period(row: Row) -> Period:
    return Period(day_of_number(row["first_day"]), day_of_number(row["last_day"]))


def _pending(row: Row) -> Pending:
    return Pending(
        day_of_number(row["day"]),
        row["count"],
        late=bool(row["late"]),
        missing=bool(row["missing"]),
        aside=Code(row["aside_code"]) if row["aside_code"] else None,
        blocked=bool(row["blocked"]),
        carried=bool(row["carried"]),
    )
