"""Our own database, opened for a test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from beekeed.sqlite.store import Store, open_store


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "state" / "beekeed.sqlite"


@pytest.fixture
async def store(database: Path) -> AsyncIterator[Store]:
    """An open, empty database."""
    opened = await open_store(database)
    yield opened
    await opened.close()
