"""A world for a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.world import World, world


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    """A box of 12 learners and an online Moodle that runs; the daemon is not started."""
    with world(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The same with a daemon that runs, for the tests of a file that do not disturb each other."""
    with world(tmp_path_factory.mktemp("shared")) as made:
        made.start_daemon()
        yield made
