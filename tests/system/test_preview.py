"""`beekeectl sync --dry-run`: what a sync would do and cost, and not a byte on the line."""

import re
from pathlib import Path

import pytest

from beekeed.ctl.exits import Exit
from tests.namespaces import line
from tests.system.world import World

NEAR = 1.3


def asked(here: World) -> int:
    """How many requests the online Moodle got."""
    return int(here.on_online("SELECT count(*) FROM sandbox_request")[0][0])


def test_it_tells_what_the_next_sync_does(here: World) -> None:
    """By kind and course, in words and as JSON; nothing is asked, and no run is recorded."""
    here.start_daemon()
    said = here.ctl("sync", "--dry-run", "--json").json
    shown = " ".join(here.ctl("sync", "--dry-run").out.split())
    assert asked(here) == 0
    assert here.ctl("history").out == "There was no sync yet.\n"
    assert f"Would go: {said['goes']} changes" in shown
    assert "the online Moodle was not asked yet" in shown
    assert "activity completions in BK-MATH" in shown
    assert said["schema"] == "beekeed.preview/1"
    run = here.sync()
    went = sum(each["count"] for each in run["actions"])
    profiles = sum(each["count"] for each in run["actions"] if each["kind"] == "profile")
    assert said["goes"] == went - profiles  # those follow from accounts that are made
    after = here.ctl("sync", "--dry-run", "--json").json
    assert (after["goes"], after["sent_bytes"], after["changes"]) == (0, 0, [])
    assert here.ctl("history", "--json").json["total"] == 1


def test_a_limit_tells_what_would_be_left(here: World) -> None:
    """Up and down together; a limit that is none is refused."""
    here.start_daemon()
    said = here.ctl("sync", "--dry-run", "--limit", "50000", "--json").json
    assert 0 < said["sent_bytes"] + said["received_bytes"] <= 50_000
    assert said["left"] > 0
    assert said["left_sent_bytes"] > 0
    shown = " ".join(here.ctl("sync", "--dry-run", "--limit", "50000").out.split())
    assert f"Would be left: {said['left']} changes" in shown
    assert "more that would be left: " in shown
    assert here.ctl("sync", "--dry-run", "--limit", "-1").code == Exit.USAGE
    assert here.ctl("sync", "--limit", "1000").code == Exit.USAGE
    assert asked(here) == 0


def test_what_would_wait_is_told_with_its_reason(here: World) -> None:
    """A learner who is set aside, and a course where much fell."""
    here.start_daemon()
    here.sync()
    here.on_box("DELETE FROM mdl_course_modules_completion WHERE id % 2 = 0")
    here.on_box("UPDATE mdl_course_modules_completion SET completionstate = 0")
    said = here.ctl("sync", "--dry-run", "--json").json
    assert said["goes"] == 0
    assert said["waits"] > 0
    codes = {wait["reason"]["code"] for each in said["changes"] for wait in each["waits"]}
    assert codes == {"completions_fell"}
    shown = " ".join(here.ctl("sync", "--dry-run").out.split())
    assert re.search(r"Would wait: \d+ activity completions in \S+ In the course", shown)


def test_it_is_asked_for_days_as_a_sync_is(here: World) -> None:
    """With nothing new, all of a day is held against the online Moodle again; wrong days say so."""
    here.start_daemon()
    here.sync()
    assert here.ctl("sync", "--dry-run", "--json").json["goes"] == 0
    days = ("--from", "2000-01-01", "--to", "2100-01-01")
    said = here.ctl("sync", "--dry-run", *days, "--force", "--json").json
    assert said["goes"] > 300
    assert "only if missing" in here.ctl("sync", "--dry-run", *days).out
    assert here.ctl("sync", "--dry-run", "--json").json["goes"] == 0
    wrong = here.ctl("sync", "--dry-run", "--day", "2026-13-01")
    assert (wrong.code, "is not a day" in wrong.err) == (Exit.USAGE, True)


def test_a_sync_that_runs_goes_first(here: World) -> None:
    """One thing at a time."""
    here.start_daemon()
    here.switch("hold_before", "core_enrol_get_enrolled_users")
    here.ctl("sync")
    here.until(
        "SELECT count(*) FROM sandbox_request WHERE function = 'core_enrol_get_enrolled_users'"
    )
    assert here.ctl("sync", "--dry-run").code == Exit.ALREADY_RUNNING
    here.switch("hold_before", None)
    assert here.sync()["status"] == "completed"


@pytest.mark.root
def test_on_the_line_it_costs_about_what_was_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Against the interface's own counters, with the headers of every packet."""
    here = World(tmp_path)
    try:
        with line() as made:
            here.start_online(made.net_address, inside=made.net)
            here.start_daemon(inside=made.box)
            said, run = here.ctl("sync", "--dry-run", "--json").json, here.sync()
            assert run["status"] == "completed"
            for way in ("sent_bytes", "received_bytes"):
                with capsys.disabled():
                    print(f"\n{way}: said {said[way]}, was {run[way]}", end="")  # noqa: T201
                assert run[way] / NEAR < said[way] < run[way] * NEAR
    finally:
        here.end()
