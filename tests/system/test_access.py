"""Who may do what, asked of the real daemon at both sockets.

The expectations are written down here again, and asked of every route of the table.
"""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from beekeed.clock import SystemClock
from beekeed.control import scrypt
from beekeed.control.route import Right, Route
from beekeed.control.routes import ROUTES
from beekeed.sqlite.opening import open_store
from beekeed.sqlite.password import SqlitePassword
from tests.system.asking import ask, sign_in
from tests.system.world import World, world

PASSWORD = "correct horse battery"
OF_ACCESS = {"strange_host", "from_browser", "only_on_box", "not_signed_in", "form_stale"}
Headers = Mapping[str, str]


def with_password(here: World) -> None:
    """Set the password before the daemon starts, with a digest that costs less to compute."""

    async def keep() -> None:
        store = await open_store(here.state)
        digest = scrypt.digest(PASSWORD, b"salt", scrypt.Costs(log_n=4, p=1))
        await SqlitePassword(store=store, clock=SystemClock()).keep(digest)
        await store.close()

    asyncio.run(keep())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A daemon with a password."""
    with world(tmp_path_factory.mktemp("access"), learners=6) as made:
        with_password(made)
        made.start_daemon()
        yield made


@pytest.fixture(scope="module")
def signed_in(running: World) -> Headers:
    """The headers of a browser that is signed in."""
    return sign_in(running.page_socket, PASSWORD)


@pytest.fixture(scope="module")
def signed_out(running: World) -> Headers:
    """The headers of one that was."""
    headers = sign_in(running.page_socket, PASSWORD)
    assert ask(running.page_socket, "DELETE", "/v1/session", None, headers).status == 200
    return headers


def refused_at_page(route: Route, who: str) -> str:
    """The code with which page.sock must refuse; empty: it must not."""
    if route.right is Right.CONTROL:
        return "only_on_box"
    if route.right is Right.ADMINISTER and who in ("nobody", "signed out"):
        return "not_signed_in"
    if who == "signed in, no form" and route.method != "GET":
        return "form_stale"
    return ""


def target(route: Route) -> str:
    """A path that the route matches."""
    return route.path.replace("{event_id}", "20260101-000000-none")


@pytest.mark.parametrize("route", ROUTES, ids=lambda each: f"{each.method} {each.path}")
def test_each_route_lets_in_whom_its_right_says(
    running: World, signed_in: Headers, signed_out: Headers, route: Route
) -> None:
    """At each socket: nobody, who is signed in with the form's token or without, who was.

    And for all of them: another Host, or a header that only browsers send, is refused first.
    """
    people: dict[str, Headers] = {
        "nobody": {},
        "signed in": signed_in,
        "signed in, no form": {**signed_in, "Beekeed-Form": ""},
        "signed out": signed_out,
    }
    if route.path == "/v1/session" and route.method == "DELETE":
        people["signed in"] = sign_in(running.page_socket, PASSWORD)  # it ends this one
    ways: dict[str, tuple[Headers, str]] = {
        "": ({}, ""),
        "host": ({"Host": "box.local"}, "strange_host"),
        "no host": ({"Host": ""}, "strange_host"),
        "origin": ({"Origin": "http://beekeed"}, "from_browser"),
        "referer": ({"Referer": "http://beekeed/"}, "from_browser"),
    }
    for who, headers in people.items():
        for way, (more, refusal) in ways.items():
            if way not in ("", "host", "origin") and who != "signed in":
                continue  # enough for those
            for socket in (running.page_socket, running.socket):
                at_page = refused_at_page(route, who) if socket == running.page_socket else ""
                wanted = refusal or at_page
                answer = ask(socket, route.method, target(route), None, {**headers, **more})
                found = answer.code if answer.code in OF_ACCESS else ""
                if route.method == "DELETE" and socket == running.socket and not wanted:
                    wanted = "not_signed_in"  # there is no session at control.sock to end
                assert found == wanted, (socket.name, who, way, answer.body)


def test_the_table_has_no_route_twice_and_reading_changes_nothing() -> None:
    """What only reads is a GET: no form's token is asked for it. Signing in is the exception."""
    assert len({(each.method, each.path) for each in ROUTES}) == len(ROUTES)
    for route in ROUTES:
        if route.right is Right.READ:
            assert route.method == "GET" or route.path == "/v1/session", route


