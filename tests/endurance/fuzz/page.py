"""The page: whatever a browser sends, it gets a page; nothing of it stands there unescaped.

The page's own server before the real daemon, both in this process.
"""

import asyncio
from html.parser import HTMLParser
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from beekeed.page.screens import SCREENS
from beekeed.page.server import opened, serve
from beekeed.sections import setting_keys
from tests.endurance.fuzz.requests import Request, request_of
from tests.endurance.fuzz.running import Answer, Running, parsed
from tests.endurance.fuzz.target import Target

_STATUSES = frozenset(
    {200, 303, 400, 401, 403, 404, 405, 408, 409, 413, 421, 429, 503},
)
_MARK = "zq"
_LONG = 6  # letters: what is shorter, and no markup, may well stand in a page by itself
_NAMES = (
    *("form_token", "then", "password", "section", "top_up", "enabled", "daily_at", "hours"),
    *("grid_active", "notify", "which", "kind", "usernames", "month", "size", "before", "done"),
)


def target() -> Target:
    """Give the target."""
    running = Running()
    running.start()
    listening = opened("127.0.0.1", 0)
    port = listening.getsockname()[1]
    running.enter(serve([listening], page_socket=str(running.page)))

    def taste(data: bytes) -> None:
        # The pad of a token is what is before it: of zeros here (form_token.py).
        form_token = "0" * len(running.form_token) + running.form_token
        request = request_of(data, session_id=running.session_id, form_token=form_token)
        _taste(running, port, request)

    lines = (f"{screen.method} {screen.path}" for screen in SCREENS)
    names = (*_NAMES, *setting_keys())
    return Target(taste, (*lines, *(f"&{each}=" for each in names), *_WORDS))


_WORDS = (
    *("Cookie: beekeed-session=SESSION\n", "form_token=FORM", "Origin: http://localhost\n"),
    *("Accept-Language: ar\n", "Cookie: beekeed-language=", "; beekeed-theme=dark", "?language=fr"),
    *("Content-Type: application/x-www-form-urlencoded\n", "%0d%0azq:1", "//evil.example/"),
    *("<zq zq=1>", "%22 zq=", "%3Czq%3E", "'zq='", '"zq="', "{{7*7}}", "%00", "%ff", "javascript:"),
    *("Accept-Encoding: gzip\n", "Content-Type: multipart/form-data; boundary=x\n"),
    '--x\r\nContent-Disposition: form-data; name="',
)


def _taste(running: Running, port: int, request: Request) -> None:
    if request.path == "/live":  # never ends
        return
    sent = request.written(b"Host: localhost", b"Origin: http://localhost")
    answer = running.loop.run_until_complete(_send(port, sent))
    assert running.faults.heard == [], running.faults.heard[0]
    assert answer.status in _STATUSES, answer
    assert _MARK not in answer.headers, "a header of the browser's"
    location = answer.headers.get("location", "/")
    assert location.startswith("/"), location
    assert location[1:2] not in ("/", "\\"), location
    if answer.headers.get("content-type", "").startswith("text/html") and answer.body[:1] == b"<":
        _check_page(answer, request)
    if request.method == "POST" and request.path in ("/sign-in", "/sign-out"):
        running.sign_in()


async def _send(port: int, request: bytes) -> Answer:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    came = b""
    try:
        async with asyncio.timeout(20):
            writer.write(request)
            while piece := await reader.read(65536):
                came += piece
    except ConnectionError:
        pass
    finally:
        writer.transport.abort()
    return parsed(came)


def _check_page(answer: Answer, request: Request) -> None:
    html = answer.body.decode()
    assert "Traceback" not in html
    assert "content-security-policy" in answer.headers
    marks = _Marks()
    marks.feed(html)
    assert not marks.found, marks.found
    for text in _given(request):
        is_markup = "<" in text and len(text) >= _LONG
        assert not is_markup or text not in html, text


def _given(request: Request) -> list[str]:
    """Give all texts that a request has, as a server reads them."""
    query = urlsplit(request.target).query if "[" not in request.target else ""
    bodies = request.body.decode("utf-8", "replace")
    pairs = [*parse_qsl(query), *parse_qsl(bodies)]
    cookies = [value.decode("latin-1") for _, value in request.headers]
    return [unquote_plus(request.path), *cookies, *(text for pair in pairs for text in pair)]


class _Marks(HTMLParser):
    """Finds elements and attributes that no template of ours has."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See HTMLParser."""
        self.found += [name for name in (tag, *(name for name, _ in attrs)) if name == _MARK]
