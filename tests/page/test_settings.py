"""Settings: every one of them changed by its form, and read back through the control socket."""

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from beekeed.control.limit import TopUpAsked
from beekeed.page import typed
from beekeed.page.screens import OWN
from beekeed.sections import field_of
from tests.mailserver import MailServer, mail_server
from tests.page.browser import Browser, Seen
from tests.page.forms import form_of
from tests.page.site import Site, site

FIXED = "accounts.removed_enrolments"
SECTIONS = ("limit", "sync", "accounts", "mail")
ON_SCHEDULING = {
    "schedule.enabled",
    "schedule.daily_at",
    "schedule.grid_active",
    "schedule.hours",
}
"""What is changed on another screen."""

OTHERS = {
    "limit": "limit.reserve_percent",
    "sync": "schedule.jitter_minutes",
    "accounts": "accounts.never_touch",
    "mail": "mail.user",
}
"""One more field of each section."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A box whose settings file fixes one of the settings."""
    folder = tmp_path_factory.mktemp("page")
    with site(folder, accounts__removed_enrolments='"ignore"') as made:
        yield made


def settings(here: Site) -> dict[str, Any]:
    """All settings as they are."""
    answer = here.ask("GET", "settings")
    return {each["key"]: each["value"] for each in answer["settings"]}


def section(seen: Seen, name: str) -> dict[str, str]:
    """A section's form, as it would be sent if nobody touched it."""
    return form_of(seen, "/settings", section=name)


def save(here: Site, admin: Browser, name: str, **typed: str) -> dict[str, Any]:
    """Save a section with something typed; gives what that changed."""
    before = settings(here)
    form = section(admin.get("/settings"), name)
    keys = {key.replace("__", "."): text for key, text in typed.items()}
    assert keys.keys() <= form.keys()
    assert "Saved." in admin.press("/settings", form | keys).text
    return {key: value for key, value in settings(here).items() if value != before[key]}


def test_nobody_sees_or_changes_anything_who_is_not_signed_in(here: Site, anyone: Browser) -> None:
    """Row 15: each screen and button leads to the password, and does nothing."""
    before = (settings(here), here.ask("GET", "runs")["total"])
    for path in ("/settings", "/check", "/report"):
        seen = anyone.send("GET", path)
        assert (seen.status, seen.to) == (303, f"/sign-in?then=%2F{path[1:]}")
    form = {"sync.enabled": "off", "notify": "on", "top_up": "5"}
    for path in (
        "/settings", "/settings/top-up", "/notifications", "/mail-test", "/check", "/verify",
    ):  # fmt: skip
        seen = anyone.send("POST", path, form)
        assert seen.status == 303
        assert seen.to == f"/sign-in?{urlencode({'then': OWN[path], 'ended': 'yes'})}"
    assert (settings(here), here.ask("GET", "runs")["total"]) == before


def test_every_setting_has_a_control_and_nothing_else_has(here: Site, admin: Browser) -> None:
    """Also those that a later version adds: none is left out."""
    seen = admin.get("/settings")
    sent = [key for name in SECTIONS for key in section(seen, name)]
    assert len(set(sent)) == len(sent) - 2 * (len(SECTIONS) - 1)  # the token, and whose form it is
    assert {key for key in sent if "." in key} == settings(here).keys() - ON_SCHEDULING - {FIXED}


def test_saving_what_nobody_touched_changes_nothing(here: Site, admin: Browser) -> None:
    """Nor is anything noted."""
    before = here.ask("GET", "settings/history")["changes"]
    for name in SECTIONS:
        assert save(here, admin, name) == {}
    assert here.ask("GET", "settings/history")["changes"] == before


def test_the_data_limit(here: Site, admin: Browser) -> None:
    """Row 6: switch, value in MB, the day on which the plan renews, and what goes with them."""
    changed = save(
        here, admin, "limit", limit__enabled="on", limit__bytes="250,5", limit__billing_day="7",
        limit__pacing="on", limit__reserve_percent="20", limit__charge="line",
    )  # fmt: skip
    assert changed == {
        "limit.enabled": True,
        "limit.bytes": 250_500_000,
        "limit.billing_day": 7,
        "limit.pacing": True,
        "limit.reserve_percent": 20,
        "limit.charge": "line",
    }
    seen = admin.get("/settings")
    assert 'id="limit"' in seen.html
    assert "of 250.5 MB used" in seen.text
    assert section(seen, "limit")["limit.bytes"] == "250.5"
    assert "Default: 500" in seen.text
    # What others send on this machine's loopback counts no longer, or each cost below has it.
    assert save(here, admin, "limit", limit__charge="sync") == {"limit.charge": "sync"}


