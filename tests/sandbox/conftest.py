"""A school's online site, served while a test runs."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from beekeed.sandbox.database import connect
from beekeed.sandbox.online import SandboxOnline
from beekeed.sandbox.school import make_online

from .client import Caller

NOW = 1_795_500_000
TOKEN = "0123456789abcdef" * 2


@pytest.fixture
def school(tmp_path: Path) -> Path:
    """The database of an online site with three courses."""
    path = tmp_path / "online.sqlite"
    make_online(path, now=NOW, seed=1, token=TOKEN)
    return path


@pytest.fixture
def sql(school: Path) -> Iterator[Callable[..., list[sqlite3.Row]]]:
    """Runs SQL in the site's database from outside, as a test in another process would."""
    with closing(connect(school)) as db:

        def run(statement: str, *values: Any) -> list[sqlite3.Row]:
            return db.execute(statement, values).fetchall()

        yield run


@pytest_asyncio.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A client that is closed with the test."""
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest_asyncio.fixture
async def call(school: Path, session: aiohttp.ClientSession) -> AsyncIterator[Caller]:
    """Calls the site's functions; the site's clock stands at NOW."""
    online = SandboxOnline(school, clock=lambda: float(NOW))
    address = await online.start()
    yield Caller(session, address, TOKEN)
    await online.stop()
