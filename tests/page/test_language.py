"""The language of an answer: chosen by a link, or what the browser asks for."""

import re
import socket
from collections.abc import Iterator

import pytest

from beekeed.say import LANGUAGES
from tests.page.browser import Browser, Seen
from tests.page.site import Site, site

YEAR_SECONDS = 365 * 86400
EVERYWHERE = ("/", "/calendar?month=2026-02&day=2026-02-03", "/history?size=20&page=2",
              "/sign-in?then=%2Flink", "/nothing?x=1%262", "/history/none")  # fmt: skip


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A box in India."""
    with site(tmp_path_factory.mktemp("language"), zone="Asia/Kolkata") as made:
        yield made


def language(seen: Seen) -> tuple[str, str]:
    """The language that a screen is in, and its direction."""
    found = re.search(r'<html lang="([^"]*)" dir="([^"]*)"', seen.html)
    assert found, seen.text
    return found[1], found[2]


def links(seen: Seen) -> dict[str, str]:
    """Where each language is chosen."""
    found = re.findall(r'<a href="([^"]*)" lang="[^"]*" hreflang="([^"]*)"', seen.html)
    return {code: href.replace("&amp;", "&") for href, code in found}


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("FR-ca", "fr"),
        ("ar-SY,ar;q=0.9", "ar"),
        ("de,es;q=0.5", "es"),
        ("es;q=0.5,fr;q=0.7,en;q=0.6", "fr"),
        ("fr;q=0.2, en;q=0.8", "en"),
        ("fr , es", "fr"),
        ("fr;q=0", "en"),
        ("fr;q=0,es;q=0.1", "es"),
        ("fr-CH;q=0.1,fr;q=0.9,es;q=0.5", "fr"),
        ("tlh,*;q=0.5", "en"),
        ("fr;q=much,es;q=0.1", "es"),
        ("fr;q=nan,es;q=0.1", "es"),
        ("fr;q=1e9,es", "fr"),
        (";;,=,q=1;fr", "en"),
        ("../../fr", "en"),
        ("en-XA", "en"),
        ("x" * 4000, "en"),
        ("é<script>", "en"),
    ],
)
def test_a_browser_gets_what_it_asks_for(anyone: Browser, asked: str, given: str) -> None:
    """By the weights of Accept-Language; English where we have none of it, or it is garbage."""
    seen = anyone.send("GET", "/link", headers={"Accept-Language": asked})
    assert (seen.status, language(seen)[0]) == (200, given)
    assert "Accept-Language" in seen.headers["Vary"]


def test_what_is_chosen_lasts_and_comes_before_what_the_browser_asks_for(anyone: Browser) -> None:
    """In a cookie of a year that no script reads and no other site's request carries."""
    answer = anyone.send("GET", "/?language=ar")
    kept = [part.strip() for part in answer.headers["Set-Cookie"].split(";")]
    assert kept[0] == "beekeed-language=ar"
    assert {"HttpOnly", "SameSite=Strict", "Path=/", f"Max-Age={YEAR_SECONDS}"} <= set(kept)
    assert (answer.status, answer.to) == (303, "/")
    seen = anyone.send("GET", "/", headers={"Accept-Language": "fr"})
    assert language(seen) == ("ar", "rtl")
    assert "Cookie" in seen.headers["Vary"]


@pytest.mark.parametrize("path", EVERYWHERE)
def test_the_links_keep_the_place(anyone: Browser, path: str) -> None:
    """Each language by its own name, on whatever screen; choosing leads back to it."""
    seen = anyone.send("GET", path)
    assert list(links(seen)) == list(LANGUAGES)
    assert all(f">{name}</a>" in seen.html for name in LANGUAGES.values())
    answer = anyone.send("GET", links(seen)["es"])
    assert (answer.status, answer.to) == (303, path)
    again = anyone.send("GET", answer.to)
    assert (again.status, language(again)) == (seen.status, ("es", "ltr"))
    assert again.html.count('aria-current="true">Español<') == 1


