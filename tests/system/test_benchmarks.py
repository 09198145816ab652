"""The benchmarks run: what they print is quoted in documentation, and must be had again."""

from pathlib import Path

import pytest

from tests.benchmarks import figures, measure_bytes, read_changes, school_day
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


@pytest.mark.root
def test_what_a_school_day_costs_is_measured(tmp_path: Path) -> None:
    """A small one: all of it arrives, for more than its least and less than 600 bytes a change."""
    file = tmp_path / "found.json"
    ways = ["--only", "beekeed", "--only", "floor"]
    assert school_day.main(["--quick", *ways, "--json", str(file)]) == 0
    found = {each.name: each.value for each in figures.read(file).figures}
    assert 0 < found["school_day.floor.bytes"] < found["school_day.beekeed.bytes"] / 100
    assert found["school_day.beekeed.bytes_each"] < 600


@pytest.mark.full
def test_what_reading_costs_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """On a small box: what is new is found, and nothing else."""
    assert read_changes.main(["--kind", "mariadb", "--learners", "40", "--activities", "50"]) == 0
    table = [line.split() for line in capsys.readouterr().out.splitlines()[2:]]
    assert [row[2] for row in table if row[0] == "grown"] == ["0", "2", "20", "200", "2000"]
    assert {row[0]: row[2] for row in table if row[0] != "grown"} == {
        "quiet": "0", "day": "2", "full": "0", "taken": "1", "first": "200",
    }  # fmt: skip
