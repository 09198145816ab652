"""The daemon is away, or hangs; or the session has ended meanwhile: what somebody is told."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from beekeed.page.screens import OWN, SCREENS
from tests.page.alone import alone
from tests.page.site import PASSWORD, Site

PATIENCE_SECONDS = 10


@contextmanager
def hanging(pid: int) -> Iterator[None]:
    """Have a process do nothing while the body runs."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_without_the_daemon_every_screen_and_form_says_so(tmp_path: Path) -> None:
    """Not that no password is set, nor where a socket is: what somebody can do about it."""
    with alone(tmp_path) as here:
        for each in SCREENS:
            if each.asks:
                origin = "Origin: http://localhost"
                path = each.path.replace("{event_id}", "0001-abcde")
                answer = here.get(path, origin, "Cookie: beekeed-session=x", by=each.method)
                assert answer.startswith(b"HTTP/1.1 503 "), each.path
                assert b"beekeed is not running, or does not answer" in answer
                assert b"Wait a minute" in answer
                assert b"systemctl status beekeed" in answer
                for wrong in (b"page.sock", b"--socket", b"password set"):
                    assert wrong not in answer
        assert here.get("/theme/dark").startswith(b"HTTP/1.1 303 ")
        assert here.get("/nowhere").startswith(b"HTTP/1.1 404 ")


def test_a_daemon_that_hangs_is_not_waited_for_long(here: Site) -> None:
    """Reading has ten seconds; then the page says so."""
    browser = here.signed_in()
    with hanging(here.pids[0]):
        began = time.monotonic()
        seen = browser.send("GET", "/settings")
        assert time.monotonic() - began < PATIENCE_SECONDS + 3
    assert seen.status == 503
    assert "does not answer" in seen.text
    assert "Sign out" in browser.get("/settings").text


def test_who_was_signed_out_meanwhile_is_told_and_comes_back(here: Site) -> None:
    """That nothing was saved; after the password, to the screen of the form."""
    for path, own in OWN.items():
        if path == "/sign-in":
            continue
        browser = here.browser()
        browser.cookie = "beekeed-session=ended"
        seen = browser.send("POST", path, {"form_token": "00", "limit.bytes": "7"})
        assert seen.status == 303
        told = browser.send("GET", seen.to)
        assert "Your session has ended. Nothing was saved." in told.text
        assert f'name="then" value="{own}"' in told.html
    seen = browser.send("POST", "/sign-in", {"password": PASSWORD, "then": own})
    assert (seen.status, seen.to) == (303, own)
    assert "has ended" not in here.browser().get("/sign-in").text


def test_over_tls_the_cookie_is_this_hosts_alone(here: Site, tmp_path: Path) -> None:
    """No other name of the domain, and no page without TLS, can have set it."""
    body = urlencode({"password": PASSWORD, "then": "/"})
    with alone(tmp_path, tls=True, page_socket=here.world.page_socket) as page:
        request = (
            "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nOrigin: https://localhost\r\n"
            "Connection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        )
        told = page.ask(request.encode()).decode()
        cookie = told.partition("Set-Cookie: ")[2].partition("\r\n")[0]
        assert cookie.startswith("__Host-beekeed-session=")
        parts = {each.strip() for each in cookie.split(";")[1:]}
        assert parts == {"HttpOnly", "Path=/", "SameSite=Strict", "Secure"}
        session = cookie.partition(";")[0]
        assert b"Sign out" in page.get("/settings", f"Cookie: {session}")
        plain = session.removeprefix("__Host-")
        assert b"Sign out" not in page.get("/settings", f"Cookie: {plain}")
