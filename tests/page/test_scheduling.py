"""Scheduling: the daily time and the grid of hours, saved and read back (rows 4 and 12)."""

import re
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.page.browser import Browser, Seen, dated, moment
from tests.page.site import Site, site

CHOSEN = {
    "enabled": "on",
    "daily_at": "05:30",
    "grid_active": "on",
    "hours": ["mon-08", "fri-20", "sun-23"],
}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A box in India: five hours and a half ahead of UTC."""
    with site(tmp_path_factory.mktemp("scheduling"), learners=2, zone="Asia/Kolkata") as made:
        yield made


def inputs(seen: Seen, name: str) -> list[str]:
    """The controls of that name, as they are written."""
    return re.findall(rf'<input [^>]*name="{name}"[^>]*>', seen.html)


def ticked(seen: Seen) -> list[str]:
    """The hours that are ticked, by the names that a screen reader says."""
    found = (re.search(r'aria-label="([^"]*)" checked', each) for each in inputs(seen, "hours"))
    return [each[1] for each in found if each]


def test_it_is_saved_and_due(here: Site, admin: Browser) -> None:
    """All at once by one form; the next due time is shown, and the daily time as it is here."""
    seen = admin.press("/scheduling", CHOSEN, on="/scheduling")
    schedule = here.ask("GET", "schedule")
    assert schedule["hours"] == CHOSEN["hours"]
    assert (schedule["enabled"], schedule["daily_at"], schedule["grid_active"]) == (
        True, "05:30", True,
    )  # fmt: skip
    assert "Saved." in seen.text
    assert "they are inactive" not in seen.text
    assert ticked(seen) == ["Monday 08:00", "Friday 20:00", "Sunday 23:00"]
    due = schedule["next_due_at"]  # the daily time, or one of the hours on its day
    local = datetime.fromisoformat(due).astimezone(ZoneInfo("Asia/Kolkata"))
    is_next_day = local.date() > datetime.fromisoformat(due).date()
    shown = f"{dated(local)}, {local:%H:%M}" if is_next_day else f"{local:%H:%M}"
    assert f"Next sync {moment(due)} ({shown} here)" in seen.text
    assert "05:30 UTC is 11:00 here (Asia/Kolkata)" in seen.text


def test_each_hour_has_a_name_and_the_hour_here(anyone: Browser) -> None:
    """168 boxes, each with its day and hour; beside the hour in UTC that of the clocks around."""
    seen = anyone.get("/scheduling")
    names = [re.findall(r'aria-label="([^"]*)"', each)[0] for each in inputs(seen, "hours")]
    assert len(set(names)) == 7 * 24
    assert names[:2] == ["Monday 00:00", "Tuesday 00:00"]
    rows = re.findall(r'<th scope="row">([^<]*)</th><td>([^<]*)(?:<sup[^>]*>([^<]*))?', seen.html)
    assert rows[0] == ("00:00", "05:30", "")
    assert rows[18] == ("18:00", "23:30", "")
    assert rows[19] == ("19:00", "00:30", "+1")


def test_nobody_else_changes_it(here: Site, anyone: Browser) -> None:
    """The same grid, and every control of it disabled; a form leads to the password."""
    before = here.ask("GET", "schedule")
    seen = anyone.get("/scheduling")
    assert ticked(seen)
    controls = [each for name in CHOSEN for each in inputs(seen, name)]
    assert len(controls) == 7 * 24 + 5
    assert all(" disabled" in each for each in controls)
    assert 'method="post"' not in seen.html
    for path in ("/scheduling", "/scheduling/reset"):
        assert anyone.send("POST", path, {"grid_active": "off"}).to.startswith("/sign-in")
    assert here.ask("GET", "schedule")["hours"] == before["hours"]


def test_inactive_keeps_the_grid(here: Site, admin: Browser) -> None:
    """And the daily time off keeps the time."""
    kept = CHOSEN | {"grid_active": "off", "enabled": "off"}
    seen = admin.press("/scheduling", kept, on="/scheduling")
    schedule = here.ask("GET", "schedule")
    assert (schedule["grid_active"], schedule["enabled"]) == (False, False)
    assert (schedule["hours"], schedule["daily_at"]) == (CHOSEN["hours"], "05:30")
    assert len(ticked(seen)) == 3
    assert "they are inactive: no sync begins by them" in seen.text
    assert "nothing is scheduled" in seen.text


def test_what_is_refused_is_said_and_nothing_that_was_typed_is_lost(
    here: Site, admin: Browser
) -> None:
    """A time that there is not: the sentence on top, the same form below, and nothing changed."""
    before = here.ask("GET", "schedule")
    typed = CHOSEN | {"daily_at": "25:00", "hours": ["tue-03"]}
    seen = admin.post("/scheduling", typed, on="/scheduling")
    assert seen.status == 400
    assert "schedule.daily_at" in seen.text
    assert 'value="25:00"' in inputs(seen, "daily_at")[0]
    assert ticked(seen) == ["Tuesday 03:00"]
    assert " checked" in inputs(seen, "grid_active")[0]
    after = here.ask("GET", "schedule")
    assert {**after, "now": None} == {**before, "now": None}


def test_reset_clears_the_grid_and_nothing_else(here: Site, admin: Browser) -> None:
    """Whatever is ticked in the form."""
    admin.press("/scheduling", CHOSEN, on="/scheduling")
    seen = admin.press("/scheduling/reset", CHOSEN, on="/scheduling")
    assert "All hours were cleared." in seen.text
    schedule = here.ask("GET", "schedule")
    assert schedule["hours"] == []
    assert (schedule["enabled"], schedule["daily_at"], schedule["grid_active"]) == (
        True, "05:30", True,
    )  # fmt: skip


def test_what_the_settings_file_fixes_is_shown_as_fixed(here: Site) -> None:
    """Disabled, with the file's name; the rest of the form is saved all the same."""
    here.restart(schedule__hours='["wed-10"]')
    admin = here.signed_in()
    seen = admin.get("/scheduling")
    assert f"Fixed by {here.world.folder / 'beekeed.toml'}" in seen.text
    assert ticked(seen) == ["Wednesday 10:00"]
    assert all(" disabled" in each for each in inputs(seen, "hours"))
    assert " disabled" not in inputs(seen, "daily_at")[0]
    assert "Reset" not in seen.text
    admin.press("/scheduling", CHOSEN | {"daily_at": "06:00"}, on="/scheduling")
    schedule = here.ask("GET", "schedule")
    assert (schedule["daily_at"], schedule["hours"]) == ("06:00", ["wed-10"])
