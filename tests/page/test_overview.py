"""Overview: what it shows to whom, and its buttons, read back through the control socket."""

import re
import time

from tests.page.browser import Browser
from tests.page.site import Site
from tests.page.test_live import COMPLETE, soon


def work(here: Site, shortname: str) -> None:
    """Have a learner do something in a course now: each time something else.

    Nothing is sent of what was failed until it is passed.
    """
    here.world.on_box(
        "UPDATE mdl_course_modules_completion SET completionstate = 1 - (completionstate > 0),"
        " timemodified = ? WHERE id = (SELECT c.id FROM mdl_course_modules_completion c"
        "  JOIN mdl_course_modules m ON m.id = c.coursemoduleid"
        "  JOIN mdl_course k ON k.id = m.course WHERE k.shortname = ?"
        "  AND c.completionstate <> 3 ORDER BY c.timemodified LIMIT 1)",
        int(time.time()), shortname,
    )  # fmt: skip


def test_before_the_first_sync_it_says_so(anyone: Browser) -> None:
    """Rows 3, 4 and 6: never, nothing is scheduled, no limit."""
    seen = anyone.get("/")
    text = seen.text
    assert seen.html.count('class="icon off"') == 1  # of the limit: no clock, nothing waits
    assert "Latest Sync never" in text
    assert "There was no sync yet." in text
    assert "nothing is scheduled" in text
    assert "Limit Data Usage off" in text


def test_nobody_finds_a_button_and_who_presses_one_is_sent_to_the_password(
    here: Site, anyone: Browser
) -> None:
    """Row 15: whoever is not signed in reads, and starts or changes nothing."""
    seen = anyone.get("/")
    assert "Sign in to change anything." in seen.text
    assert 'method="post"' not in seen.html
    for path in ("/sync", "/stop", "/enabled"):
        answer = anyone.send("POST", path, {"enabled": "off"})
        assert (answer.status, answer.to) == (303, "/sign-in?then=%2F&ended=yes")
    status = here.ask("GET", "status")
    assert (status["enabled"], status["running"], status["latest"]) == (True, None, None)


def test_start_sync_now(here: Site, admin: Browser) -> None:
    """Rows 2, 3 and 21: what it will cost, the sync that it starts, and then the latest one."""
    assert "A sync now would send" in admin.get("/?cost=1").text
    assert "The sync has been started." in admin.press("/sync").text
    run = here.latest()
    assert (run["cause"], run["status"]) == ("manual", "completed")
    seen = admin.get("/")
    assert f'href="/history/{run["event_id"]}"' in seen.html
    assert "nothing to send" in admin.get("/?cost=1").text
    assert here.world.compare().verified


def test_stop(here: Site, admin: Browser) -> None:
    """Rows 2 and 14: a running one is shown instead of Start Sync Now, and can be stopped.

    How far it is stands in the page itself, for who has no scripts.
    """
    work(here, "BK-FR")
    here.world.switch("hold_before", COMPLETE)
    admin.post("/sync")
    soon(lambda: 'id="live-bar" max=' in admin.get("/").html)
    seen = admin.get("/")
    assert "Start Sync Now" not in seen.text
    assert 'action="/stop"' in seen.html
    assert re.search(r'<progress id="live-bar" max="\d+" value="\d+"', seen.html)
    assert re.search(r"Sending \d+/\d+, ↑ [\d.]+ k?B ↓ [\d.]+ k?B ", seen.text)
    assert '<a href="/">Refresh</a>' in seen.html
    assert "is being stopped" in admin.press("/stop").text
    here.world.switch("hold_before", None)
    run = here.latest()
    assert run["status"] == "stopped"


def test_enable_sync(here: Site, admin: Browser, anyone: Browser) -> None:
    """Row 1: off and on; while it is off nothing can be started, and everybody can read so."""
    assert "Syncs are switched off." in admin.press("/enabled", {"enabled": "off"}).text
    assert here.ask("GET", "status")["enabled"] is False
    assert "Start Sync Now" not in admin.get("/").text
    assert "Syncs are switched off." in anyone.get("/").text
    refused = admin.post("/sync")
    assert refused.status == 409
    assert "switched off" in refused.text
    assert '<a href="/settings#sync">Switch syncs on where they may go on</a>' in refused.html
    assert "beekeectl" not in refused.text
    admin.press("/enabled", {"enabled": "on"})
    assert here.ask("GET", "status")["enabled"] is True
    assert "Start Sync Now" in admin.get("/").text


def test_force_sync_holds_for_one_sync(here: Site, admin: Browser) -> None:
    """Row 8: a course that was changed on one side is left out, and goes when forced, once."""
    here.world.on_online("UPDATE mdl_course SET timemodified = 5 WHERE shortname = 'BK-FR'")
    left_out: list[list[str]] = []
    for form in ({}, {"force": "on"}, {}):
        work(here, "BK-FR")
        admin.press("/sync", form)
        courses = here.latest()["courses"]
        left_out.append([each["shortname"] for each in courses if each["left_out"]])
    assert left_out == [["BK-FR"], [], ["BK-FR"]]


def test_looking_reads_no_box(here: Site, admin: Browser, anyone: Browser) -> None:
    """Row 21: what a sync would cost is worked out for who asks, and signed in only."""
    here.sync(force=True)
    work(here, "BK-MATH")
    assert "What would a sync cost?" in admin.get("/").text
    assert "would send" not in anyone.get("/?cost=1").text
    assert here.ask("GET", "status")["waiting"] == 0
    assert "A sync now would send" in admin.get("/?cost=1").text
    assert here.ask("GET", "status")["waiting"] > 0
