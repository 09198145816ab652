"""A school for a test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.engine.school import School, school


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[School]:
    """Two courses on both sides, nobody in them, and the engine between them."""
    async with school(tmp_path) as made:
        yield made
