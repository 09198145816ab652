"""The bytes of a small school day, fast enough to be held against a budget."""

from pathlib import Path

from tests.benchmarks.day import work
from tests.benchmarks.day.school import School
from tests.benchmarks.day.way import FAST, way
from tests.benchmarks.day.ways import beekeed

LEARNERS, CHANGES, SEED = 50, 500, 1


def small_day_bytes(folder: Path) -> int:
    """Measure what beekeed needs for 500 changes of 50 learners: IP bytes both ways, TLS, names.

    As root only; within some 15 seconds. It is the same day each time, on a line that is fast and
    loses nothing: two measurements differ by less than a hundredth, by how data meets packets.
    Raises NotArrived where not all arrived. `folder` has to be empty.
    """
    with way(folder) as line:
        school = School(folder, line, LEARNERS, SEED)
        day = work.day(CHANGES, learners=LEARNERS, seed=SEED)
        return beekeed(school, day, FAST).bytes
