"""The benchmarks run: what they print is quoted in documentation, and must be had again."""

from pathlib import Path

import pytest

from tests.benchmarks import measure_bytes, read_changes
from tests.engine.school import school


async def test_what_a_sync_costs_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first sync reads what the course holds, and a day what was graded."""
    async with school(tmp_path) as here:
        await measure_bytes.measure(here, 4, 2, 12)
    first, day = capsys.readouterr().out.split("a day\n")
    assert "core_course_get_contents" in first
    assert "core_course_get_contents" not in day
    assert "core_group_create_groups" in day


@pytest.mark.full
def test_what_reading_costs_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """On a small box: what is new is found, and nothing else."""
    assert read_changes.main(["--learners", "40", "--activities", "50"]) == 0
    table = [line.split() for line in capsys.readouterr().out.splitlines()[2:]]
    assert {row[0]: row[2] for row in table} == {
        "quiet": "0", "day": "2", "full": "0", "taken": "1", "first": "200",
    }  # fmt: skip
