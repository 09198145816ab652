"""Each node of the way failing in turn: what a person reads, by the real daemon and beekeectl."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from beekeed.core.link import Node
from beekeed.ctl.exits import Exit
from beekeed.errors import Code
from tests.certificates import Certificates
from tests.link.net import HOST, Net, saying
from tests.namespaces import SITE, UPLINK, ip
from tests.system.world import World

pytestmark = pytest.mark.root

LOGIN = '<html><form action="/login"><input name="code"><button>Go on</button></form></html>'
NOWHERE = "198.51.100.7"  # nothing comes back from there (RFC 5737)

Fault = Callable[[Net, Certificates], AbstractContextManager[None]]


@contextmanager
def changed(net: Net, undo: tuple[str, ...], *words: str) -> Iterator[None]:
    """Something is otherwise at the box's end, and as before at the end."""
    ip("-n", net.line.box, *words)
    try:
        yield
    finally:
        ip("-n", net.line.box, *undo)
        default = ("route", "replace", "default", "via", net.line.net_address)
        ip("-n", net.line.box, *default)


@contextmanager
def switched_off(net: Net, _: Certificates) -> Iterator[None]:
    """The interface is off."""
    with changed(net, ("link", "set", UPLINK, "up"), "link", "set", UPLINK, "down"):
        yield


@contextmanager
def unplugged(net: Net, _: Certificates) -> Iterator[None]:
    """Nothing is at the other end."""
    ip("-n", net.line.net, "link", "set", SITE, "down")
    yield
    ip("-n", net.line.net, "link", "set", SITE, "up")


@contextmanager
def without_address(net: Net, _: Certificates) -> Iterator[None]:
    """The router gives no address."""
    address = f"{net.line.box_address}/24"
    undo = ("address", "add", address, "dev", UPLINK)
    with changed(net, undo, "address", "flush", "dev", UPLINK):
        yield


@contextmanager
def without_route(net: Net, _: Certificates) -> Iterator[None]:
    """The network leads nowhere else."""
    undo = ("link", "set", UPLINK, "up")
    with changed(net, undo, "route", "delete", "default"):
        yield


def names(answer: dict[str, str] | None) -> Fault:
    """The name service knows this; None: it is silent."""

    @contextmanager
    def fault(net: Net, _: Certificates) -> Iterator[None]:
        before, net.names = net.names, answer
        yield
        net.names = before

    return fault


@contextmanager
def nothing_listens(net: Net, _: Certificates) -> Iterator[None]:
    """The computer is there, and no server on it."""
    yield


def page(*said: str, port: int = 443, kind: str = "text/html") -> Fault:
    """Something answers so, with a good certificate where it is encrypted."""

    @contextmanager
    def fault(net: Net, authority: Certificates) -> Iterator[None]:
        context = authority.context() if port == 443 else None
        with net.standing(port, saying(*said, kind=kind), context):
            yield

    return fault


def certificate(name: str = "", *, also: Fault = nothing_listens, **made: Any) -> Fault:
    """A server has such a certificate; it must never be asked anything."""

    @contextmanager
    def fault(net: Net, authority: Certificates) -> Iterator[None]:
        def never(connection: object) -> None:
            raise AssertionError("asked after its certificate was refused")

        with (
            net.standing(443, never, authority.context(name, **made)),
            also(net, authority),
        ):
            yield

    return fault


@contextmanager
def no_encryption(net: Net, _: Certificates) -> Iterator[None]:
    """Something answers in the clear where encryption is wanted."""
    with net.standing(443, lambda connection: connection.sendall(b"SSH-2.0-OpenSSH\r\n")):
        yield


@contextmanager
def says_nothing(net: Net, authority: Certificates) -> Iterator[None]:
    """It takes the connection and hangs up on the question."""
    with net.standing(443, lambda connection: None, authority.context()):
        yield


@dataclass(frozen=True)
class Case:
    """A fault, and what is to be said of it."""

    fault: Fault
    node: Node
    code: Code
    exit: Exit
    words: str


