"""History, Custom Sync and Information, read back past the page (features.md, rows 5 and 13)."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from beekeed.page.information import SHOWN, told_of
from tests.page.browser import Browser, Seen, dated, moment
from tests.page.site import Site, site
from tests.page.test_live import soon

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A box of 12 learners, one of them doubtful, that mails about each sync: nobody takes it."""
    folder = tmp_path_factory.mktemp("history")
    mail = {
        "mail__notify": '"all"',
        "mail__to": '"head@school.example"',
        "mail__sender": '"box@school.example"',
        "mail__server": '"127.0.0.1"',
        "mail__port": "9",
    }
    with site(folder, learners=12, **mail) as made:
        made.world.on_online(
            "INSERT INTO mdl_user (username, firstname, lastname, email, mnethostid, confirmed)"
            " VALUES (?, 'Somebody', 'Else', 'else@example.org', 1, 1)",
            learners(made)[0][0],
        )
        yield made


@pytest.fixture(scope="module")
def first(here: Site) -> dict[str, Any]:
    """The first sync, which left the doubtful learner's work aside."""
    run = here.sync()
    assert run["status"] == "partial"
    return run


def learners(here: Site) -> list[tuple[str, str, str]]:
    """Each learner's username, first and last name."""
    return here.world.on_box(
        "SELECT username, firstname, lastname FROM mdl_user WHERE id IN"
        " (SELECT userid FROM mdl_role_assignments a JOIN mdl_role r ON r.id = a.roleid"
        "  WHERE r.archetype = 'student') ORDER BY username"
    )


def listed(seen: Seen) -> list[str]:
    """The Sync Event IDs on a page of the history, from the top."""
    return re.findall(r'href="/history/([^"?]+)"', seen.html)


def test_before_the_first_sync_it_says_so(anyone: Browser) -> None:
    """And a page that is not there has no more."""
    assert "There was no sync yet." in anyone.get("/history").text


def test_information_for_everybody(anyone: Browser, first: dict[str, Any]) -> None:
    """Row 5: all that the seeds' window shows, and a sentence for what was set aside."""
    text = anyone.get(f"/history/{first['event_id']}").text
    assert "Status partly completed, started by hand" in text
    assert f"Sync Event ID {first['event_id']}" in text
    for label, name in (("Started At", "started_at"), ("Completed At", "ended_at")):
        assert f"{label} {moment(first[name])}" in text
    assert f"Duration {first['duration_seconds']} s" in text
    assert re.search(r"Data Usage sent \d+\.\d kB received \d+\.\d kB", text)
    for course in first["courses"]:
        assert course["fullname"] in text
    for each in first["actions"]:
        if each["verdict"] == "done":
            assert re.search(rf"\b{each['count']} \w[\w ]* sent\b", text)
    (reason,) = {each["reason"]["sentence"] for each in first["actions"] if each["reason"]}
    assert text.count(reason) == 1  # once, whatever the kinds
    assert f"{first['waiting']} changes, {first['set_aside']} of them set aside" in text
    soon(lambda: "Mail waits" in anyone.get(f"/history/{first['event_id']}").text)
    for stays in first["uncarried"]:
        assert stays["reason"]["sentence"] in text


def test_data_is_a_red_arrow_up_and_a_green_one_down(
    anyone: Browser, first: dict[str, Any]
) -> None:
    """The seeds' arrows, each with its word for who sees neither colour nor shape."""
    html = anyone.get(f"/history/{first['event_id']}").html
    assert re.search(r'class="icon up".*?<span class="hidden">sent</span>', html)
    assert re.search(r'class="icon down".*?<span class="hidden">received</span>', html)


def test_names_are_shown_to_who_is_signed_in_and_to_nobody_else(
    here: Site, admin: Browser, anyone: Browser, first: dict[str, Any]
) -> None:
    """Rows 15 and 18: single actions with before and after; anonymous pages name no learner."""
    path = f"/history/{first['event_id']}"
    mine, theirs = admin.get(path), anyone.get(path)
    username, first_name, last_name = learners(here)[1]
    assert f"{first_name} {last_name} {username}" in mine.text
    assert "not read before" in mine.text
    for each in learners(here):
        assert each[0] not in theirs.html
        assert f"{each[1]} {each[2]}" not in theirs.html


