"""A browser without scripts, as far as a test needs one: links, forms and a cookie."""

import http.client
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from html import unescape
from urllib.parse import urlencode

_PATIENCE_SECONDS = 60
_SHARED_SECONDS = 1.0  # what is not made for one person may be that old (page/sharing.py)
_IN_LINES = re.compile(r"</?(?:a|abbr|b|bdi|code|small|span|strong|sup|time)\b[^>]*>")
_LAYOUT = re.compile(r"<[^>]*>")
_TOKEN = re.compile(r'name="form_token" value="([^"]*)"')

_looked: dict[tuple[str, str], float] = {}  # when who is not signed in last saw a page

Form = Mapping[str, str | Sequence[str]]


def dated(day: date) -> str:
    """Write a day as the page does: 28 November 2026."""
    return f"{day.day} {day:%B} {day.year}"


def moment(text: str) -> str:
    """Write a time of the API as the page does where clocks show UTC."""
    at = datetime.fromisoformat(text)
    return f"{dated(at)}, {at:%H:%M} UTC"


@dataclass(frozen=True)
class Seen:
    """What the page answered."""

    status: int
    headers: Mapping[str, str]
    html: str

    @property
    def text(self) -> str:
        """What there is to read, in one line."""
        return " ".join(unescape(_LAYOUT.sub(" ", _IN_LINES.sub("", self.html))).split())

    @property
    def to(self) -> str:
        """Where a form's answer leads; empty where it leads nowhere."""
        return self.headers.get("Location", "")

    @property
    def form_token(self) -> str:
        """The token in the page's forms; empty where it has none."""
        found = _TOKEN.search(self.html)
        return found[1] if found else ""


class Browser:
    """One browser at the page; `address`: its own, one of the loopback network."""

    def __init__(self, host: str, *, address: str = "127.0.0.1") -> None:
        self.host = host
        self.cookie = ""
        self.language = ""
        """What it was told to show, as its cookie says."""
        self._address = address

    def sign_in(self, password: str) -> None:
        """Sign in by the form."""
        seen = self.send("POST", "/sign-in", {"password": password, "then": "/"})
        assert seen.status == 303, seen.text

    def get(self, path: str) -> Seen:
        """Show a page as it is now; it must be there."""
        if not self.cookie and (self.host, path) in _looked:
            made = _looked[self.host, path]
            time.sleep(max(0.0, made + _SHARED_SECONDS - time.monotonic()))
        seen = self.send("GET", path)
        assert seen.status == 200, seen.text
        return seen

    def post(self, path: str, form: Form | None = None, *, on: str = "/") -> Seen:
        """Send a form with the token that stands on a page."""
        return self.send("POST", path, {**(form or {}), "form_token": self.get(on).form_token})

    def press(self, path: str, form: Form | None = None, *, on: str = "/") -> Seen:
        """Send a form and show where it leads, as a browser does; it must not be refused."""
        seen = self.post(path, form, on=on)
        assert seen.status == 303, seen.text
        return self.get(seen.to)

    def send(
        self,
        method: str,
        path: str,
        form: Form | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Seen:
        """Send a request; `headers` come before those that a browser would send."""
        named = {}
        if method == "POST":
            named["Origin"] = f"http://{self.host}"
            named["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(form, doseq=True).encode() if form is not None else None
        return self._sent(method, path, body, named | dict(headers or {}))

    def send_bytes(self, path: str, body: bytes, content_type: str) -> Seen:
        """Send a form that is written already, as one with a file is."""
        named = {"Origin": f"http://{self.host}", "Content-Type": content_type}
        return self._sent("POST", path, body, named)

    def _sent(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Seen:
        language = f"beekeed-language={self.language}" if self.language else ""
        cookies = "; ".join(each for each in (self.cookie, language) if each)
        named = {"Host": self.host, "Cookie": cookies} | dict(headers)
        place, _, port = self.host.rpartition(":")
        connection = http.client.HTTPConnection(
            place, int(port), timeout=_PATIENCE_SECONDS, source_address=(self._address, 0)
        )
        with closing(connection):
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            if not self.cookie:
                _looked[self.host, path] = time.monotonic()
            if given := answer.headers.get("Set-Cookie"):
                name, _, value = given.partition(";")[0].partition("=")
                if name == "beekeed-language":
                    self.language = value
                else:
                    self.cookie = f"{name}={value}"
            return Seen(answer.status, dict(answer.headers), answer.read().decode())
