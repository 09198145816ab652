"""A wrong clock and the real daemon (features.md, row 22)."""

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from beekeed.ctl.exits import Exit
from tests.system.encrypted import encrypted_world
from tests.system.wallclock import offset_to, set_clock, wall_clock
from tests.system.world import World, world

DAY = 86_400
FEW = {"learners": 3}


def clock(here: World) -> dict[str, Any]:
    """How far the daemon believes its clock."""
    return dict(here.ctl("status", "--json").json["clock"])


def closed_until(here: World) -> int | None:
    """The last day that is closed, by its number since 1970."""
    last: int | None = here.in_state("SELECT max(last_day) FROM closed_days")[0][0]
    return last


def yesterday() -> int:
    """Its number since 1970."""
    return int(time.time()) // DAY - 1


@pytest.mark.parametrize("year", [1970, 2045])
def test_a_certificate_that_fails_on_dates_is_a_sentence_that_says_how_to_set_the_clock(
    tmp_path: Path, year: int
) -> None:
    """And an exit code of its own; once the clock is set everything arrives, and days close."""
    with encrypted_world(tmp_path, **FEW) as here:
        with wall_clock(here, offset_to(year)):
            here.start_daemon()
        said = here.ctl("sync", "--wait")
        assert said.code == Exit.CLOCK
        text = " ".join(said.out.split())
        assert re.search(rf"it says \d+ \w+ {year}, \d\d:\d\d", text)
        assert "timedatectl set-time '" in text
        assert "these times may be wrong" in text
        assert "these times may be wrong" in " ".join(here.ctl("history").out.split())
        assert clock(here)["trust"] == "untrusted"
        shown = " ".join(here.ctl("status").out.split())
        assert "which is not trusted: no day is called safe until it is" in shown
        assert here.on_online("SELECT count(*) FROM sandbox_request") == [(0,)]

        set_clock(here, "+0")
        assert here.sync()["status"] == "completed"
        assert here.compare().verified
        assert clock(here) == {"trust": "plausible", "reason": None}
        assert closed_until(here) == yesterday()
        failed = here.ctl("history", "--json").json["runs"][1]
        assert failed["clock_trusted"]  # it turned out when it was
        began = datetime.fromisoformat(failed["started_at"])
        assert abs(began - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_clock_that_is_set_in_a_run_closes_no_day(tmp_path: Path) -> None:
    """What was sent is kept; set back, it is as right as before, and the next run closes them."""
    with encrypted_world(tmp_path, **FEW) as here:
        with wall_clock(here):
            here.start_daemon()
        here.switch("hold_before", "core_course_get_courses_by_field")
        event_id = here.ctl("sync", "--json").json["event_id"]
        here.until("SELECT count(*) > 0 FROM sandbox_request")
        set_clock(here, f"+{40 * DAY}")
        here.switch("hold_before", None)
        run = here.ctl("show", event_id, "--json").json
        while run["ended_at"] is None:
            run = here.ctl("show", event_id, "--json").json
        assert (run["status"], run["clock_trusted"]) == ("completed", False)
        assert closed_until(here) is None
        assert clock(here)["reason"]["code"] == "clock_disagrees"
        assert f"set-time '{datetime.now(UTC):%Y-%m-%d}" in clock(here)["reason"]["remedy"]

        set_clock(here, "+0")
        assert here.sync()["status"] == "completed"
        assert closed_until(here) == yesterday()
        assert here.compare().verified


@pytest.mark.root
def test_a_time_server_that_answers_late(tmp_path: Path) -> None:
    """The work went meanwhile, no day closed; then they do, and the run has its true time."""
    told = tmp_path / "timesync"
    told.mkdir()
    see = (
        "mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/timesync"
        f' && mount --bind {told} /run/systemd/timesync && exec "$@"'
    )
    (tmp_path / "world").mkdir()
    with world(tmp_path / "world", **FEW) as here:
        with wall_clock(here, offset_to(2001)):
            here.start_daemon(under=["unshare", "--mount", "sh", "-c", see, "sh"])
        run = here.sync()
        assert (run["status"], run["clock_trusted"]) == ("completed", False)
        assert run["started_at"].startswith("2001-")
        assert here.compare().verified
        assert closed_until(here) is None
        assert clock(here)["reason"]["code"] == "clock_behind"

        set_clock(here, "+0")
        (told / "synchronized").touch()
        assert clock(here) == {"trust": "synced", "reason": None}
        assert here.sync()["status"] == "completed"
        assert closed_until(here) == yesterday()
        first = here.ctl("history", "--json").json["runs"][1]
        assert first["clock_trusted"]
        assert first["started_at"].startswith(f"{datetime.now(UTC):%Y-%m}")