CASES = {
    "switched off": Case(
        switched_off, Node.INTERFACE, Code.NO_INTERFACE, Exit.OFFLINE, "network is switched off"
    ),
    "no carrier": Case(
        unplugged, Node.INTERFACE, Code.NO_CARRIER, Exit.OFFLINE, f"the box's line ({UPLINK})"
    ),
    "no address": Case(
        without_address, Node.ADDRESS, Code.NO_ADDRESS, Exit.OFFLINE, "gave it no address"
    ),
    "no route": Case(without_route, Node.ADDRESS, Code.NO_ROUTE, Exit.OFFLINE, "no way out"),
    "no such name": Case(
        names({}), Node.NAME, Code.NAME_UNKNOWN, Exit.OFFLINE, f"no computer with the name {HOST}"
    ),
    "no name service": Case(
        names(None), Node.NAME, Code.NAME_NOT_FOUND, Exit.OFFLINE, "seems to be offline"
    ),
    "refused": Case(
        nothing_listens,
        *(Node.CONNECTION, Code.CONNECTION_REFUSED, Exit.OFFLINE, "takes no connection"),
    ),
    "dropped": Case(
        names({HOST: NOWHERE}),
        *(Node.CONNECTION, Code.CONNECTION_TIMED_OUT, Exit.OFFLINE, "nothing comes back"),
    ),
    "portal that blocks encryption": Case(
        page("302 Found", "", "Location: http://login.hotel.example/?for=box", port=80),
        *(Node.CONNECTION, Code.CAPTIVE_PORTAL, Exit.NOT_MOODLE, "login.hotel.example"),
    ),
    "no encryption": Case(
        no_encryption,
        *(Node.ENCRYPTION, Code.ENCRYPTION_FAILED, Exit.NOT_MOODLE, "no encrypted one"),
    ),
    "expired, by a clock that nobody confirmed": Case(
        certificate(since="2025-01-01", days=90),
        *(Node.ENCRYPTION, Code.CLOCK_WRONG, Exit.CLOCK, "timedatectl set-time"),
    ),
    "not yet valid, by a clock that nobody confirmed": Case(
        certificate(since="2035-01-01"),
        *(Node.ENCRYPTION, Code.CLOCK_WRONG, Exit.CLOCK, "timedatectl set-time"),
    ),
    "unknown issuer": Case(
        certificate(issuer="stranger"),
        *(Node.ENCRYPTION, Code.CERTIFICATE_UNKNOWN_ISSUER, Exit.NOT_MOODLE, "does not know"),
    ),
    "self-signed": Case(
        certificate(issuer=""),
        *(Node.ENCRYPTION, Code.CERTIFICATE_SELF_SIGNED, Exit.NOT_MOODLE, "vouches for itself"),
    ),
    "portal with another name": Case(
        certificate("login.hotel.example"),
        *(Node.ENCRYPTION, Code.CERTIFICATE_WRONG_NAME, Exit.NOT_MOODLE, "wants a login"),
    ),
    "portal with another name that shows itself": Case(
        certificate("login.hotel.example", also=page("200 OK", LOGIN, port=80)),
        *(Node.ENCRYPTION, Code.CAPTIVE_PORTAL, Exit.NOT_MOODLE, "The network wants a login"),
    ),
    "it hangs up": Case(
        says_nothing, Node.MOODLE, Code.SILENT, Exit.OFFLINE, "and then said nothing"
    ),
    "proxy, 502": Case(
        page("502 Bad Gateway", "<html><h1>502</h1></html>"),
        *(Node.MOODLE, Code.PROXY_ANSWERED, Exit.NOT_MOODLE, "(status 502)"),
    ),
    "filter, 403": Case(
        page("403 Forbidden", "<html>Blocked by the school's filter</html>"),
        *(Node.MOODLE, Code.PROXY_ANSWERED, Exit.NOT_MOODLE, "A proxy or a filter"),
    ),
    "web services off": Case(
        page("403 Forbidden"),
        *(Node.MOODLE, Code.WEB_SERVICES_OFF, Exit.REFUSED, "Web services are switched off"),
    ),
    "overloaded": Case(
        page("503 Service Unavailable", "<html>Sorry</html>"),
        *(Node.MOODLE, Code.SERVER_BUSY, Exit.OFFLINE, "overloaded"),
    ),
    "maintenance": Case(
        page("503 Moodle under maintenance", "<html>Back soon</html>"),
        *(Node.MOODLE, Code.MAINTENANCE, Exit.MAINTENANCE, "in maintenance"),
    ),
    "wrong path": Case(
        page("404 Not Found", "<html><h1>404</h1></html>"),
        *(Node.MOODLE, Code.NO_MOODLE_THERE, Exit.NOT_MOODLE, f"no Moodle at https://{HOST}"),
    ),
    "another site": Case(
        page("200 OK", "<html><h1>Our school</h1></html>"),
        *(Node.MOODLE, Code.NO_MOODLE_THERE, Exit.NOT_MOODLE, "the site's front page"),
    ),
    "moved": Case(
        page("303 See Other", "", "Location: https://new.example.org/"),
        *(Node.MOODLE, Code.REDIRECTED, Exit.NOT_MOODLE, "points elsewhere: new.example.org"),
    ),
    "another program": Case(
        page("200 OK", '{"status":"up"}', kind="application/json"),
        *(Node.MOODLE, Code.ANSWER_UNREADABLE, Exit.NOT_MOODLE, "cannot be understood"),
    ),
}
PLAIN = {
    "portal that answers 200": Case(
        page("200 OK", LOGIN, port=80),
        *(Node.MOODLE, Code.CAPTIVE_PORTAL, Exit.NOT_MOODLE, "The network wants a login"),
    ),
    "portal that redirects": Case(
        page("302 Found", "", "Location: http://login.hotel.example/", port=80),
        *(Node.MOODLE, Code.CAPTIVE_PORTAL, Exit.NOT_MOODLE, "(login.hotel.example)"),
    ),
    "portal that says so": Case(
        page("511 Network Authentication Required", "<html>Pay</html>", port=80),
        *(Node.MOODLE, Code.CAPTIVE_PORTAL, Exit.NOT_MOODLE, "The network wants a login"),
    ),
    "encryption wanted": Case(
        page("301 Moved Permanently", "", f"Location: https://{HOST}/", port=80),
        *(Node.MOODLE, Code.REDIRECTED, Exit.NOT_MOODLE, "points elsewhere"),
    ),
    "a page": Case(
        page("200 OK", "<html><h1>Welcome</h1></html>", port=80),
        *(Node.MOODLE, Code.NOT_A_MOODLE, Exit.NOT_MOODLE, "A web page answered"),
    ),
}


