"""Days with the real programs: beekeectl calendar, and a sync of some days."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from beekeed.ctl.exits import Exit
from tests.system.world import World

DAY = timedelta(days=1)


def today() -> date:
    """The UTC day."""
    return datetime.now(UTC).date()


def days(here: World, day: date) -> dict[str, Any]:
    """A day as the calendar of its month shows it."""
    month = here.ctl("calendar", f"{day:%Y-%m}", "--json").json
    (found,) = [each for each in month["days"] if each["date"] == str(day)]
    return dict(found)


def do_late_work(here: World, day: date, count: int = 1) -> None:
    """Have work appear on the box that was done on a day."""
    at = int(datetime(day.year, day.month, day.day, 10, tzinfo=UTC).timestamp())
    here.on_box(
        "UPDATE mdl_course_modules_completion SET completionstate = 0, timemodified = ? WHERE id IN"
        " (SELECT id FROM mdl_course_modules_completion WHERE completionstate = 1"
        "  ORDER BY id LIMIT ?)",
        at, count,
    )  # fmt: skip


def test_the_calendar_of_a_month(here: World) -> None:
    """features.md, row 11: colours as words, what was saved, and how many days are safe."""
    here.start_daemon()
    assert here.ctl("calendar").out.startswith(f"{today():%Y-%m}: days synchronized: 0 of ")
    here.sync()
    shown = here.ctl("calendar")
    month = here.ctl("calendar", "--json").json
    green = today().day - 1  # the sync closed all that was over
    assert month["synchronized"] == green
    count = len(month["days"])
    assert shown.out.startswith(f"{today():%Y-%m}: days synchronized: {green} of {count}\n")
    assert "Mon" in shown.out
    assert f"- {today().day:>2} today" in shown.out
    assert f"✓ {today() - DAY}" in shown.out or today().day == 1
    assert all(len(line) <= 80 for line in shown.out.splitlines())
    weeks = [line for line in shown.out.splitlines() if line[:2] in ("✓ ", "- ", "! ", "  ")]
    assert len([word for line in weeks for word in line.split() if word.isdigit()]) >= count
    before = here.ctl("calendar", month["previous"], "--json").json
    assert before["next"] == month["month"]
    assert before["synchronized"] == len(before["days"])
    saved = [day["saved"] for each in (month, before) for day in each["days"]]
    assert sum(saved) > 12  # three weeks of a class
    assert f"Saved: {max(saved)}" in shown.out + here.ctl("calendar", month["previous"]).out


def test_late_work_waits_until_its_day_is_asked_for(here: World) -> None:
    """features.md, row 10: shown in status and calendar, with the command that sends it."""
    here.start_daemon()
    here.sync()
    day = today() - 3 * DAY
    do_late_work(here, day, 2)
    run = here.sync()
    assert (run["status"], run["actions"]) == ("completed", [])
    status = here.ctl("status", "--json").json
    assert (status["late"], status["safety"]["level"]) == (2, "look")
    assert status["safety"]["reason"]["code"] == "waits_late"
    here.ctl(
        "settings", "set", "sync.late_changes=send"
    )  # then it goes by itself, if any sync does
    status = here.ctl("status", "--json").json
    assert (status["late"], status["safety"]["reason"]["code"]) == (2, "waits_unscheduled")
    here.ctl("settings", "reset", "sync.late_changes")
    assert "2 of them late: beekeectl calendar" in " ".join(here.ctl("status").out.split())
    assert days(here, day)["state"] == "amber"
    shown = here.ctl("calendar", f"{day:%Y-%m}").out
    assert f"! {day}  2 changes late" in shown
    assert f"beekeectl sync --day {day}" in " ".join(shown.split())

    run = here.ctl("sync", "--wait", "--json", "--day", str(day)).json
    assert run["status"] == "completed"
    assert run["period"] == {"from": str(day), "to": str(day)}
    assert (run["saved_days"], run["saved_events"]) == (1, 2)
    assert days(here, day)["state"] == "green"
    assert here.ctl("status", "--json").json["late"] == 0
    assert here.compare().verified
    assert f"for {day}" in here.ctl("history").out
    details = here.ctl("show", run["event_id"]).out
    assert str(day) in details
    assert "2 changes of 1 day" in details


@pytest.mark.parametrize("how", ["month", "range", "force", "send"])
def test_other_ways_to_send_what_is_late(here: World, how: str) -> None:
    """Its month, a range, Force Sync, or the setting."""
    setting = {"sync__late_changes": '"send"'} if how == "send" else {}
    here.start_daemon(**setting)
    here.sync()
    day = today() - 3 * DAY
    do_late_work(here, day)
    words = {
        "month": ["--month", f"{day:%Y-%m}"],
        "range": ["--from", str(day - DAY), "--to", str(day)],
        "force": ["--force"],
        "send": [],
    }[how]
    run = here.ctl("sync", "--wait", "--json", *words).json
    assert run["status"] == "completed"
    assert run["saved_events"] == 1
    assert here.compare().verified


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sync", "--day", "tomorrow"], "write it as year, month and day, like 2026-11-30"),
        (["sync", "--day", "2999-01-01"], "is still to come; today is"),
        (["sync", "--month", "2026-1"], "write it as year and month, like 2026-11"),
        (["sync", "--from", "2026-01-02", "--to", "2026-01-01"], "put the earlier day first"),
        (["sync", "--from", "2026-01-02"], "with from and to"),
        (["sync", "--to", "2026-01-02"], "with from and to"),
        (["calendar", "May"], "write it as year and month, like 2026-11"),
    ],
)
def test_wrong_days_are_a_sentence_that_says_what_to_write(
    shared: World, words: list[str], said: str
) -> None:
    """And nothing is started."""
    done = shared.ctl(*words)
    assert done.code == Exit.USAGE
    assert said in " ".join(done.err.split())
    assert shared.ctl("history", "--json").json["total"] == 0


def test_a_day_and_a_month_at_once_are_refused(shared: World) -> None:
    """By the command line itself, and by the API to whoever else asks."""
    assert shared.ctl("sync", "--day", "2026-01-01", "--month", "2026-01").code == Exit.USAGE
    for body in ('{"day": "2026-01-01", "month": "2026-01"}', '{"dya": 1}', "[", '{"force": 1}'):
        assert post(shared, body)["error"]["code"] == "bad_request"
    assert shared.ctl("history", "--json").json["total"] == 0


def post(here: World, body: str) -> dict[str, Any]:
    """Ask for a sync as another program would."""
    import http.client
    import socket

    connection = http.client.HTTPConnection("x")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(here.socket))
    connection.request("POST", "/v1/sync", body, {"Host": "beekeed"})
    answer: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def test_days_survive_a_restart(here: World) -> None:
    """What is closed stays closed, and what is late stays late."""
    daemon = here.start_daemon()
    here.sync()
    day = today() - 3 * DAY
    do_late_work(here, day)
    here.sync()
    daemon.terminate()
    assert daemon.wait(10) == 0
    here.start_daemon()
    assert days(here, day)["late"] == 1
    assert days(here, day - DAY)["state"] == "green"
    here.sync()
    assert days(here, day)["late"] == 1