def test_a_limit_in_odd_bytes_stays_as_it_is(here: Site, admin: Browser) -> None:
    """What was set at a terminal is shown to the byte, and not rounded by saving something else."""
    here.ask("POST", "settings", {"values": {"limit.bytes": 123_456_789}})
    assert save(here, admin, "limit", limit__billing_day="9") == {"limit.billing_day": 9}


def test_more_is_allowed_once(here: Site, admin: Browser) -> None:
    """Row 6: a top-up for this month; a wrong one is said beside its form."""
    here.ask("POST", "settings", {"values": {"limit.enabled": True}})
    form = form_of(admin.get("/settings"), "/settings/top-up")
    wrong = admin.post("/settings/top-up", form | {"top_up": "a lot"}, on="/settings")
    assert wrong.status == 400
    assert "write a number" in wrong.text
    assert form_of(wrong, "/settings/top-up")["top_up"] == "a lot"
    much = admin.post("/settings/top-up", form | {"top_up": "9" * 17}, on="/settings")
    said = "More in this month, once, in MB: write a number from 1 to 1,000,000,000"
    assert (much.status, said in much.text) == (400, True)
    assert here.ask("GET", "limit")["top_up_bytes"] == 0
    after = admin.press("/settings/top-up", form | {"top_up": "50"})
    assert "More data is allowed in this month." in after.text
    assert here.ask("GET", "limit")["top_up_bytes"] == 50_000_000
    assert "50.0 MB of it were allowed once." in after.text
    here.ask("POST", "settings", {"values": {"limit.enabled": False}})
    refused = admin.post("/settings/top-up", form | {"top_up": "50"}, on="/settings")
    assert refused.status == 409
    assert "There is no limit" in refused.text


def test_syncs(here: Site, admin: Browser) -> None:
    """Rows 1, 9, 10 and 23: the switch, late changes, reading back, and how late it begins."""
    changed = save(
        here, admin, "sync", sync__enabled="off", sync__late_changes="send", sync__audit_bytes="8",
        schedule__jitter_minutes="3",
    )  # fmt: skip
    assert changed == {
        "sync.enabled": False,
        "sync.late_changes": "send",
        "sync.audit_bytes": 8000,
        "schedule.jitter_minutes": 3,
    }
    assert save(here, admin, "sync", sync__enabled="on") == {"sync.enabled": True}


def test_accounts_and_what_learners_are_told(here: Site, admin: Browser) -> None:
    """Rows 16, 17 and 26: who is protected, one on a line or by commas."""
    changed = save(
        here, admin, "accounts", accounts__username_prefix="b7-",
        accounts__never_touch="anna\r\n\r\n boris, clara ", accounts__password="mailed",
        online__assignment_grades="gradebook", online__tell_learners="on",
    )  # fmt: skip
    assert changed == {
        "accounts.username_prefix": "b7-",
        "accounts.never_touch": ["anna", "boris", "clara"],
        "accounts.password": "mailed",
        "online.assignment_grades": "gradebook",
        "online.tell_learners": True,
    }
    assert section(admin.get("/settings"), "accounts")["accounts.never_touch"].split() == [
        "anna", "boris", "clara",
    ]  # fmt: skip
    assert save(here, admin, "accounts", accounts__never_touch="") == {"accounts.never_touch": []}


@pytest.mark.parametrize(
    ("name", "key", "text", "said"),
    [
        (
            "limit",
            "limit.billing_day",
            "31",
            "plan renews: it must be a day of the month from 1 to 28",
        ),
        ("limit", "limit.bytes", "1.500", "Data Usage Limit, in MB: write a number, like 500"),
        ("limit", "limit.bytes", "-5", "Data Usage Limit, in MB: write a number, like 500"),
        ("limit", "limit.billing_day", "1.5", "Day of the month"),
        (
            "sync",
            "sync.audit_bytes",
            "99999",
            "Data for reading back, in kB: write a number from 0 to 10,000",
        ),
        (
            "accounts",
            "accounts.username_prefix",
            "Ä <b>",
            "Put before each username online: it must be",
        ),
        (
            "limit",
            "limit.bytes",
            "99999999999999999",
            "Data Usage Limit, in MB: write a number from 0 to 1,000,000,000",
        ),
        ("mail", "mail.to", "a@b@c", "E-mail address: it must be an e-mail address"),
        ("mail", "mail.to", "not an address", "E-mail address: it must be an e-mail address"),
        ("mail", "mail.notify", "all", "E-mail address: it must be set as well"),
    ],
)
def test_a_wrong_value_is_said_beside_it_and_all_that_was_typed_stays(
    here: Site, admin: Browser, name: str, key: str, text: str, said: str
) -> None:
    """Nothing of that form is saved, what is wrong is named by its label, and leads to it."""
    before = settings(here)
    form = section(admin.get("/settings"), name) | {key: text}
    form[OTHERS[name]] = "12"
    seen = admin.send("POST", "/settings", form)
    assert seen.status == 400
    assert said in seen.text
    assert "Nothing was saved." in seen.text
    assert 'aria-invalid="true"' in seen.html
    kept = section(seen, name) | {"form_token": form["form_token"]}  # another one each time
    assert kept == form
    assert settings(here) == before


