"""What no browser of good will sends: it is answered in a sentence, and nothing is logged."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from beekeed.page.gate import HEADERS
from beekeed.page.screens import OWN, SCREENS
from tests.page.alone import Alone, alone
from tests.page.site import Site

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n'
MANY = 4000
ECHOED_BYTES = 8000


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    """The page alone, which may log nothing."""
    with alone(tmp_path_factory.mktemp("quiet")) as made:
        yield made


def send(here: Alone, content_type: str, body: bytes, *headers: str) -> bytes:
    """Send a form of this kind to sign in."""
    named = (
        "Origin: http://localhost",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        *headers,
    )
    lines = ("POST /sign-in HTTP/1.1", "Host: localhost", *named, "", "")
    return here.ask("\r\n".join(lines).encode() + body)


@pytest.mark.parametrize(
    ("content_type", "body", "headers"),
    [
        pytest.param(URLENCODED, b"a=\xff", (), id="no UTF-8"),
        pytest.param(f"{URLENCODED}; charset=nonsense", b"a=b", (), id="no charset"),
        pytest.param(MULTIPART, b"--x--", (), id="no boundary"),
        pytest.param(f"{MULTIPART}; boundary=x", PART + b"\r\nab", (), id="truncated"),
        pytest.param(
            f"{MULTIPART}; boundary=x",
            b"--x\r\nContent-Disposition: form-data\r\n\r\nb\r\n--x--\r\n", (), id="no name",
        ),
        pytest.param(
            f"{MULTIPART}; boundary=x",
            PART + b"Content-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\nb\r\n--y--\r\n"
            b"--x--\r\n", (), id="nested",
        ),
        pytest.param(
            f"{MULTIPART}; boundary=x",
            PART + b"Content-Type: text/plain; charset=nonsense\r\n\r\nb\r\n--x--\r\n", (),
            id="no charset of a part",
        ),
        pytest.param(URLENCODED, b"no gzip", ("Content-Encoding: gzip",), id="no gzip"),
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_read_is_refused(
    quiet: Alone, content_type: str, body: bytes, headers: tuple[str, ...]
) -> None:
    """By anybody, with the right origin; with a sentence."""
    answer = send(quiet, content_type, body, *headers)
    assert answer.startswith(b"HTTP/1.1 400 "), answer[:200]
    assert b"is no form that can be read" in answer
    assert quiet.log.read_text() == ""


@pytest.mark.parametrize(
    "said",
    [
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(90),
        b"GET / HTTP/1.1\r\nHost: localhost\r\nbad header\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: " + b"x" * 20_000 + b"\r\n\r\n",
    ],
)
def test_what_is_no_request_is_answered_like_all_else(quiet: Alone, said: bytes) -> None:
    """It is short, has the page's headers, and does not tell of what the page is made."""
    answer = quiet.ask(said)
    head, _, body = answer.decode().partition("\r\n\r\n")
    assert head.startswith("HTTP/1.0 400 ")
    assert body.startswith("This is no request.\n")
    for name, value in HEADERS.items():
        assert f"{name}: {value}" in head
    assert "aiohttp" not in answer.decode()
    assert "Python" not in answer.decode()


@pytest.mark.parametrize("path", ["/theme/dark", "/sign-in", "/static/page.css"])
def test_head_is_a_get_without_its_body(quiet: Alone, path: str) -> None:
    """For whoever only looks whether the page is there."""
    got, asked = quiet.get(path), quiet.get(path, by="HEAD")
    assert asked.partition(b"\r\n")[0] == got.partition(b"\r\n")[0]
    assert asked.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH"])
@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/", b"GET,HEAD"), ("/settings", b"GET,HEAD,POST"), ("/live", b"GET,HEAD")],
)
def test_a_wrong_method_is_told_the_right_ones(
    quiet: Alone, method: str, path: str, allowed: bytes
) -> None:
    """With the headers that all answers have."""
    answer = quiet.get(path, by=method)
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert b"\r\nAllow: " + allowed + b"\r\n" in answer
    assert b"\r\nContent-Security-Policy: " in answer


def test_the_address_of_an_answer_leads_to_its_form(quiet: Alone) -> None:
    """A reload, a bookmark or the way back asks for one; where both have one address, it is it."""
    shown = {screen.path for screen in SCREENS if screen.method == "GET"}
    asked = OWN.keys() - shown
    assert {"/set-aside/confirm", "/mail-test", "/settings/top-up"} <= asked
    for path in asked:
        answer = quiet.get(path)
        assert answer.startswith(b"HTTP/1.1 303 "), path
        assert f"\r\nLocation: {OWN[path]}\r\n".encode() in answer
        assert OWN[path].partition("#")[0] in shown


@pytest.mark.parametrize(
    "path", ["/history/{}", "/calendar?month={}", "/{}", "/sign-in?then=/{}", "/history?size={}"]
)
def test_what_is_long_is_not_said_again_at_length(here: Site, path: str) -> None:
    """Whoever sends four thousand letters gets no forty thousand back."""
    for letter in "a7":
        seen = here.browser().send("GET", path.format(letter * MANY))
        assert letter * 200 not in seen.html
        assert len(seen.html) < ECHOED_BYTES * 2


def test_under_another_name_it_says_by_which_it_is_opened(quiet: Alone) -> None:
    """Under the address that was reached; whoever may set names is told where."""
    answer = quiet.ask(b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 421 ")
    assert f"Open http://127.0.0.1:{quiet.port}/ instead." in answer.decode()
    assert "page.names" in answer.decode()
    dotted = quiet.ask(
        b"GET /static/page.js HTTP/1.1\r\nHost: localhost.\r\nConnection: close\r\n\r\n"
    )
    assert dotted.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("path", ["/static/page.css", "/sign-in"])
@pytest.mark.parametrize(
    ("accepted", "is_gzip"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("GZIP", True), ("gzip;q=0", False),
     ("gzip; q=0.000, br", False), ("deflate", False), ("xgzip", False), ("", False)],
)  # fmt: skip
def test_compressed_is_sent_to_who_takes_it(
    quiet: Alone, path: str, accepted: str, *, is_gzip: bool
) -> None:
    """And to nobody who says no to it."""
    head, _, _ = quiet.get(path, f"Accept-Encoding: {accepted}").partition(b"\r\n\r\n")
    assert (b"\r\nContent-Encoding: gzip" in head) == is_gzip
    assert b"deflate" not in head


class _Strange(BaseHTTPRequestHandler):
    """Answers everything with an empty envelope."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"data": {}}')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def strange(path: Path) -> Iterator[None]:
    """Something at a socket that is no daemon of ours."""
    with socketserver.ThreadingUnixStreamServer(str(path), _Strange) as served:
        threading.Thread(target=served.serve_forever).start()
        try:
            yield
        finally:
            served.shutdown()


def test_a_fault_of_ours_is_logged_a_few_times_and_no_more(tmp_path: Path) -> None:
    """Whoever found one asks again and again: the card is not worn out by what is logged."""
    with strange(tmp_path / "page.sock"), alone(tmp_path, logs=True) as here:
        for _ in range(12):
            assert here.get("/settings").startswith(b"HTTP/1.1 500 ")
        assert here.log.read_text().count("Traceback") == 3
