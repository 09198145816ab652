"""Who may come in, and as whom: sessions, forged forms, strange hosts, and many wrong passwords."""

import http.client
import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest

from beekeed.client import Client
from beekeed.page.screens import SCREENS
from tests.page.visitor import Visitor
from tests.page.website import PASSWORD, Website, website

ACTIONS = [each for each in SCREENS if each.method == "POST"]
FLAT_BYTES = 8_000_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """One for all tests here; nobody is signed in."""
    with website(tmp_path_factory.mktemp("site")) as made:
        made.here.sync()
        yield made


def state(site: Website) -> list[Any]:
    """All that an action of the page could change, as the control socket tells it."""
    client = Client(str(site.here.socket))
    paths = [
        ("settings",), ("settings", "history"), ("schedule",), ("limit",), ("runs",), ("guard",),
        ("set-aside",), ("mail",),
    ]  # fmt: skip
    moving = ("now", "next_due_at", "share_today_bytes", "left_today_bytes")
    return [{k: v for k, v in client.get(*path).items() if k not in moving} for path in paths]


def test_signing_in_and_out(site: Website) -> None:
    """The cookie is the browser's alone: no script reads it, and no other site sends it."""
    browser = site.visitor()
    assert "Start Sync Now" not in browser.get("/").text
    wrong = browser.sign_in("a wrong password")
    assert wrong.status == 403
    assert "password" in wrong.text
    right = browser.sign_in(PASSWORD)
    assert right.status == 303
    for part in ("HttpOnly", "SameSite=Strict", "Path=/"):
        assert part in right.headers["set-cookie"]
    assert "Start Sync Now" in browser.get("/").text
    browser.follow(browser.post("/sign-out"))
    assert browser.cookie in ("", 'beekeed-session=""')
    assert "Start Sync Now" not in browser.get("/").text


def test_a_session_that_was_ended_is_over_for_whoever_kept_its_cookie(site: Website) -> None:
    """The daemon forgot it."""
    browser = site.administrator()
    stolen = Visitor(site.address, cookie=browser.cookie, token=browser.token)
    assert stolen.post("/enabled", enabled="on").status == 303
    browser.post("/sign-out")
    answer = stolen.post("/enabled", enabled="off")
    assert answer.headers["location"].startswith("/sign-in?")
    assert site.here.ctl("status", "--json").json["enabled"]


def test_after_signing_in_it_goes_on_where_it_was_wanted(site: Website) -> None:
    """On this page, and never on another site."""
    for then, location in (
        ("/calendar?month=2026-10", "/calendar?month=2026-10"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/\nx", "/"),
    ):
        answer = site.visitor().post("/sign-in", password=PASSWORD, then=then)
        assert (answer.status, answer.headers["location"]) == (303, location)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda each: each.path)
def test_only_the_right_form_changes_anything(site: Website, action: Any) -> None:
    """Host, origin, session and token must each be right; else nothing is different after it."""
    browser, other = site.administrator(), site.administrator()
    origin = site.address.rstrip("/")
    host = origin.removeprefix("http://")
    right = {"Host": host, "Origin": origin, "Cookie": browser.cookie, "token": browser.token}
    wrong: dict[str, tuple[str, ...]] = {
        "Host": ("evil.example", "10.1.2.3", ""),
        "Origin": ("", "null", "http://evil.example", origin.replace("http:", "https:")),
        "Cookie": ("", "beekeed-session=x", other.cookie),
        "token": ("", "0" * 64, other.token),
    }
    before = state(site)
    for name, value in ((name, value) for name, values in wrong.items() for value in values):
        if action.path == "/sign-in" and name in ("Cookie", "token"):
            continue  # it is for who has neither
        given = right | {name: value}
        answer = send(site, action.path, given, action.path != "/sign-in")
        assert answer in (421, 403, 400) or answer == "/sign-in", (action.path, name, value, answer)
    assert state(site) == before
    assert "Traceback" not in site.log() + site.here.log()


def send(site: Website, path: str, given: dict[str, str], signs: bool) -> int | str:
    """Send a form with exactly these headers; gives the status, or that it leads to sign in."""
    host, _, port = site.address.removeprefix("http://").rstrip("/").partition(":")
    line = http.client.HTTPConnection(host, int(port), timeout=30)
    fields = "enabled=off&force=on" if signs else "password=x"
    body = f"form_token={given['token']}&{fields}"
    line.putrequest("POST", path, skip_host=True)
    for name in ("Host", "Origin", "Cookie"):
        if given[name] or name == "Host":
            line.putheader(name, given[name])
    line.putheader("Content-Type", "application/x-www-form-urlencoded")
    line.putheader("Content-Length", str(len(body)))
    line.endheaders(body.encode())
    answer = line.getresponse()
    answer.read()
    line.close()
    if answer.status == 303 and answer.getheader("Location", "").startswith("/sign-in"):
        return "/sign-in"
    return answer.status


def test_no_get_changes_anything(site: Website) -> None:
    """Whatever a link somewhere leads an administrator's browser to."""
    browser = site.administrator()
    before = state(site)
    for screen in SCREENS:
        answer = browser.get(screen.path.replace("{event_id}", "0001-abcde"))
        assert answer.status in (200, 303, 404, 503)
    assert state(site) == before


def test_who_is_signed_in_stays_so_when_the_pages_process_ends(site: Website) -> None:
    """It holds nothing: another one takes up where it was."""
    browser = site.administrator()
    listen = site.address.removeprefix("http://").rstrip("/")
    site.stop()
    site.start(listen)
    assert "Sign out" in browser.get("/").text


@pytest.mark.parametrize("tries", [200, pytest.param(1000, marks=pytest.mark.full)])
def test_many_wrong_passwords_change_nothing_for_others(site: Website, tries: int) -> None:
    """From fifty addresses: the page and the socket answer, memory stays, the right one works.

    For who signed in there lately at once; for others within half a minute (core/throttle.py).
    """
    site.administrator()
    processes = [psutil.Process(each.pid) for each in (site.daemon, site.process)]
    memory = [each.memory_info().rss for each in processes]
    addresses = [f"127.1.0.{number}" for number in range(1, 51)]
    with ThreadPoolExecutor(10) as pool:
        whence = itertools.islice(itertools.cycle(addresses), tries)
        answers = list(pool.map(lambda at: guess(site, at), whence))
        assert site.visitor().get("/").status == 200
        assert site.here.ctl("status").code == 0
    assert set(answers) == {403, 429}
    assert answers.count(403) <= 40
    grown = [
        each.memory_info().rss - before for each, before in zip(processes, memory, strict=True)
    ]
    assert max(grown) < FLAT_BYTES, grown
    site.administrator()
    fresh = site.visitor("127.1.1.1").post("/sign-in", password=PASSWORD)
    assert fresh.status in (303, 429)  # one try more comes back each half a minute
    assert 0 <= int(fresh.headers.get("retry-after", "0")) <= 30
    assert site.here.ctl("password", "unlock").code == 0
    assert site.visitor("127.1.1.1").sign_in(PASSWORD).status == 303


def guess(site: Website, at: str) -> int:
    """Try a wrong password from an address."""
    return site.visitor(at).post("/sign-in", password="guessed").status