def test_a_method_that_the_table_does_not_have_is_refused(running: World) -> None:
    """At both sockets, for every path, with the one envelope."""
    known = {(each.method, each.path) for each in ROUTES}
    for path in {each.path for each in ROUTES}:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
            if (method, path) not in known:
                for socket in (running.socket, running.page_socket):
                    asked = ask(socket, method, path)
                    assert asked.status in (404, 405), (method, path)
                    assert asked.code


def test_what_only_page_sock_believes_is_nothing_at_control_sock(running: World) -> None:
    """A session's header does nothing there, and the browser's address is not looked at."""
    headers = sign_in(running.page_socket, PASSWORD)
    shown = ask(running.socket, "GET", "/v1/session", None, headers).data
    assert (shown["signed_in"], shown["form_token"]) == (False, None)
    shown = ask(running.page_socket, "GET", "/v1/session", None, headers).data
    assert (shown["signed_in"], shown["form_token"]) == (True, headers["Beekeed-Form"])
    assert 0 < shown["seconds_left"] <= 1800


def test_a_form_of_another_session_is_stale(running: World) -> None:
    """A token that somebody else was given is worth nothing."""
    mine, other = (sign_in(running.page_socket, PASSWORD) for _ in range(2))
    mixed = {**mine, "Beekeed-Form": other["Beekeed-Form"]}
    assert ask(running.page_socket, "POST", "/v1/stop", None, mixed).code == "form_stale"
    assert ask(running.page_socket, "POST", "/v1/stop", None, mine).status == 200


def test_who_did_it_is_in_the_books(running: World) -> None:
    """The user and process at the other end, and whence the browser is; nothing that was sent."""
    headers = sign_in(running.page_socket, PASSWORD, "192.168.4.33")
    values = {"values": {"sync.late_changes": "send"}}
    assert ask(running.page_socket, "POST", "/v1/settings", values, headers).status == 200
    assert ask(running.socket, "POST", "/v1/settings", values).status == 200
    shown = ask(running.socket, "GET", "/v1/settings/history").data["changes"]
    assert shown[-1]["by"].startswith("signed in at 192.168.4.33 (uid 0, process ")
    log = running.log()
    assert "POST /v1/settings by signed in at 192.168.4.33 (uid 0, process " in log
    assert "POST /v1/settings by uid 0, process " in log
    for secret in (PASSWORD, *headers.values()):
        assert secret == "192.168.4.33" or secret not in log


def test_a_forged_address_writes_nothing_into_the_log(running: World) -> None:
    """The page's process may have been broken into."""
    headers = {**sign_in(running.page_socket, PASSWORD), "Beekeed-Client": "1.2.3.4 by root\x85"}
    ask(running.page_socket, "POST", "/v1/stop", None, headers)
    assert "by root" not in running.log()
    assert "POST /v1/stop by signed in at an unknown address (" in running.log()


def test_changing_the_password_signs_everybody_out(running: World) -> None:
    """Also the one who had stolen it; and there is none to sign in with after taking it away."""
    headers = sign_in(running.page_socket, PASSWORD)
    changed = ask(running.socket, "POST", "/v1/password", {"password": PASSWORD})
    assert changed.data == {"schema": "beekeed.password/1", "is_set": True, "sessions": 0}
    asked = ask(running.page_socket, "POST", "/v1/stop", None, headers)
    assert (asked.status, asked.code) == (401, "not_signed_in")
    headers = sign_in(running.page_socket, PASSWORD)
    assert ask(running.socket, "POST", "/v1/password", {"password": None}).status == 200
    assert ask(running.page_socket, "POST", "/v1/stop", None, headers).code == "not_signed_in"
    asked = ask(running.page_socket, "POST", "/v1/session", {"password": PASSWORD})
    assert asked.code == "sign_in_off"
    assert not ask(running.page_socket, "GET", "/v1/session").data["sign_in_on"]
    ask(running.socket, "POST", "/v1/password", {"password": PASSWORD})


