"""The digest of the administrator's password.

It is in our own database, which only beekeed's account can read (0600), because what is
committed there survives a power cut as a whole.
"""

from beekeed.clock import Clock
from beekeed.sqlite.store import Store, seconds


class SqlitePassword:
    """See ports.PasswordStore."""

    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def kept(self) -> str:
        """See ports.PasswordStore."""
        row = await self._store.row("SELECT digest FROM password")
        return str(row["digest"]) if row else ""

    async def keep(self, digest: str) -> None:
        """See ports.PasswordStore."""
        now = seconds(self._clock.now())
        async with self._store.write() as db:
            await db.execute("DELETE FROM password")
            if digest:
                await db.execute("INSERT INTO password VALUES (1, ?, ?)", (digest, now))
