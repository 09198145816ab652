"""The schedule and Enable Sync, on the real daemon and from a terminal (rows 1, 4 and 12)."""

import argparse
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from beekeed.ctl.exits import Exit
from beekeed.ctl.schedule import hours_asked
from tests import namespaces
from tests.namespaces import SITE, Line, ip
from tests.system.wallclock import set_clock, wall_clock
from tests.system.world import World, world

LONGEST_WAIT_SECONDS = 20


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A box whose daemon runs, with an online Moodle on loopback."""
    with world(tmp_path_factory.mktemp("schedule"), learners=3) as made:
        made.environment["TZ"] = "Asia/Kolkata"
        made.start_daemon()
        yield made


def schedule(here: World, *words: str) -> dict[str, Any]:
    """Ask for it, or change it."""
    said = here.ctl("schedule", *words, "--json")
    assert said.code == Exit.OK, said.err
    return said.json


def test_the_schedule_is_set_shown_and_kept(here: World) -> None:
    """The grid in 80 columns, in UTC and by the clocks around the box; a restart keeps it all."""
    assert "nothing is scheduled" in here.ctl("status").out
    said = here.ctl("schedule", "set", "--daily", "02:00", "--hours", "mon-fri 08-11, sat 20")
    assert said.code == Exit.OK
    lines = said.out.splitlines()
    assert max(map(len, lines)) <= 80
    rows = {line.split()[0]: line.split()[1:] for line in lines if line}
    assert rows["UTC"][:2] == ["00", "01"]
    assert rows["local"][:2] == ["05", "06"]
    for day, hours in (("Mon", [8, 9, 10, 11]), ("Sat", [20]), ("Sun", [])):
        assert [hour for hour, cell in enumerate(rows[day]) if cell == "##"] == hours
    text = " ".join(said.out.split())
    assert "Asia/Kolkata, now UTC+05:30" in text
    assert "at 02:00 UTC, 07:30 in Asia/Kolkata now" in text
    before = schedule(here)
    here.end()
    here.start_daemon()
    after = schedule(here)
    told = ("hours", "daily_at", "enabled", "grid_active", "jitter_seconds", "next_due_at", "zone")
    assert [after[name] for name in told] == [before[name] for name in told]
    assert len(after["hours"]) == 21
    due = datetime.fromisoformat(after["next_due_at"])
    assert datetime.now(UTC) < due < datetime.now(UTC) + timedelta(days=1, minutes=11)
    shown = here.ctl("status").out
    assert f"{due:%Y-%m-%d %H:%M} UTC" in shown
    status = here.ctl("status", "--json").json
    assert (status["enabled"], status["next_due_at"]) == (True, after["next_due_at"])


def test_the_grid_is_kept_while_it_is_not_active_and_cleared_by_reset(here: World) -> None:
    """Rows 4 and 12: each has its switch."""
    schedule(here, "set", "--hours", "sun 23-23", "--daily", "off", "--jitter", "0")
    off = schedule(here, "deactivate")
    assert (off["grid_active"], off["hours"], off["next_due_at"]) == (False, ["sun-23"], None)
    on = schedule(here, "activate")
    assert (on["next_due_kind"], on["jitter_seconds"]) == ("hour", 0)
    due = datetime.fromisoformat(on["next_due_at"])
    assert (due.strftime("%a %H:%M:%S"), due > datetime.now(UTC)) == ("Sun 23:00:00", True)
    cleared = schedule(here, "reset")
    assert (cleared["grid_active"], cleared["hours"], cleared["next_due_at"]) == (True, [], None)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["set"], Exit.USAGE),
        (["show", "--daily", "02:00"], Exit.USAGE),
        (["set", "--daily", "25:00"], Exit.USAGE),
        (["set", "--hours", "someday 08"], Exit.USAGE),
        (["set", "--jitter", "46"], Exit.USAGE),
    ],
)
def test_what_cannot_be_set_is_said(here: World, words: list[str], code: Exit) -> None:
    """With what to write instead; nothing is changed."""
    before = schedule(here)
    said = here.ctl("schedule", *words)
    assert (said.code, said.out) == (code, "")
    assert said.err
    after = schedule(here)
    assert after | {"now": ""} == before | {"now": ""}


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("mon 08", ["mon-08"]),
        ("Fri-Mon 8", ["mon-08", "fri-08", "sat-08", "sun-08"]),
        ("wed 00-01 23, tue 5", ["tue-05", "wed-00", "wed-01", "wed-23"]),
        ("mon-sun 0-23", [f"{day}-{hour:02}" for day in
                          ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
                          for hour in range(24)]),
    ],
)  # fmt: skip
def test_hours_are_written_as_people_write_them(text: str, hours: list[str]) -> None:
    """Days and spans of days, hours and spans of hours, first and last among them."""
    assert hours_asked(text) == hours


@pytest.mark.parametrize(
    "text", ["", "mon", "08", "mon 24", "mon 9-8", "mo 8", "mon 8;", "mon-x 8"]
)
def test_hours_that_cannot_be_understood_are_not_guessed(text: str) -> None:
    """They are told back."""
    with pytest.raises(argparse.ArgumentTypeError):
        hours_asked(text)


def test_what_the_file_fixes_is_said(here: World) -> None:
    """It is shown as fixed, by its file, and not changed."""
    here.end()
    here.start_daemon(schedule__enabled="true", schedule__daily_at='"03:30"')
    said = here.ctl("schedule", "set", "--daily", "02:00")
    assert said.code != Exit.OK
    assert "schedule.enabled is fixed by" in here.ctl("schedule").out
    assert schedule(here)["daily_at"] == "03:30"
    assert "daily_at" in schedule(here)["fixed"]


def test_switched_off_nothing_runs_and_everything_else_goes_on(here: World) -> None:
    """An exit code of its own; it survives a restart; dry run, check and link stay possible."""
    here.ctl("schedule", "set", "--daily", "off")  # whatever the time is while this runs
    here.ctl("schedule", "deactivate")
    before = here.ctl("history", "--json").json["total"]
    said = here.ctl("disable")
    assert (said.code, "switched off" in said.out) == (Exit.OK, True)
    here.end()
    here.start_online()
    here.start_daemon()
    status = here.ctl("status", "--json").json
    assert (status["enabled"], status["phase"]) == (False, "off")
    assert "switched off" in here.ctl("status").out
    for words in (["sync"], ["sync", "--day", "2026-11-01"], ["verify"]):
        refused = here.ctl(*words)
        assert refused.code == Exit.DISABLED
        assert "beekeectl enable" in refused.err
    for words in (["sync", "--dry-run"], ["check"], ["link"], ["schedule"], ["calendar"]):
        assert here.ctl(*words).code == Exit.OK, words
    assert here.ctl("history", "--json").json["total"] == before
    assert here.ctl("enable", "--json").json["enabled"]
    assert here.sync()["status"] == "completed"


def test_switching_off_stops_the_sync_that_runs(here: World) -> None:
    """Once the request in flight is settled; what arrived is kept, and it goes on when it may."""
    here.on_box("UPDATE mdl_user SET city = 'Elsewhere' WHERE id > 3")
    here.switch("hold_before", "*")
    here.on_online("DELETE FROM sandbox_request")
    event_id = here.ctl("sync", "--json").json["event_id"]
    here.until("SELECT count(*) > 0 FROM sandbox_request")
    assert event_id in here.ctl("disable").out
    here.switch("hold_before", None)
    run = here.ctl("show", event_id, "--json").json
    while run["ended_at"] is None:
        run = here.ctl("show", event_id, "--json").json
    assert run["status"] == "stopped"
    assert here.ctl("sync").code == Exit.DISABLED
    here.ctl("enable")
    assert here.sync()["status"] == "completed"
    assert here.compare().verified


@pytest.fixture
def line() -> Iterator[Line]:
    """A line from the box to the site, and no other."""
    with namespaces.line("sched", subnet="10.81.0") as made:
        yield made


def at(here: World, moment: datetime) -> None:
    """Have the daemon's clock set."""
    set_clock(here, f"{(moment - datetime.now(UTC)).total_seconds():+.3f}")


