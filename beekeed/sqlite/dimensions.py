"""How large our database is, for support."""

from collections.abc import Mapping
from pathlib import Path

from beekeed.sqlite.store import Store


async def dimensions(store: Store, file: Path) -> Mapping[str, int]:
    """Give the schema's number, the bytes of its files, and the rows of its large tables."""
    version = await store.row("PRAGMA user_version")
    tables = await store.rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    found = {"schema": int(version[0]) if version else 0}
    for name, path in (("bytes", file), ("wal_bytes", Path(f"{file}-wal"))):
        found[name] = path.stat().st_size if path.exists() else 0
    for (table,) in tables:
        counted = await store.row(f'SELECT count(*) FROM "{table}"')
        found[f"{table}_rows"] = int(counted[0]) if counted else 0
    return found