def test_of_many_actions_the_first_are_shown(
    here: Site, admin: Browser, first: dict[str, Any]
) -> None:
    """An old phone must draw them; where all of them are is said."""
    actions = here.ask("GET", f"runs/{first['event_id']}/actions")["actions"]
    assert len(actions) > SHOWN
    seen = admin.get(f"/history/{first['event_id']}")
    assert seen.html.count('data-label="Learner"') == SHOWN
    assert f"These are the first {SHOWN}." in seen.text
    assert f"beekeectl show {first['event_id']} --actions" in seen.text
    few = here.ask("GET", f"runs/{first['event_id']}/actions?limit=3")["actions"]
    assert few == actions[:3]


def test_what_has_one_reason_is_read_once() -> None:
    """Kinds that share verdict and reason stand together; what has no reason stays out."""
    reason = {"code": "person_doubtful", "params": {"count": 1}}
    actions: list[dict[str, Any]] = [
        {"kind": "grade", "verdict": "refused", "reason": reason, "count": 2},
        {"kind": "account", "verdict": "refused", "reason": reason, "count": 1},
        {"kind": "grade", "verdict": "unsent", "reason": reason, "count": 4},
        {"kind": "grade", "verdict": "done", "reason": None, "count": 9},
    ]
    told = told_of(actions)
    assert [(each.verdict, each.counts) for each in told] == [
        ("refused", {"grade": 2, "account": 1}),
        ("unsent", {"grade": 4}),
    ]


def test_a_course_that_was_left_out_has_its_reason(
    here: Site, anyone: Browser, first: dict[str, Any]
) -> None:
    """Row 8: named among those left out, and not among the synchronized ones."""
    here.world.on_online("UPDATE mdl_course SET timemodified = 5 WHERE shortname = 'BK-FR'")
    here.world.on_box(
        "UPDATE mdl_course_modules_completion SET completionstate = 1 - (completionstate > 0),"
        " timemodified = ?",
        int(time.time()),
    )
    run = here.sync()
    (course,) = [each for each in run["courses"] if each["left_out"]]
    text = anyone.get(f"/history/{run['event_id']}").text
    assert f"{course['fullname']} {course['left_out']['sentence']}" in text
    synced = re.search("Synced Courses (.*) Actions Performed", text)
    assert synced
    assert course["fullname"] not in synced[1]


def test_reading_back_is_shown_with_its_counts(
    here: Site, anyone: Browser, first: dict[str, Any]
) -> None:
    """A verify run: how many were checked and found."""
    run = here.ended(here.ask("POST", "verify")["event_id"])
    text = anyone.get(f"/history/{run['event_id']}").text
    assert "reading back" in text
    assert run["verified"]["checked"] > 0
    assert f"Read back {run['verified']['checked']} checked:" in text


def test_times_that_may_be_wrong_are_called_so(
    here: Site, admin: Browser, first: dict[str, Any]
) -> None:
    """Row 22: of a sync whose clock was not trusted, in the list and in its information."""
    said = "the box's clock was not trusted: these times may be wrong"
    path = f"/history/{first['event_id']}"
    assert said not in admin.get("/history").text + admin.get(path).text
    here.world.in_state("UPDATE run SET clock_trusted = 0 WHERE event_id = ?", first["event_id"])
    assert said in admin.get("/history").text
    assert said in admin.get(path).text


def test_a_sync_that_there_is_not(anyone: Browser) -> None:
    """A sentence and the status 404."""
    seen = anyone.send("GET", "/history/0099-aaaaa")
    assert seen.status == 404
    assert "sync 0099-aaaaa" in seen.text


def test_custom_sync(here: Site, admin: Browser, first: dict[str, Any]) -> None:
    """Row 13: of the days that were chosen; then the sync that runs is shown."""
    last = datetime.now(UTC).date() - DAY
    days = {"from": str(last - 3 * DAY), "to": str(last)}
    seen = admin.post("/history", days, on="/history")
    assert (seen.status, seen.to) == (303, "/?done=started")
    run = here.latest()
    assert run["period"] == days
    period = f"{dated(last - 3 * DAY)} – {dated(last)}"
    assert period in admin.get("/history").text
    assert f"Period {period}" in admin.get(f"/history/{run['event_id']}").text


