"""What fell on the box, and the questions about it.

Counted from receipts and noted changes: a reading leaves out who did not change, so
what it has in memory tells nothing of how much is there.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from beekeed.core import guard
from beekeed.core.guard import Area, Loss, State
from beekeed.core.model import Key, Kind
from beekeed.ports.guard import Guard, GuardEvent
from beekeed.sqlite.store import (
    KIND_NUMBER,
    KIND_OF_NUMBER,
    Row,
    Store,
    key_of,
    key_values,
    seconds,
    slots,
    time_of,
)

_PAGE = 2000
_KINDS = ", ".join(str(KIND_NUMBER[kind]) for kind in guard.KINDS)
_COLUMNS = "kind, learner_id, course_id, part_id"
_KEY = "target_id = ? AND kind = ? AND course_id = ? AND part_id = ? AND learner_id = ?"

_SAME = " AND ".join(
    f"{{0}}.{column} = {{1}}.{column}"
    for column in ("target_id", "kind", "learner_id", "course_id", "part_id")
)


def _some(table: str, which: str) -> str:
    """Give the next keys of a table, in the order of its key: a page costs what it holds."""
    return (
        f"SELECT * FROM (SELECT target_id, {_COLUMNS} FROM {table} WHERE target_id = ?1"
        f" AND ({_COLUMNS}) > (?2, ?3, ?4, ?5) AND {which} ORDER BY {_COLUMNS} LIMIT {_PAGE})"
    )


def _with(table: str, of: str, which: str = "true") -> str:
    return f"EXISTS (SELECT 1 FROM {table} WHERE {_SAME.format(table, of)} AND {which})"


_KNOWN_AWAY = "fallen.level IS NULL AND fallen.now IS NULL"
_GONE = "receipt.gone_at IS NOT NULL"

# Whatever may have fallen, or stand again: what fell before, is to be edited, or is away.
# What is away and known to be is left out.
_FACTS = f"""
    SELECT {", ".join(f"keys.{each}" for each in _COLUMNS.split(", "))},
        receipt.value AS acknowledged, receipt.gone_at, change.value AS pending,
        change.aside_code, fallen.day, fallen.level, fallen.now
    FROM (
        {_some("fallen", f"NOT ({_KNOWN_AWAY} AND {_with('receipt', 'fallen', _GONE)})")}
        UNION {_some("change", f"kind IN ({_KINDS}) AND {_with('receipt', 'change')}")}
        UNION {
    _some(
        "receipt INDEXED BY receipt_gone",
        f"gone_at IS NOT NULL AND kind IN ({_KINDS})"
        f" AND NOT {_with('fallen', 'receipt', _KNOWN_AWAY)}",
    )
}
        ORDER BY {_COLUMNS} LIMIT {_PAGE}
    ) AS keys
    LEFT JOIN receipt ON {_SAME.format("receipt", "keys")}
    LEFT JOIN change ON {_SAME.format("change", "keys")}
    LEFT JOIN fallen ON {_SAME.format("fallen", "keys")}
    ORDER BY 1, 2, 3, 4"""


_UP = (
    "gone_at IS NULL AND value <> 'removed'"
    f" AND NOT (receipt.kind = {KIND_NUMBER[Kind.COMPLETION]} AND value = '0')"
)


class SqliteGuards:
    """See ports.Guards."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    async def look(self, target_id: int, now: datetime) -> Sequence[Guard]:
        """See ports.Guards."""
        day = await self._count_day(target_id, now)
        lost, held = await self._count_fallen(target_id, day)
        await self._ask(target_id, lost, held, now)
        return await self.open(target_id)

    async def _count_day(self, target_id: int, now: datetime) -> int:
        """Count this date, unless it was among the last ones; forget what fell too long ago.

        What is asked about is not forgotten.
        """
        date = now.date().isoformat()
        rows = await self._store.rows(
            "SELECT number, date FROM fallen_day WHERE target_id = ? ORDER BY number", target_id
        )
        numbers = {row["date"]: row["number"] for row in rows}
        newest = max(numbers.values(), default=0)
        if date in numbers:
            return newest
        newest += 1
        async with self._store.write() as db:
            await db.execute(
                "INSERT INTO fallen_day (target_id, number, date) VALUES (?, ?, ?)",
                (target_id, newest, date),
            )
            await db.execute(
                "DELETE FROM fallen_day WHERE target_id = ? AND number <= ?",
                (target_id, newest - guard.DAYS),
            )
            await db.execute(
                "UPDATE fallen SET level = now WHERE target_id = ? AND day <= ?"
                " AND (kind, course_id) NOT IN"
                " (SELECT kind, course_id FROM guard WHERE target_id = ?)",
                (target_id, newest - guard.DAYS, target_id),
            )
        return newest

    async def _count_fallen(
        self, target_id: int, day: int
    ) -> tuple[Mapping[Area, int], Mapping[Area, int]]:
        """Note what fell and what stands again; gives how much fell, and how much would go down."""
        lost: Counter[Area] = Counter()
        held: Counter[Area] = Counter()
        after = (0, 0, 0, 0)
        while rows := await self._store.rows(_FACTS, target_id, *after):
            after = tuple(rows[-1])[:4]
            facts = [_Fact(row) for row in rows]
            await self._note(target_id, facts, day)
            lost.update(fact.area for fact in facts if fact.state is State.FELL)
            held.update(fact.area for fact in facts if fact.would_lower)
        return lost, held

    async def _note(self, target_id: int, facts: Sequence["_Fact"], day: int) -> None:
        """Write what changed; what fell further counts from this day on."""
        kept = [fact for fact in facts if fact.state is not State.STANDS and fact.differs]
        up = [fact for fact in facts if fact.state is State.STANDS and fact.differs]
        if not kept and not up:
            return
        async with self._store.write() as db:
            await db.executemany(
                "INSERT OR REPLACE INTO fallen (target_id, kind, course_id, part_id, learner_id,"
                " level, now, day) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [(target_id, *key_values(fact.key), fact.level, fact.now, day) for fact in kept],
            )
            await db.executemany(
                f"DELETE FROM fallen WHERE {_KEY}",
                [(target_id, *key_values(fact.key)) for fact in up],
            )

    async def _ask(
        self, target_id: int, lost: Mapping[Area, int], held: Mapping[Area, int], now: datetime
    ) -> None:
        """Open, renew and end questions."""
        asked = {each.area: each.loss for each in await self.open(target_id)}
        doubtful = {area for area, count in lost.items() if guard.may_fire(count)}
        standing = await self._standing(target_id, doubtful - asked.keys())
        for area in sorted({*asked, *doubtful}):
            count = lost.get(area, 0)
            found = Loss(count, count + standing[area], held.get(area, 0))
            loss = guard.judge(found, asked.get(area))
            if loss != asked.get(area):
                await self._write(target_id, area, loss, asked.get(area), now)

    async def _write(
        self, target_id: int, area: Area, loss: Loss | None, before: Loss | None, now: datetime
    ) -> None:
        """Write what is asked of an area now; None: nothing any more."""
        where = (target_id, KIND_NUMBER[area[0]], area[1])
        what = "over" if loss is None else "asked" if before is None else ""
        shown = loss or before or Loss(0, 0)
        async with self._store.write() as db:
            if loss is None:
                await db.execute(
                    "DELETE FROM guard WHERE target_id = ? AND kind = ? AND course_id = ?", where
                )
            else:
                await db.execute(
                    "INSERT INTO guard (target_id, kind, course_id, lost, known, held, since)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                    " lost = excluded.lost, known = excluded.known, held = excluded.held",
                    (*where, loss.lost, loss.known, loss.held, seconds(now)),
                )
            if what:
                await db.execute(
                    "INSERT INTO guard_event (target_id, kind, course_id, what, lost, known, at)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (*where, what, shown.lost, shown.known, seconds(now)),
                )

    async def _standing(self, target_id: int, areas: Collection[Area]) -> Counter[Area]:
        """Count what was acknowledged in these areas and stands on the box: one walk for all."""
        if not areas:
            return Counter()
        numbers = [number for kind, course_id in areas for number in (KIND_NUMBER[kind], course_id)]
        chosen = (
            f"(receipt.kind, receipt.course_id) IN (VALUES {', '.join(['(?, ?)'] * len(areas))})"
        )
        rows = await self._store.rows(
            # What is grouped by another order than the table's is sorted in memory. In the table's
            # order first, it is a row for each learner in a course, not one for each fact.
            "SELECT kind, course_id, sum(count) AS count FROM ("
            " SELECT kind, learner_id, course_id, count(*) AS count FROM receipt"
            f" WHERE target_id = ? AND {chosen} AND {_UP} AND NOT {_with('fallen', 'receipt')}"
            " GROUP BY kind, learner_id, course_id) GROUP BY kind, course_id",
            target_id,
            *numbers,
        )
        return Counter(
            {(KIND_OF_NUMBER[row["kind"]], row["course_id"]): row["count"] for row in rows}
        )

    async def open(self, target_id: int) -> Sequence[Guard]:
        """See ports.Guards."""
        rows = await self._store.rows(
            "SELECT guard.*, shortname, fullname FROM guard JOIN course ON course.id = course_id"
            " WHERE target_id = ? ORDER BY lost DESC, guard.id",
            target_id,
        )
        return [_guard(row) for row in rows]

    async def accept(
        self, target_id: int, numbers: Collection[int], by: str, now: datetime
    ) -> None:
        """See ports.Guards."""
        chosen = f"target_id = ? AND id IN ({slots(numbers)})"
        async with self._store.write() as db:
            await db.execute(
                "UPDATE fallen SET level = now WHERE target_id = ? AND (kind, course_id) IN"
                f" (SELECT kind, course_id FROM guard WHERE {chosen})",
                (target_id, target_id, *numbers),
            )
            await db.execute(
                "INSERT INTO guard_event (target_id, kind, course_id, what, lost, known, at, by)"
                " SELECT target_id, kind, course_id, 'accepted', lost, known, ?, ? FROM guard"
                f" WHERE {chosen} ORDER BY id",
                (seconds(now), by, target_id, *numbers),
            )
            await db.execute(f"DELETE FROM guard WHERE {chosen}", (target_id, *numbers))

    async def history(self, target_id: int, limit: int) -> Sequence[GuardEvent]:
        """See ports.Guards."""
        rows = await self._store.rows(
            "SELECT guard_event.*, shortname FROM guard_event JOIN course ON course.id = course_id"
            " WHERE target_id = ? ORDER BY guard_event.id DESC LIMIT ?",
            target_id,
            limit,
        )
        return [_event(row) for row in rows]


