"""Settings that were changed while beekeed ran, as JSON."""

import json
from collections.abc import Mapping

from beekeed.clock import Clock
from beekeed.ports.settings import Value
from beekeed.sqlite.store import Store, seconds


class SqliteSettings:
    """See ports.SettingStore."""

    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def kept(self) -> Mapping[str, Value]:
        """See ports.SettingStore."""
        rows = await self._store.rows("SELECT key, value FROM setting ORDER BY key")
        return {row["key"]: json.loads(row["value"]) for row in rows}

    async def keep(self, values: Mapping[str, Value]) -> None:
        """See ports.SettingStore."""
        now = seconds(self._clock.now())
        async with self._store.write() as db:
            await db.executemany(
                "INSERT OR REPLACE INTO setting VALUES (?, ?, ?)",
                [(key, json.dumps(value), now) for key, value in values.items()],
            )
