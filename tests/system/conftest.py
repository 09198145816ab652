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
