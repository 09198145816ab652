"""Calendar: a month as boxes, its days, and syncs of a day or a month (features.md, row 11)."""

import re
from datetime import UTC, date, datetime, timedelta

from beekeed.page.calendar import weeks
from tests.page.browser import Browser, Seen, dated
from tests.page.site import Site

DAY = timedelta(days=1)


def today() -> date:
    """The UTC day."""
    return datetime.now(UTC).date()


def place(day: date) -> str:
    """Where the calendar shows a day that was chosen."""
    return f"/calendar?month={day:%Y-%m}&day={day}"


def box(seen: Seen, day: date) -> str:
    """The box of a day in the month."""
    found = re.search(rf'<td class="[^"]*"><a href="[^"]*day={day}#day".*?</td>', seen.html)
    assert found, seen.text
    return found[0]


def test_weeks_begin_on_monday() -> None:
    """November 2026 begins on a Sunday, alone in its week, and ends on a Monday."""
    days = [{"date": f"2026-11-{number:02}"} for number in range(1, 31)]
    laid = weeks(days)
    assert [len(week) for week in laid] == [7] * 6
    assert laid[0] == [None] * 6 + [{"date": "2026-11-01"}]
    assert laid[5] == [{"date": "2026-11-30"}] + [None] * 6


def test_before_the_first_sync_no_day_is_safe(anyone: Browser) -> None:
    """Grey by icon and word; today is marked; what is to come cannot be chosen."""
    seen = anyone.get("/calendar")
    count = ((today().replace(day=28) + 4 * DAY).replace(day=1) - DAY).day
    assert f"0/{count} days synchronized" in seen.text
    mine = box(seen, today())
    assert 'aria-current="date"' in mine
    assert 'class="waiting today"' in mine
    assert "open" in mine
    assert seen.html.count('aria-current="date"') == 1
    assert seen.html.count('class="to-come"') == count - today().day
    assert "Saved:" not in seen.text


def test_months_are_turned_by_links(here: Site, anyone: Browser) -> None:
    """One back and forth again; what is no month is refused in a sentence."""
    month = here.ask("GET", "calendar")
    seen = anyone.get("/calendar")
    before = f"/calendar?month={month['previous']}"
    assert f'href="{before}" rel="prev"' in seen.html
    assert f'href="/calendar?month={month["month"]}" rel="next"' in anyone.get(before).html
    assert "November 2025" in anyone.get("/calendar?month=2025-11").text
    wrong = anyone.send("GET", "/calendar?month=May")
    assert wrong.status == 400
    assert "write it as year and month, like 2026-11" in wrong.text


def test_sync_now_for_a_grey_day(here: Site, admin: Browser) -> None:
    """Only that day is sent, and it is green since: in the month, and in the list."""
    ((at,),) = here.world.on_box("SELECT MAX(timemodified) FROM mdl_course_modules_completion")
    day = min(datetime.fromtimestamp(at, UTC).date(), today() - DAY)
    seen = admin.get(place(day))
    assert "This day is not synchronized yet." in seen.text
    assert "Sync now" in seen.text
    assert "started" in admin.press("/calendar", {"day": str(day)}, on=place(day)).text
    assert here.latest()["period"] == {"from": str(day), "to": str(day)}
    seen = admin.get(place(day))
    assert 'class="safe chosen"' in box(seen, day)
    assert re.search(rf" 1/\d\d days synchronized {dated(day)} Saved: \d+", seen.text)


def test_the_list_of_synchronized_days(here: Site, anyone: Browser) -> None:
    """After a sync: each day that is over, with what was saved, and how many they are."""
    here.sync()
    month = here.ask("GET", f"calendar?month={today() - DAY:%Y-%m}")
    seen = anyone.get(f"/calendar?month={month['month']}")
    green = [each for each in month["days"] if each["state"] == "green"]
    assert green
    assert f"{len(green)}/{len(month['days'])} days synchronized" in seen.text
    for each in green:
        assert f"{dated(date.fromisoformat(each['date']))} Saved: {each['saved']}" in seen.text
    assert seen.html.count('class="dot"') == len(green)


def test_an_amber_day_says_why_and_is_resynchronized(
    here: Site, admin: Browser, anyone: Browser
) -> None:
    """Row 10: late work turns its day amber, with how much; only who is signed in may send it."""
    day = today() - 2 * DAY
    at = int(datetime(day.year, day.month, day.day, 10, tzinfo=UTC).timestamp())
    here.world.on_box(
        "UPDATE mdl_course_modules_completion SET completionstate = 0, timemodified = ? WHERE id IN"
        " (SELECT id FROM mdl_course_modules_completion WHERE completionstate = 1 LIMIT 2)",
        at,
    )
    here.sync()
    seen = anyone.get(place(day))
    assert 'class="look chosen"' in box(seen, day)
    assert f"{dated(day)} 2 late" in seen.text
    assert "Late 2 changes" in seen.text
    assert 'method="post"' not in seen.html
    shown = admin.get(place(day)).html
    assert f'name="day" value="{day}"' in shown
    assert "Resynchronize" in shown
    admin.press("/calendar", {"day": str(day)}, on=place(day))
    run = here.latest()
    assert (run["period"], run["saved_events"]) == ({"from": str(day), "to": str(day)}, 2)
    assert 'class="safe chosen"' in box(admin.get(place(day)), day)


def test_resynchronize_a_month(here: Site, admin: Browser) -> None:
    """The month that is shown, up to today; one that is to come has no button."""
    month = f"{today():%Y-%m}"
    admin.press("/calendar", {"month": month}, on=f"/calendar?month={month}")
    assert here.latest()["period"] == {"from": f"{month}-01", "to": str(today())}
    following = here.ask("GET", "calendar")["next"]
    assert 'name="month"' not in admin.get(f"/calendar?month={following}").html
    assert admin.post("/calendar", {"month": following}).status == 400


def test_nobody_else_starts_one(here: Site, anyone: Browser) -> None:
    """Without a session the form leads to the password, and nothing runs."""
    before = here.ask("GET", "runs?limit=1")["total"]
    answer = anyone.send("POST", "/calendar", {"day": str(today())})
    assert answer.to.startswith("/sign-in")
    assert here.ask("GET", "runs?limit=1")["total"] == before
