"""Who may come in, and as whom: sessions, forged forms, strange hosts, and many wrong passwords."""

import http.client
import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from urllib.parse import urlencode

import psutil
import pytest

from beekeed.page.screens import SCREENS
from tests.page.browser import Browser
from tests.page.site import PASSWORD, Site

ACTIONS = [each.path for each in SCREENS if each.method == "POST"]
FLAT_BYTES = 8_000_000


def state(here: Site) -> list[Any]:
    """All that an action of the page could change, as the control socket tells it."""
    paths = ("settings", "settings/history", "schedule", "limit", "runs", "guard", "set-aside",
             "mail")  # fmt: skip
    moving = ("now", "next_due_at", "share_today_bytes", "left_today_bytes")
    return [{k: v for k, v in here.ask("GET", each).items() if k not in moving} for each in paths]


def enter(browser: Browser, password: str, then: str = "/") -> tuple[int, str]:
    """Send the password; gives the status and where that leads."""
    seen = browser.send("POST", "/sign-in", {"password": password, "then": then})
    return seen.status, seen.to


def test_signing_in_and_out(here: Site) -> None:
    """The cookie is the browser's alone: no script reads it, and no other site sends it."""
    browser = here.browser()
    assert "Start Sync Now" not in browser.get("/").text
    wrong = browser.send("POST", "/sign-in", {"password": "a wrong password"})
    assert wrong.status == 403
    assert "<title>Error: Sign in – " in wrong.html
    assert "The password is wrong. Try it again." in wrong.text
    assert "password" in wrong.text
    right = browser.send("POST", "/sign-in", {"password": PASSWORD, "then": "/"})
    assert right.status == 303
    for part in ("HttpOnly", "SameSite=Strict", "Path=/"):
        assert part in right.headers["Set-Cookie"]
    assert "Start Sync Now" in browser.get("/").text
    assert "Start Sync Now" not in browser.press("/sign-out").text
    assert browser.cookie in ("", 'beekeed-session=""')


def test_a_session_that_was_ended_is_over_for_whoever_kept_its_cookie(here: Site) -> None:
    """The daemon forgot it."""
    browser, thief = here.signed_in(), here.browser()
    thief.cookie = browser.cookie
    form = {"form_token": browser.get("/").form_token, "enabled": "on"}
    assert thief.send("POST", "/enabled", form).status == 303
    browser.press("/sign-out")
    assert thief.send("POST", "/enabled", form | {"enabled": "off"}).to.startswith("/sign-in?")
    assert here.ask("GET", "status")["enabled"]


