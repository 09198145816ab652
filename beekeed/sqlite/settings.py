"""Settings that were changed while beekeed ran, as JSON, and who changed them."""

import json
from collections.abc import Mapping, Sequence

from beekeed.clock import Clock
from beekeed.ports.settings import Change, NotedChange, Value
from beekeed.sqlite.store import Row, Store, seconds, time_of

_EVER = 2**63 - 1


class SqliteSettings:
    """See ports.SettingStore."""

    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def kept(self) -> Mapping[str, Value]:
        """See ports.SettingStore."""
        rows = await self._store.rows("SELECT key, value FROM setting ORDER BY key")
        return {row["key"]: json.loads(row["value"]) for row in rows}

    async def keep(self, changes: Sequence[Change], by: str) -> None:
        """See ports.SettingStore."""
        now = seconds(self._clock.now())
        async with self._store.write() as db:
            for each in changes:
                await db.execute("DELETE FROM setting WHERE key = ?", [each.key])
                after = None if each.after is None else json.dumps(each.after)
                if after is not None:
                    await db.execute("INSERT INTO setting VALUES (?, ?, ?)", [each.key, after, now])
                await db.execute(
                    "INSERT INTO setting_change (key, before, after, by_whom, at)"
                    " VALUES (?, ?, ?, ?, ?)",
                    [each.key, json.dumps(each.before), after, by, now],
                )

    async def changes(self, count: int, before: int | None = None) -> Sequence[NotedChange]:
        """See ports.SettingStore."""
        rows = await self._store.rows(
            "SELECT * FROM setting_change WHERE id < ? ORDER BY id DESC LIMIT ?",
            _EVER if before is None else before,
            count,
        )
        return [_noted(row) for row in rows]


def _noted(row: Row) -> NotedChange:
    after = None if row["after"] is None else json.loads(row["after"])
    change = Change(row["key"], json.loads(row["before"]), after)
    return NotedChange(row["id"], time_of(row["at"]), row["by_whom"], change)
