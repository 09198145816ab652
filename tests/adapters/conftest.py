"""Databases for a test: our own, and a box's of each kind."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from beekeed.moodle.login import Login
from beekeed.sqlite.store import Store, open_store
from tests.servers import KINDS, Box, Server, fill


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where our own database is."""
    return tmp_path / "state" / "beekeed.sqlite"


@pytest.fixture
async def store(database: Path) -> AsyncIterator[Store]:
    """An open, empty database."""
    opened = await open_store(database)
    yield opened
    await opened.close()


@pytest.fixture
def new_box(tmp_path: Path, server_of: Callable[[str], Server]) -> Callable[[str, str], Box]:
    """Give a box's database of a kind, of the test's own, filled with a sample."""

    def make(kind: str, sample: str) -> Box:
        if kind == "sqlite":
            login = Login(kind="sqlite", path=str(tmp_path / "box.sqlite"), prefix="mdl_")
            fill(login, sample)
            return Box(login, None)
        server = server_of(kind)
        return Box(server.copy_of(sample), server)

    return make


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn."""
    return str(request.param)


@pytest.fixture
def box(kind: str, new_box: Callable[[str, str], Box]) -> Box:
    """A box with a real device's rows, of each kind."""
    return new_box(kind, "device-sample")