@pytest.mark.parametrize(
    ("then", "location"),
    [
        ("/calendar?month=2026-10", "/calendar?month=2026-10"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/a\nb", "/"),
    ],
)
def test_after_signing_in_it_goes_on_where_it_was_wanted(
    here: Site, then: str, location: str
) -> None:
    """On this page, and never on another site."""
    assert enter(here.browser(), PASSWORD, then) == (303, location)


def test_signing_in_again_in_another_window_is_no_mistake(here: Site, admin: Browser) -> None:
    """Whoever is signed in goes on."""
    assert enter(admin, "whatever", "/history") == (303, "/history")


@pytest.mark.parametrize("path", ACTIONS)
def test_only_the_right_form_changes_anything(here: Site, admin: Browser, path: str) -> None:
    """Host, origin, session and token must each be right; else nothing is different after it."""
    other = here.signed_in()
    right = {
        "Host": here.host,
        "Origin": f"http://{here.host}",
        "Cookie": admin.cookie,
        "token": admin.get("/").form_token,
    }
    wrong = {
        "Host": ("evil.example", "10.1.2.3", ""),
        "Origin": ("", "null", "http://evil.example", f"https://{here.host}"),
        "Cookie": ("", "beekeed-session=x", other.cookie),
        "token": ("", "0" * 64, other.get("/").form_token),
    }
    before = state(here)
    for name, value in ((name, value) for name, values in wrong.items() for value in values):
        if path == "/sign-in" and name in ("Cookie", "token"):
            continue  # it is for who has neither
        answer = send(here, path, right | {name: value})
        assert answer in (421, 403, 400, "/sign-in"), (path, name, value, answer)
    assert state(here) == before


def send(here: Site, path: str, given: dict[str, str]) -> int | str:
    """Send a form with exactly these headers; gives the status, or that it leads to sign in."""
    place, _, port = here.host.rpartition(":")
    body = urlencode({"form_token": given["token"], "enabled": "off", "password": "x"})
    with closing(http.client.HTTPConnection(place, int(port), timeout=30)) as line:
        line.putrequest("POST", path, skip_host=True)
        for name in ("Host", "Origin", "Cookie"):
            if given[name] or name == "Host":
                line.putheader(name, given[name])
        line.putheader("Content-Type", "application/x-www-form-urlencoded")
        line.putheader("Content-Length", str(len(body)))
        line.endheaders(body.encode())
        answer = line.getresponse()
        answer.read()
        leads_to_sign_in = answer.getheader("Location", "").startswith("/sign-in")
        return "/sign-in" if leads_to_sign_in else answer.status


@pytest.mark.parametrize("host", ["evil.example", "10.1.2.3:8088", ""])
def test_under_another_name_nothing_is_read_nor_done(here: Site, admin: Browser, host: str) -> None:
    """Not even by a page of that name that asks for itself: so DNS rebinding works."""
    named = {"Host": host, "Origin": f"http://{host}"}
    assert admin.send("GET", "/", headers=named).status in (421, 400)
    form = {"form_token": admin.get("/").form_token, "enabled": "off"}
    assert admin.send("POST", "/enabled", form, headers=named).status in (421, 400)
    assert here.ask("GET", "status")["enabled"]


def test_a_forms_token_looks_different_in_each_answer(here: Site, admin: Browser) -> None:
    """Answers are compressed, and no length of them tells of it (BREACH); each is right."""
    takes = {"Accept-Encoding": "gzip", "Cookie": admin.cookie}
    place, _, port = here.host.rpartition(":")
    with closing(http.client.HTTPConnection(place, int(port), timeout=30)) as line:
        line.request("GET", "/", headers=takes)
        answer = line.getresponse()
        assert answer.headers["Content-Encoding"] == "gzip"
        answer.read()
    seen = [admin.get("/") for _ in range(3)]
    tokens = [each.form_token for each in seen]
    for one, other in itertools.pairwise(tokens):
        pieces = {one[at : at + 8] for at in range(0, len(one), 8)}
        assert not any(piece in other for piece in pieces)
    for each in tokens:
        sent = admin.send("POST", "/enabled", {"enabled": "on", "form_token": each})
        assert (sent.status, sent.to) == (303, "/?done=enabled")


def test_no_get_changes_anything(here: Site, admin: Browser) -> None:
    """Whatever a link somewhere leads an administrator's browser to."""
    before = state(here)
    for screen in SCREENS:
        seen = admin.send("GET", screen.path.replace("{event_id}", "0001-abcde"))
        assert seen.status in (200, 303, 404)
    assert state(here) == before


def test_who_is_signed_in_stays_so_when_the_pages_process_ends(here: Site) -> None:
    """It holds nothing: another one takes up where it was."""
    browser = here.signed_in()
    where = here.host
    here.end_page()
    here.start_page(where)
    assert "Sign out" in browser.get("/").text


@pytest.mark.full
def test_many_wrong_passwords_change_nothing_for_others(here: Site) -> None:
    """From fifty addresses: the page and the socket answer, memory stays, the right one works.

    For who signed in there lately at once; for others within half a minute (core/throttle.py).
    """
    here.signed_in()
    processes = [psutil.Process(pid) for pid in here.pids]
    before = [each.memory_info().rss for each in processes]
    addresses = itertools.cycle(f"127.1.0.{number}" for number in range(1, 51))
    browsers = [here.browser(each) for each in itertools.islice(addresses, 1000)]
    with ThreadPoolExecutor(10) as pool:
        answers = pool.map(lambda each: enter(each, "guessed")[0], browsers)
        assert here.browser().get("/").status == 200
        assert here.ask("GET", "status")["version"]
        told = list(answers)
    assert set(told) == {403, 429}
    assert told.count(403) <= 40
    grown = [each.memory_info().rss - rss for each, rss in zip(processes, before, strict=True)]
    assert max(grown) < FLAT_BYTES, grown
    here.signed_in()
    fresh = here.browser("127.1.1.1")
    seen = fresh.send("POST", "/sign-in", {"password": PASSWORD})
    assert seen.status in (303, 429)  # one try more comes back each half a minute
    assert 0 <= int(seen.headers.get("Retry-After", "0")) <= 30
    here.ask("POST", "password/unlock")
    fresh.sign_in(PASSWORD)