def test_what_the_file_fixes_is_shown_and_stays(here: Site, admin: Browser) -> None:
    """With the name of the file; a form that sends it nevertheless is refused, and says why."""
    seen = admin.get("/settings")
    file = str(here.world.folder / "beekeed.toml")
    assert f"Fixed by {file}" in seen.text
    assert seen.text.count("Fixed by") == 1
    form = section(seen, "accounts")
    assert FIXED not in form
    refused = admin.send("POST", "/settings", form | {FIXED: "suspend"})
    assert refused.status == 409
    assert f"is fixed by {file}" in refused.text
    assert settings(here)[FIXED] == "ignore"


def test_a_form_of_before_is_refused_and_kept(here: Site, admin: Browser) -> None:
    """One whose token is not this session's."""
    form = section(admin.get("/settings"), "sync") | {"schedule.jitter_minutes": "4"}
    refused = admin.send("POST", "/settings", form | {"form_token": "x"})
    assert refused.status == 403
    assert "This page was opened before the latest signing in" in refused.text
    kept = section(refused, "sync")
    assert kept["schedule.jitter_minutes"] == "4"
    assert "Saved." in admin.press("/settings", kept).text


def test_who_changed_what_is_listed(here: Site, admin: Browser) -> None:
    """By the names that the settings have on this screen, newest first, page by page."""
    for minutes in range(30):
        values = {"schedule.jitter_minutes": minutes, "limit.reserve_percent": minutes}
        here.ask("POST", "settings", {"values": values})
    save(here, admin, "sync", sync__late_changes="hold")
    save(here, admin, "sync", sync__late_changes="send")
    seen = admin.get("/settings")
    newest = here.ask("GET", "settings/history")["changes"][0]
    history = seen.text.partition("After By")[2]
    said = "Late changes Hold them until somebody asks for their day Send them like everything else"
    assert said in history
    assert newest["by"] in history
    assert "127.0.0.1" in newest["by"]
    assert history.count("UTC") == 20 + 1  # the last is that of the footer
    here.ask("POST", "schedule", {"hours": ["mon-08", "sun-23"]})
    assert "Selected hours nothing Mon 08:00, Sun 23:00" in admin.get("/settings").text
    before = seen.html.partition('href="/settings?before=')[2].partition("#")[0]
    older = admin.get(f"/settings?before={before}")
    assert "Syncs begin up to so many minutes late" in older.text
    assert said not in older.text


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server without encryption."""
    with mail_server() as made:
        yield made


def test_mails_and_a_test_message(here: Site, admin: Browser, server: MailServer) -> None:
    """Rows 7 and 24: to whom, by which server; a test message, what it said, and what is wrong."""
    assert 'action="/mail-test"' not in admin.get("/settings").html
    assert (
        "E-mail address: it must be set as well"
        in admin.post("/notifications", {"notify": "on"}).text
    )
    changed = save(
        here, admin, "mail", mail__notify="failures", mail__to="school@example.org",
        mail__sender="box@example.org", mail__server="127.0.0.1", mail__port=str(server.port),
        mail__security="none", mail__language="en",
    )  # fmt: skip
    assert changed["mail.to"] == "school@example.org"
    assert changed["mail.port"] == server.port
    form = form_of(admin.get("/settings"), "/mail-test")
    seen = admin.send("POST", "/mail-test", form)
    assert seen.status == 200
    assert "The mail server took a test message to school@example.org" in seen.text
    assert len(server.taken) == 1
    server.answers["RCPT"] = "550 no such person"
    refused = admin.send("POST", "/mail-test", form)
    assert refused.status == 503
    assert "no such person" in refused.text


def test_sync_notifications(here: Site, admin: Browser) -> None:
    """Row 7: the switch among the Advanced Settings."""
    values = {"mail.to": "school@example.org", "mail.server": "127.0.0.1"}
    values |= {"mail.sender": "box@example.org", "mail.notify": "off"}
    here.ask("POST", "settings", {"values": values})
    for value in ("all", "off"):
        seen = admin.get("/")
        assert "Sync Notifications" in seen.text
        assert "Saved." in admin.press("/notifications", form_of(seen, "/notifications")).text
        assert settings(here)["mail.notify"] == value


def test_check(here: Site, admin: Browser) -> None:
    """What it will do is said first; then each step, what to do, and what it cost."""
    asked = admin.get("/check")
    assert "This tries the whole way and changes nothing" in asked.text
    assert "This check cost" not in asked.text
    seen = admin.send("POST", "/check", form_of(asked, "/check"))
    assert "Syncs can work." in seen.text
    for step in ("Settings", "The box's Moodle", "Online Moodle", "Token", "Courses", "Clock"):
        assert f"<strong>{step}</strong>: ok" in unescape(seen.html)
    field = '<a href="/settings#accounts-never_touch">Accounts that are never touched</a>'
    assert f"Name the usernames of managers and the like in {field}." in seen.html
    assert "For the administrator of the online Moodle: Name" not in seen.text
    assert re.search(r"This check cost \d+\.\d kB sent and \d+\.\d kB received", seen.text)


def test_verify(here: Site, admin: Browser) -> None:
    """Row 9: everything that had arrived is read back."""
    here.sync()
    form = form_of(admin.get("/settings"), "/verify")
    after = admin.press("/verify", form)
    assert "is being read back" in after.text
    run = here.ended(here.ask("GET", "runs?limit=1")["runs"][0]["event_id"])
    assert (run["cause"], run["status"]) == ("verify", "completed")


def test_the_report_is_a_file_without_a_learner(here: Site, admin: Browser) -> None:
    """Row 28: what `beekeectl report` writes, named by the day and the sync."""
    seen = admin.get("/report")
    report, whole = json.loads(seen.html), here.ask("GET", "report")
    assert report.keys() == whole.keys()
    assert report["event_id"] == whole["event_id"]
    name = f"beekeed-report-{report['made_at'][:10]}-{report['event_id']}.json"
    assert seen.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert seen.headers["Content-Type"].startswith("application/json")
    for (username,) in here.world.on_box(
        "SELECT username FROM mdl_user WHERE length(username) > 5"
    ):
        assert username not in seen.html


def test_a_check_says_what_to_do_about_what_failed(here: Site, admin: Browser) -> None:
    """The last of this file: while it is asked to wait, the daemon asks the site nothing."""
    form = form_of(admin.get("/check"), "/check")
    here.world.switch("maintenance", "1")
    seen = admin.send("POST", "/check", form)
    assert "Syncs cannot work like this." in seen.text
    assert "<strong>Online Moodle</strong>: failed" in seen.html
    assert "The online Moodle is in maintenance. Try again later." in seen.text
    assert "<strong>Token</strong>: not tried" in seen.html


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("500", 500_000_000),
        ("1,5", 1_500_000),
        ("0.25", 250_000),
        (" 1 000 ", 10**9),
        ("٥", 5 * 10**6),
    ],
)
def test_numbers_as_people_type_them(text: str, value: int) -> None:
    """With a comma or a point, and with spaces between thousands."""
    assert typed.number("limit.bytes", text, 10**6) == value


@pytest.mark.parametrize("text", ["", "x", "1,500", "1.500", "1.5.2", "-1", "1e9", "9" * 30])
def test_what_is_no_number_or_might_be_another_is_not_guessed(text: str) -> None:
    """1,500 is one and a half to some, and fifteen hundred to others."""
    with pytest.raises(typed.Unreadable):
        typed.number("limit.bytes", text, 10**6)


@pytest.mark.parametrize("key", typed.RANGES)
def test_the_numbers_that_a_form_names_are_the_daemons(key: str) -> None:
    """In what the form counts in."""
    field = field_of(key)
    found = msgspec.inspect.type_info(TopUpAsked if field is None else field.type)
    if isinstance(found, msgspec.inspect.StructType):
        found = found.fields[0].type
    assert isinstance(found, msgspec.inspect.IntType)
    assert found.le == typed.RANGES[key][1] * typed.UNITS.get(key, 10**6)
    assert found.ge == min(1, typed.RANGES[key][0])