class _Fact:
    """A fact that may have fallen, as it was last read."""

    def __init__(self, row: Row) -> None:
        self.key: Key = key_of(row)
        self.area: Area = (self.key.kind, self.key.course_id)
        self._row = row
        pending, acknowledged = row["pending"], row["acknowledged"]
        there = acknowledged if pending is None else pending
        is_new = row["day"] is None
        self.now: str | None = None if row["gone_at"] is not None else there
        self.level: str | None = acknowledged if is_new else row["level"]
        self.state = self._state()
        if self.state is State.STANDS:
            self.differs = not is_new
        else:
            self.differs = is_new or row["now"] != self.now

    def _state(self) -> State:
        acknowledged = self._row["acknowledged"]
        if acknowledged is None:  # the receipt was forgotten: there is nothing to lower
            return State.STANDS
        return guard.state(self.key.kind, self.now, self.level, acknowledged)

    @property
    def would_lower(self) -> bool:
        """Whether a change waits that would lower what online acknowledged."""
        row = self._row
        if None in (row["pending"], row["acknowledged"]) or row["aside_code"] is not None:
            return False
        return guard.is_lower(self.key.kind, row["pending"], row["acknowledged"])


def _guard(row: Row) -> Guard:
    return Guard(
        number=row["id"],
        kind=KIND_OF_NUMBER[row["kind"]],
        course_id=row["course_id"],
        shortname=row["shortname"],
        fullname=row["fullname"],
        loss=Loss(row["lost"], row["known"], row["held"]),
        since=time_of(row["since"]),
    )


def _event(row: Row) -> GuardEvent:
    return GuardEvent(
        what=row["what"],
        kind=KIND_OF_NUMBER[row["kind"]],
        shortname=row["shortname"],
        loss=Loss(row["lost"], row["known"]),
        at=time_of(row["at"]),
        by=row["by"],
    )
