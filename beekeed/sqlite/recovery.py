"""What had to be put right with the database, or that it came to another box."""

from beekeed.core.model import Reason
from beekeed.errors import Code
from beekeed.ports.recovery import Recovery
from beekeed.sqlite.store import Store, reason_of, reason_values, time_of


class SqliteRecoveries:
    """See ports.Recoveries."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    async def latest(self) -> Recovery | None:
        """See ports.Recoveries."""
        row = await self._store.row("SELECT * FROM recovery ORDER BY id DESC LIMIT 1")
        reason = reason_of(row["code"], row["params"]) if row is not None else None
        return Recovery(reason, time_of(row["at"])) if row is not None and reason else None

    async def settle_on(self, machine: str) -> bool:
        """Note the machine that the database is on; tells whether it came from another one.

        Then the device draws anew, so that the two boxes do not arrive together. `machine`: a
        digest; empty: this one cannot be told from others.
        """
        row = await self._store.row("SELECT digest FROM machine")
        if not machine or (row is not None and row["digest"] == machine):
            return False
        async with self._store.write() as db:
            await db.execute("INSERT OR REPLACE INTO machine VALUES (1, ?)", (machine,))
            if row is not None:
                await db.execute("DELETE FROM schedule_draw")
                await db.execute(
                    "INSERT INTO recovery (at, code, params) VALUES (unixepoch(), ?, ?)",
                    reason_values(Reason(Code.BOX_COPIED)),
                )
        return row is not None