def test_a_custom_sync_that_is_refused_keeps_what_was_typed(here: Site, admin: Browser) -> None:
    """The wrong way round, or no day: the sentence on top, and both dates in the form again."""
    before = here.ask("GET", "runs?limit=1")["total"]
    for first, last in (("2026-02-02", "2026-02-01"), ("2026-02-02", "")):
        seen = admin.post("/history", {"from": first, "to": last}, on="/history")
        assert seen.status == 400
        assert f'name="from" type="date" value="{first}"' in seen.html
        assert f'name="to" type="date" value="{last}"' in seen.html
    assert "put the earlier day first" in admin.post(
        "/history", {"from": "2026-02-02", "to": "2026-02-01"}, on="/history"
    ).text  # fmt: skip
    assert here.ask("GET", "runs?limit=1")["total"] == before


def test_a_custom_sync_without_a_day_asks_for_it(here: Site, admin: Browser) -> None:
    """By the name of its field, beside what was typed in the other."""
    before = here.ask("GET", "runs?limit=1")["total"]
    seen = admin.post("/history", {"from": "", "to": "2026-02-01"}, on="/history")
    assert (seen.status, "Start date: choose a day" in seen.text) == (400, True)
    assert "End date: choose a day" not in seen.text
    assert 'value="2026-02-01"' in seen.html
    assert here.ask("GET", "runs?limit=1")["total"] == before


def test_a_sync_that_ran_already_is_not_called_the_custom_one(here: Site, admin: Browser) -> None:
    """Row 2: never two at a time; that it is another than was asked for is said."""
    here.world.switch("hold_before", "*")
    started = here.ask("POST", "sync")["event_id"]
    seen = admin.press("/history", {"from": "2026-02-01", "to": "2026-02-02"}, on="/history")
    assert "A sync was running already" in seen.text
    here.ask("POST", "stop")
    here.world.switch("hold_before", None)
    assert here.ended(started)["period"] is None


def test_pages(here: Site, admin: Browser, anyone: Browser, first: dict[str, Any]) -> None:
    """Newest first, 10, 20 or 50 on a page, with links to turn them, and to see it afresh."""
    while here.ask("GET", "runs?limit=1")["total"] < 12:
        here.sync()
    runs = here.ask("GET", "runs?limit=50")["runs"]
    everything = [each["event_id"] for each in runs]
    one, two = anyone.get("/history"), anyone.get("/history?size=10&page=2")
    assert listed(one) == everything[:10]
    assert listed(two) == everything[10:]
    assert "Page 2 of 2" in two.text
    assert 'href="/history?size=10&amp;page=2" rel="next"' in one.html
    assert 'href="/history?size=10&amp;page=1" rel="prev"' in two.html
    assert '<a href="/history?size=10&amp;page=2">Refresh</a>' in two.html
    assert listed(anyone.get("/history?size=20")) == everything[:20]
    assert "50</a>" in one.html
    for odd in ("size=7", "page=0", "page=-1", "size=x&page=%C2%B2"):
        assert listed(anyone.get(f"/history?{odd}")) == everything[:10]
    assert "There are no more." in anyone.get("/history?page=99999999999").text


def test_the_columns(here: Site, anyone: Browser, first: dict[str, Any]) -> None:
    """Row 13: status, period, started, ended, saved days and saved events."""
    html = anyone.get("/history?size=50").html
    heads = re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', html)
    assert heads == ["Status", "Period", "Started", "Ended", "Saved days", "Saved events"]
    (row,) = re.findall(rf'<tr>(?:(?!</tr>).)*/history/{first["event_id"]}".*?</tr>', html, re.S)
    assert "partly completed" in row
    assert f'"number">{first["saved_days"]}<' in row
    assert f'"number">{first["saved_events"]}<' in row


def test_nobody_else_starts_a_custom_sync(here: Site, anyone: Browser) -> None:
    """No form is shown, and sending one leads to the password."""
    before = here.ask("GET", "runs?limit=1")["total"]
    assert 'method="post"' not in anyone.get("/history").html
    answer = anyone.send("POST", "/history", {"from": "2026-02-01", "to": "2026-02-02"})
    assert answer.to.startswith("/sign-in")
    assert here.ask("GET", "runs?limit=1")["total"] == before
