"""Sends a day in one of the ways, over the emulated line, and tells what that cost."""

import json
import os
import subprocess
import time
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from tests.benchmarks.day import peer
from tests.benchmarks.day.school import School
from tests.benchmarks.day.way import ADDRESS, UPLOADS, Sent, Way
from tests.benchmarks.day.work import Day
from tests.link.emulator import Weather
from tests.system.world import ROOT, World

PEERS = ROOT / ".venv" / "peers" / "bin" / "python"
"""What has the packages that beekeed is measured beside; packaging/bench makes it."""
BACKUPS = ROOT / "tests" / "data" / "course-backup.toml"


class NotThere(Exception):
    """There is no interpreter with the packages that are measured beside; says what to do."""


def beekeed(school: School, day: Day, weather: Weather) -> Sent:
    """Have the daemon, which has been running, synchronize a day."""
    with school.at(day) as here:
        here.start_daemon(inside=school.way.box)
        with school.way.of(weather):
            began = time.monotonic()
            run = here.sync()
            seconds = time.monotonic() - began
        sent = Sent(school.way.carried_bytes(), seconds)
        assert run["status"] == "completed", (run, here.log())
        _see_all_arrived(here)
        return sent


def others(
    school: School, how: str, day: Day, weather: Weather, *, python: Path, most: int | None = None
) -> tuple[Sent, int]:
    """Have a peer send a day, or so many of its calls at most; gives how many it made, too."""
    with school.at(day) as here:
        calls = school.calls(here, day)
        some = sample(calls, most)
        job = {"how": how, "address": ADDRESS, "calls": some, "token": here.token.read_text()}
        sent = _run(school.way, job, weather, python)
        if len(some) == len(calls):
            _see_all_arrived(here)
        return sent, len(some)


def sample(calls: Sequence[object], most: int | None) -> Sequence[object]:
    """Give so many calls, evenly out of all, so that each kind has its share."""
    if most is None or most >= len(calls):
        return calls
    return [calls[int((place + 0.5) * len(calls) / most)] for place in range(most)]


def upload(way: Way, folder: Path, size_bytes: int, weather: Weather, *, python: Path) -> Sent:
    """Send a file of a size, which cannot be made smaller."""
    file = folder / "backup.mbz"
    file.write_bytes(os.urandom(size_bytes))
    job = {"how": "upload", "address": UPLOADS, "file": str(file), "token": "0" * 32}
    with way.taking_files():
        return _run(way, job, weather, python)


def backup_sizes() -> Mapping[int, int]:
    """Give how many bytes a course backup with users has, by how many changes there were."""
    data = tomllib.loads(BACKUPS.read_text())
    return {int(changes): size for changes, size in data["with_users_bytes"].items()}


def _see_all_arrived(here: World) -> None:
    compared = here.compare()
    assert compared.verified, compared.differences[:5]


def _run(way: Way, job: Mapping[str, object], weather: Weather, python: Path) -> Sent:
    require(python)
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


@cache
def require(python: Path) -> None:
    """Raise NotThere where an interpreter lacks what is measured beside."""
    needed = [str(python), "-c", "import moodle.session, requests"]
    if not python.exists() or subprocess.run(needed, check=False, capture_output=True).returncode:
        raise NotThere(
            f"{python} is not there, or has no pymoodle and requests: ./packaging/bench makes it"
            " (make_venv peers), or name another with --peers"
        )
