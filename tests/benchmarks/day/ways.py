"""Sends a day in one of the ways, over the emulated line, and tells what that cost."""

import itertools
import json
import os
import subprocess
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.calls import ENROL, Plain
from tests.benchmarks.day import peer
from tests.benchmarks.day.school import NotArrived, School, see_all_arrived
from tests.benchmarks.day.way import ADDRESS, UPLOADS, Sent, Way
from tests.benchmarks.day.work import Day
from tests.link.emulator import Weather
from tests.system.world import ROOT

PEERS = ROOT / ".venv" / "peers" / "bin" / "python"
"""What has the packages that beekeed is measured beside; packaging/bench makes it."""
BACKUPS = ROOT / "tests" / "data" / "course-backup.toml"


class NotThere(Exception):
    """There is no interpreter with the packages that are measured beside; says what to do."""


def beekeed(school: School, day: Day, weather: Weather) -> Sent:
    """Have the daemon, which has been running, synchronize a day. Raises NotArrived."""
    with school.at(day) as here:
        here.start_daemon(inside=school.way.box)
        with school.way.of(weather):
            began = time.monotonic()
            run = here.sync()
            seconds = time.monotonic() - began
        if run["status"] != "completed":
            raise NotArrived(f"the sync ended {run['status']}: {run['reason']}\n{here.log()}")
        sent = Sent(school.way.carried_bytes(), seconds)
        see_all_arrived(here)
        return sent


def others(
    school: School, how: str, day: Day, weather: Weather, *, python: Path, most: int | None = None
) -> tuple[Sent, int, int]:
    """Have a peer make the calls of a day, or so many at most; gives how many it made, of how many.

    Raises NotThere, and NotArrived.
    """
    with school.at(day) as here:
        calls = school.calls(here, day)
        some = sample(calls, most)
        job = {"how": how, "address": ADDRESS, "calls": some, "token": here.token.read_text()}
        sent = _run(school.way, job, weather, python)
        if len(some) == len(calls):
            see_all_arrived(here)
        return sent, len(some), len(calls)


def sample(calls: Plain, most: int | None) -> Plain:
    """Give so many calls, evenly out of all, so that each kind has its share.

    None of them is the second of two that belong together: enrolling who was made by the first.
    """
    if most is None or most >= len(calls):
        return calls
    alone = [call for call in calls if call[0] != ENROL]
    return [alone[int((place + 0.5) * len(alone) / most)] for place in range(most)]


def upload(way: Way, folder: Path, size_bytes: int, weather: Weather, *, python: Path) -> Sent:
    """Send a file of a size, which cannot be made smaller."""
    file = folder / "backup.mbz"
    file.write_bytes(os.urandom(size_bytes))
    job = {"how": "upload", "address": UPLOADS, "file": str(file), "token": "0" * 32}
    with way.taking_files():
        return _run(way, job, weather, python)


def backup_bytes(changes: int) -> int:
    """Give the size of a course backup with users after so many changes.

    Between two sizes that were measured: on the straight line between them.
    """
    data = tomllib.loads(BACKUPS.read_text())["with_users_bytes"]
    points: list[tuple[int, int]] = sorted((int(changes), size) for changes, size in data.items())
    (fewer, small), (more, large) = next(
        pair for pair in itertools.pairwise(points) if pair[0][0] <= changes <= pair[1][0]
    )
    return round(small + (large - small) * (changes - fewer) / (more - fewer))


def backup_bytes_with_answers() -> int:
    """Give its size after a day, with the learners' answers in quizzes, and their essays."""
    return int(tomllib.loads(BACKUPS.read_text())["with_answers_bytes"])


def _run(way: Way, job: Mapping[str, object], weather: Weather, python: Path) -> Sent:
    command = ["ip", "netns", "exec", way.box, str(python), str(Path(peer.__file__))]
    with way.of(weather):
        done = subprocess.run(
            command,
            input=json.dumps(job) + "\n",
            capture_output=True,
            text=True,
            env=os.environ | way.environment,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-2000:]
    return Sent(way.carried_bytes(), json.loads(done.stdout)["seconds"])


def require(python: Path) -> None:
    """Raise NotThere where an interpreter lacks what is measured beside."""
    needed = [str(python), "-c", "import moodle.session, requests"]
    if not python.exists() or subprocess.run(needed, check=False, capture_output=True).returncode:
        raise NotThere(
            f"{python} is not there, or has no pymoodle and requests: ./packaging/bench makes it"
            " (make_venv peers), or name another with --peers"
        )