def said_of(here: World, case: Case) -> None:
    """Try the way: nodes before the fault held, those after it were not tried, and it is said."""
    said = here.ctl("link", "--try", "--json")
    tree = {each["node"]: each["state"] for each in said.json["nodes"]}
    states = [tree[node] for node in Node]
    at = list(Node).index(case.node)
    assert said.json["reason"]["code"] == case.code, said.json
    assert states[at] == "failed", tree
    assert set(states[:at]) <= {"ok", "not_needed"}, tree
    assert set(states[at + 1 :]) <= {"not_tried", "not_needed"}, tree
    assert said.code == case.exit
    shown = here.ctl("link")  # the same tree, without a byte
    assert shown.code == case.exit
    assert case.words in " ".join(shown.out.split())
    assert shown.out.count("✗") == 1
    assert max(map(len, shown.out.splitlines())) <= 80


@pytest.mark.parametrize("name", CASES)
def test_the_first_node_that_fails_is_said(
    https: World, net: Net, authority: Certificates, name: str
) -> None:
    """With one sentence, one remedy, and an exit code that a script can tell apart."""
    with CASES[name].fault(net, authority):
        said_of(https, CASES[name])


@pytest.mark.parametrize("name", PLAIN)
def test_without_encryption_the_networks_own_page_is_told_from_a_site(
    http: World, net: Net, authority: Certificates, name: str
) -> None:
    """By its status, by where it leads, and by what it holds."""
    with PLAIN[name].fault(net, authority):
        said_of(http, PLAIN[name])
