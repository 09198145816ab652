"""Databases for a test: our own, and a box's of each kind."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from beekeed.moodle.login import Login
from beekeed.moodle.online import MoodleWebServices
from beekeed.sandbox.online import SandboxOnline
from beekeed.sandbox.service import add_service
from beekeed.sqlite.opening import open_store
from beekeed.sqlite.store import Store
from tests import namespaces
from tests.adapters.online import adapter
from tests.engine.school import MADE, MATHS, SCIENCE, TOKEN, Side
from tests.servers import KINDS, Box, Server, fill


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where our own database is."""
    return tmp_path / "state" / "beekeed.sqlite"


@pytest.fixture
def alone() -> Iterator[None]:
    """Where nobody else sends anything."""
    with namespaces.alone():
        yield


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


@pytest.fixture
def side(tmp_path: Path) -> Iterator[Side]:
    """The online site's database."""
    made = Side(tmp_path / "online.sqlite", (MATHS, SCIENCE))
    add_service(made.db, token=TOKEN, now=MADE)
    yield made
    made.close()


@pytest.fixture
async def address(side: Side) -> AsyncIterator[str]:
    """Where it answers."""
    moodle = SandboxOnline(side.path)
    yield await moodle.start()
    await moodle.stop()


@pytest.fixture(params=["in batches", "one by one"])
async def online(
    address: str, side: Side, request: pytest.FixtureRequest
) -> AsyncIterator[MoodleWebServices]:
    """The adapter, on a service with and without the batch function."""
    if request.param == "one by one":
        side.sql(
            "DELETE FROM mdl_external_services_functions"
            " WHERE functionname = 'tool_mobile_call_external_functions'"
        )
    made = adapter(address)
    await made.probe()
    yield made
    await made.close()
