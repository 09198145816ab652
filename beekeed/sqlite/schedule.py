"""The schedule's slots that were met, and the device's draw for its jitter."""

import secrets
from collections.abc import Collection
from datetime import datetime

from beekeed.core.schedule import WHOLE_DRAW, SlotKind, SlotName
from beekeed.ports.schedule import Met
from beekeed.sqlite.store import Row, Store, seconds, slots, time_of

_KEPT = 20_000
"""How many slots are remembered: those of two years with every hour selected. Counted in rows
and not in years: a clock that is ahead must not make us forget."""


class SqliteSlots:
    """See ports.Slots."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    async def draw(self) -> int:
        """See ports.Slots."""
        sql = "SELECT millionths FROM schedule_draw"
        row = await self._store.row(sql)
        if row is None:
            async with self._store.write() as db:
                values = (1, secrets.randbelow(WHOLE_DRAW))
                await db.execute("INSERT OR IGNORE INTO schedule_draw VALUES (?, ?)", values)
            row = await self._store.row(sql)
        return int(row[0]) if row is not None else 0

    async def met(self, names: Collection[SlotName]) -> dict[SlotName, Met]:
        """See ports.Slots."""
        times = {seconds(each.at) for each in names}
        rows = await self._store.rows(
            f"SELECT * FROM slot WHERE at IN ({slots(times)})", *sorted(times, key=str)
        )
        found = {_name(row): _met(row) for row in rows}
        return {name: found[name] for name in names if name in found}

    async def note(self, names: Collection[SlotName], met: Met, *, trusted: bool) -> None:
        """See ports.Slots."""
        if not names:
            return
        async with self._store.write() as db:
            await db.executemany(
                "INSERT INTO slot (at, kind, used, tries, clock_trusted) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET used = excluded.used, tries = excluded.tries,"
                " clock_trusted = excluded.clock_trusted",
                [(seconds(e.at), str(e.kind), met.used, met.tries, trusted) for e in names],
            )
            await db.execute(
                "DELETE FROM slot WHERE id <= (SELECT max(id) FROM slot) - ?", (_KEPT,)
            )

    async def used_after(self, moment: datetime) -> set[SlotName]:
        """See ports.Slots."""
        rows = await self._store.rows("SELECT * FROM slot WHERE at > ? AND used", seconds(moment))
        return {_name(row) for row in rows}

    async def waiting(self) -> list[tuple[SlotName, Met]]:
        """See ports.Slots."""
        rows = await self._store.rows("SELECT * FROM slot WHERE NOT used ORDER BY at")
        return [(_name(row), _met(row)) for row in rows]

    async def release(self, now: datetime) -> None:
        """See ports.Slots."""
        ahead = "NOT clock_trusted AND at > ?"
        if await self._store.row(f"SELECT 1 FROM slot WHERE {ahead}", seconds(now)) is None:
            return
        async with self._store.write() as db:
            await db.execute(f"DELETE FROM slot WHERE {ahead}", (seconds(now),))


def _name(row: Row) -> SlotName:
    return SlotName(time_of(row["at"]), SlotKind(row["kind"]))


def _met(row: Row) -> Met:
    return Met(bool(row["used"]), row["tries"])
