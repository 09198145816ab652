"""A browser without JavaScript: it follows redirects, keeps its cookie, and fills in forms."""

import http.client
import re
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True)
class Answer:
    """What the page answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """Its text."""
        return self.body.decode()

    @property
    def token(self) -> str:
        """The token of the forms on it; empty where there is none."""
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', self.text)
        return found[1] if found else ""


@dataclass
class Visitor:
    """One browser. `at`: where it is, an address of this machine."""

    address: str
    at: str = "127.0.0.1"
    cookie: str = ""
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def ask(
        self, method: str, path: str, body: str | bytes | None = None, **headers: str
    ) -> Answer:
        """Ask once, with just these headers; `Host` is the page's where none is given."""
        where = urlsplit(self.address)
        line = http.client.HTTPConnection(
            where.hostname or "", where.port, timeout=30, source_address=(self.at, 0)
        )
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            line.request(method, path, body, {**self.headers, **named})
            answer = line.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read())
        finally:
            line.close()

    def get(self, path: str) -> Answer:
        """Open a page."""
        answer = self.ask("GET", path, **self._cookies())
        self.token = answer.token or self.token
        return answer

    def post(self, path: str, **fields: str | list[str]) -> Answer:
        """Send a form as the browser does from a page of the same origin; follows no redirect."""
        body = urlencode({"form_token": self.token, **fields}, doseq=True)
        answer = self.ask(
            "POST", path, body, **self._cookies(),
            Content_Type="application/x-www-form-urlencoded",
            Origin=self.address.rstrip("/"),
        )  # fmt: skip
        if "set-cookie" in answer.headers:
            self.cookie = answer.headers["set-cookie"].partition(";")[0]
        return answer

    def follow(self, answer: Answer) -> Answer:
        """Go where a form's answer leads."""
        assert answer.status == 303, answer.text
        return self.get(answer.headers["location"])

    def sign_in(self, password: str) -> Answer:
        """Sign in, and take the token of the overview's forms."""
        answer = self.post("/sign-in", password=password)
        if answer.status == 303:
            self.follow(answer)
        return answer

    def _cookies(self) -> dict[str, str]:
        return {"Cookie": self.cookie} if self.cookie else {}