def test_whoever_is_signed_in_stays_so(admin: Browser) -> None:
    """On a screen, and on what a form's answer shows: from there to the form's own screen."""
    admin.language = "fr"
    seen = admin.get("/settings")
    assert language(seen) == ("fr", "ltr")
    assert admin.send("GET", links(seen)["es"]).to == "/settings"
    admin.language = "fr"
    refused = admin.post("/settings", {"section": "limit", "limit.bytes": "plenty"})
    assert (refused.status, language(refused)) == (400, ("fr", "ltr"))
    assert links(refused)["ar"] == "/settings?language=ar"
    confirmed = admin.post("/set-aside/confirm", {"username": "nobody"})
    assert (confirmed.status, links(confirmed)["ar"]) == (200, "/?language=ar")


def test_names_and_commands_keep_their_direction(admin: Browser, anyone: Browser) -> None:
    """A command goes left to right, what comes from elsewhere its own way; both stay escaped."""
    admin.language = anyone.language = "ar"
    assert '<code dir="ltr">beekeectl password set</code>' in admin.get("/settings").html
    seen = anyone.send("GET", "/x%60y%60%3Cb%3E%E2%81%A8")
    assert "<bdi>/x`y`&lt;b&gt;</bdi>" in seen.html
    assert re.search(r"<footer>.*<bdi>UTC\+05:30</bdi>", seen.html, re.DOTALL)


@pytest.mark.parametrize("chosen", ["", "xx", "en-GB", "../fr", "fr%00", "%0d%0aX:1", "fr,ar"])
def test_what_is_no_language_is_not_kept(anyone: Browser, chosen: str) -> None:
    """Neither from an address nor from a cookie."""
    answer = anyone.send("GET", f"/link?language={chosen}")
    assert (answer.status, language(answer)[0]) == (200, "en")
    assert "Set-Cookie" not in answer.headers
    cookie = {"Cookie": f"beekeed-language={chosen}"}
    assert language(anyone.send("GET", "/link", headers=cookie))[0] == "en"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/?language=fr",
        "///evil.example/?language=fr",
        "/\\evil.example/?language=fr",
        "/%5Cevil.example/?language=fr",
        "/%2F/evil.example?language=fr",
        "/.//evil.example?language=fr",
        "/\t/evil.example?language=fr",
        "/?language=fr&then=//evil.example",
        "http://evil.example/?language=fr",
        "http://evil.example//evil.example/?language=fr",
        "https:evil.example?language=fr",
    ],
)
def test_choosing_never_leads_to_another_site(here: Site, target: str) -> None:
    """Whatever a link has as its path: where it leads, is a path that begins with one slash."""
    place, _, port = here.host.partition(":")
    with socket.create_connection((place, int(port)), timeout=20) as line:
        line.sendall(
            f"GET {target} HTTP/1.1\r\nHost: {here.host}\r\nConnection: close\r\n\r\n".encode()
        )
        head = b"".join(iter(lambda: line.recv(4096), b"")).partition(b"\r\n\r\n")[0].decode()
    (to,) = re.findall(r"(?im)^location: (.*?)\r?$", head) or ["/"]
    assert re.fullmatch(r"/([^/\\\t].*)?", to), head


def test_a_form_chooses_nothing(anyone: Browser) -> None:
    """A form that was sent is not lost for a language."""
    answer = anyone.send("POST", "/sync?language=fr", {})
    assert "Set-Cookie" not in answer.headers
    assert answer.to == "/sign-in?then=%2F&ended=yes"


def test_refusals_are_said_in_the_language_as_well(anyone: Browser) -> None:
    """Those in plain text, which no screen shows."""
    marked = {"Cookie": "beekeed-language=en-XA"}
    strange = anyone.send("GET", "/", headers=marked | {"Host": "evil.example"})
    forged = anyone.send("POST", "/sync", {}, marked | {"Origin": "http://evil.example"})
    nothing = anyone.send("GET", "/static/nothing", headers=marked)
    assert [strange.status, forged.status, nothing.status] == [421, 403, 404]
    for answer in (strange, forged, nothing):
        assert re.fullmatch(r"(⟦[^a-z]*[^⟦⟧]*⟧\n)+", answer.html), answer.html