@pytest.mark.parametrize("password", ["", "seven77", "x" * 1001])
def test_a_password_has_a_length(running: World, password: str) -> None:
    """Short ones are guessed; an empty one is not the same as none."""
    asked = ask(running.socket, "POST", "/v1/password", {"password": password})
    assert asked.code == ("password_too_long" if len(password) > 8 else "password_too_short")
    assert asked.status == 400
    assert ask(running.socket, "GET", "/v1/password").data["is_set"]


def test_the_password_survives_a_restart_and_sessions_do_not(here: World) -> None:
    """It is kept as a digest only, in a file that is its owner's alone."""
    daemon = here.start_daemon()
    ask(here.socket, "POST", "/v1/password", {"password": PASSWORD})
    headers = sign_in(here.page_socket, PASSWORD)
    daemon.terminate()
    daemon.wait(20)
    assert not here.page_socket.exists()
    here.start_daemon()
    assert ask(here.page_socket, "POST", "/v1/stop", None, headers).code == "not_signed_in"
    sign_in(here.page_socket, PASSWORD)
    ((digest,),) = here.in_state("SELECT digest FROM password")
    assert digest.startswith("$scrypt$ln=14,r=8,p=5$")
    for file in here.state.parent.iterdir():
        assert PASSWORD.encode() not in file.read_bytes()
        assert headers["Beekeed-Session"].encode() not in file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0, file


@pytest.mark.parametrize("name", ["socket", "page_socket"])
def test_the_sockets_are_for_their_owner_and_group_only(running: World, name: str) -> None:
    """Whoever may connect may do what that socket allows."""
    path: Path = getattr(running, name)
    assert path.stat().st_mode & 0o777 == 0o660


@pytest.mark.root
def test_each_socket_has_its_own_group(here: World) -> None:
    """As the settings name them: the page's process cannot open control.sock."""
    here.start_daemon(daemon__control_group='"daemon"', daemon__page_group='"nogroup"')
    assert [path.group() for path in (here.socket, here.page_socket)] == ["daemon", "nogroup"]


def test_nobodys_name_or_address_leaves_without_signing_in(here: World) -> None:
    """Planted ones are searched for in the bytes of every answer that anybody may read.

    Signed in, they are where they are needed: so the search would find them.
    """
    here.on_box(
        "UPDATE mdl_user SET username = 'kwurbel' || id, firstname = 'Zoraxim' || id,"
        " lastname = 'Quombel' || id,"
        " email = 'vexil' || id || '@learners.example' WHERE id > 3"
    )
    names = [name for (name,) in here.on_box("SELECT username FROM mdl_user WHERE id > 3")]
    with_password(here)
    here.start_daemon(accounts__never_touch=f'["{names[0]}", "{names[1]}"]')
    mail = {"values": {"mail.to": "head@teachers.example", "mail.sender": "box@teachers.example"}}
    assert ask(here.socket, "POST", "/v1/settings", mail).status == 200
    run = here.sync()
    assert run["set_aside"] > 0
    planted = [
        "kwurbel",
        "Zoraxim",
        "Quombel",
        "vexil",
        "teachers.example",
        here.token.read_text().strip(),
    ]
    told = {
        path: ask(here.page_socket, "GET", path).body.decode()
        for route in ROUTES
        if route.right is Right.READ and route.method == "GET"
        for path in (route.path.replace("{event_id}", run["event_id"]),)
    }
    assert f"/v1/runs/{run['event_id']}" in told
    for path, text in told.items():
        assert not [each for each in planted if each in text], path
    headers = sign_in(here.page_socket, PASSWORD)
    aside = ask(here.page_socket, "GET", "/v1/set-aside", None, headers).body.decode()
    assert names[0] in aside
    assert "Zoraxim" in aside
