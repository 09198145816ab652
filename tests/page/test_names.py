"""Who looks without a password learns no name, no address and no secret; who may, reads names."""

import html
import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from beekeed.page.screens import SCREENS
from tests.page.browser import Browser
from tests.page.site import PASSWORD, Site, site

MAILBOX = "headteacher@zqschool.example"
ONLINE = ("Ottilie", "Xanthippe", "ottilie@zqschool.example")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A box of learners with names that are nowhere else, one of them somebody else online."""
    settings = {
        "mail__notify": '"failures"', "mail__to": f'"{MAILBOX}"',
        "mail__sender": '"box@zqschool.example"', "mail__server": '"127.0.0.1"',
        "accounts__never_touch": '["headmistress"]',
    }  # fmt: skip
    with site(tmp_path_factory.mktemp("names"), learners=4, zone="UTC", **settings) as made:
        world = made.world
        world.on_box(
            "UPDATE mdl_user SET firstname = 'Zöqa' || id || 'qx', lastname = 'Wérxl' || id,"
            " email = 'mail' || id || '@zqschool.example' WHERE id > 3"
        )
        first = people(made)[0][0]
        world.on_online(
            "INSERT INTO mdl_user (username, firstname, lastname, email, confirmed, mnethostid,"
            " idnumber, timecreated, timemodified) VALUES (?, ?, ?, ?, 1, 1, '', 1, 1)",
            first, *ONLINE,
        )  # fmt: skip
        assert made.sync()["status"] == "partial"
        yield made


def people(here: Site) -> list[tuple[str, ...]]:
    """Username, names and address of each learner."""
    return here.world.on_box(
        "SELECT username, firstname, lastname, email FROM mdl_user WHERE id > 3"
    )


def secrets(here: Site) -> list[str]:
    """All that nobody may read who is not signed in."""
    planted = [each for person in people(here) for each in person]
    token = here.world.token.read_text().strip()
    return [*planted, *ONLINE, MAILBOX, "zqschool", "headmistress", token, PASSWORD]


def paths(here: Site) -> list[str]:
    """Every address that a browser can ask for, in each of its ways."""
    event_id = here.ask("GET", "runs?limit=1")["runs"][0]["event_id"]
    found = [each.path.replace("{event_id}", event_id) for each in SCREENS if each.method == "GET"]
    more = ["/history?size=50", "/calendar?month=2026-11&day=2026-11-05", "/waiting?after=x",
            "/settings?before=5", "/nothing", "/sign-in?then=/set-aside"]  # fmt: skip
    return [*found, *more]


def holds(answer: str, secret: str) -> bool:
    """Whether a text is in an answer, however it is written there."""
    forms = (secret, html.escape(secret), quote(secret), json.dumps(secret)[1:-1])
    return any(each in answer for each in forms)


def test_nobody_finds_a_name_an_address_or_a_secret(here: Site, anyone: Browser) -> None:
    """Searched for in the bytes and headers of every answer."""
    for path in paths(here):
        seen = anyone.send("GET", path)
        everything = f"{seen.headers} {seen.html}"
        for secret in secrets(here):
            assert not holds(everything, secret), (path, secret)


def test_no_error_tells_one_either(here: Site, anyone: Browser) -> None:
    """Whatever is sent without a session."""
    for screen in SCREENS:
        if screen.method == "POST":
            seen = anyone.send(
                "POST", screen.path, {"username": "x", "password": "y", "number": "1"}
            )
            for secret in secrets(here):
                assert not holds(f"{seen.headers} {seen.html}", secret), screen.path


def test_names_are_there_where_they_are_needed(here: Site, admin: Browser) -> None:
    """Set aside, Information and who is not safe yet."""
    username, first, last, _ = people(here)[0]
    event_id = here.ask("GET", "runs?limit=1")["runs"][0]["event_id"]
    for path in ("/set-aside", "/waiting"):
        text = admin.get(path).text
        for name in (username, first, last):
            assert name in text, path
    sent = people(here)[1]
    assert sent[1] in admin.get(f"/history/{event_id}").text


def test_no_page_holds_a_token_or_a_password(here: Site, admin: Browser) -> None:
    """Not even for who is signed in."""
    token = here.world.token.read_text().strip()
    for path in paths(here):
        seen = admin.send("GET", path)
        for secret in (token, PASSWORD):
            assert not holds(f"{seen.headers} {seen.html}", secret), path