def until_ended(here: World, count: int) -> dict[str, Any]:
    """Wait until so many runs have ended; gives the newest."""
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while True:
        runs: list[dict[str, Any]] = here.ctl("history", "--json").json["runs"]
        if len(runs) == count and all(each["ended_at"] for each in runs):
            return runs[0]
        assert time.monotonic() < deadline, here.log()
        time.sleep(0.1)


@pytest.mark.root
def test_the_daemon_begins_by_itself(line: Line, tmp_path: Path) -> None:
    """At the daily time; offline then, it records a skipped run; in a selected hour it begins
    as soon as the link is back, and nothing leaves before."""
    day = datetime(2027, 3, 1, tzinfo=UTC)  # a Monday
    here = World(tmp_path, learners=3, now=int(day.timestamp()))
    try:
        here.start_online(host=line.net_address, inside=line.net)
        with wall_clock(here):
            at(here, day)
            here.start_daemon(inside=line.box)
        at(here, day.replace(hour=1, minute=59, second=58))
        schedule(here, "set", "--daily", "02:00", "--jitter", "0")
        run = until_ended(here, 1)
        assert (run["cause"], run["status"]) == ("scheduled", "completed")
        assert run["started_at"].startswith("2027-03-01T02:00:0")
        assert here.compare().verified

        ip("-n", line.net, "link", "set", SITE, "down")
        at(here, day.replace(day=2, hour=1, minute=59, second=58))
        schedule(here, "set", "--hours", "tue 08")
        run = until_ended(here, 2)
        assert (run["cause"], run["status"]) == ("scheduled", "skipped")
        assert run["reason"]["code"] == "offline"
        assert here.ctl("status", "--json").json["latest"]["status"] == "completed"

        here.on_box("UPDATE mdl_user SET city = 'Elsewhere' WHERE id > 3")
        at(here, day.replace(day=2, hour=8, minute=20))
        schedule(here, "set", "--daily", "03:00")
        assert "as soon as there is a link, until 2027-03-02 09:00" in " ".join(
            here.ctl("status").out.split()
        )
        asked = here.on_online("SELECT count(*) FROM sandbox_request")
        time.sleep(1)
        assert here.on_online("SELECT count(*) FROM sandbox_request") == asked
        ip("-n", line.net, "link", "set", SITE, "up")
        run = until_ended(here, 3)
        assert (run["cause"], run["status"]) == ("scheduled", "completed")
        assert run["started_at"].startswith("2027-03-02T08:2")
        assert here.compare().verified
    finally:
        here.end()
