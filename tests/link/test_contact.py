"""A way that leads to a Moodle; a clock that is wrong; what a sync tells of the way."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from beekeed.ctl.exits import Exit
from tests.certificates import Certificates
from tests.conftest import TOLD
from tests.link.conftest import box
from tests.link.net import HOST, Net
from tests.namespaces import SITE, UPLINK, ip, packets
from tests.system.wallclock import offset_to
from tests.system.world import World

pytestmark = pytest.mark.root


@contextmanager
def a_moodle(here: World, net: Net, wwwroot: str, port: int) -> Iterator[None]:
    """The sandbox's online Moodle runs at the net's end."""
    words = ("--database", str(here.online), "--host", net.line.net_address, "--port", str(port))
    child = here.spawn("sandbox-online", *words, "--wwwroot", wwwroot, inside=net.line.net)
    assert child.stdout is not None
    assert child.stdout.readline()
    try:
        yield
    finally:
        child.terminate()
        child.wait()


@contextmanager
def an_encrypted_moodle(here: World, net: Net, authority: Certificates) -> Iterator[None]:
    """The same, behind a certificate for its name."""
    with (
        a_moodle(here, net, f"https://{HOST}", 8080),
        net.encrypting(443, 8080, authority.context()),
    ):
        yield


def requests(here: World) -> int:
    """How many requests the site has had."""
    return int(here.on_online("SELECT count(*) FROM sandbox_request")[0][0])


def test_a_moodle_answers(
    https: World, net: Net, authority: Certificates, pytestconfig: pytest.Config
) -> None:
    """Every node holds; it is asked once, without a token, and what that cost is said."""
    before = requests(https)
    with an_encrypted_moodle(https, net, authority):
        said = https.ctl("link", "--try", "--json")
    assert said.code == Exit.OK
    assert [each["state"] for each in said.json["nodes"]] == ["ok"] * 6
    assert requests(https) == before + 1
    contact = said.json["contact"]
    spent = contact["sent_bytes"] + contact["received_bytes"]
    assert 1_000 < spent < 8_000
    pytestconfig.stash[TOLD].append(f"a walk to a Moodle, with a short certificate: {spent} B")
    shown = https.ctl("link").out
    assert shown.count("✓") == 6
    assert ", check (" in shown


def test_a_moodle_without_encryption_answers(http: World, net: Net) -> None:
    """Encryption is not needed where the settings allow none."""
    with a_moodle(http, net, f"http://{HOST}", 80):
        said = http.ctl("link", "--try", "--json")
    assert said.code == Exit.OK
    assert [each["state"] for each in said.json["nodes"]].count("not_needed") == 1
    assert "encryption: not needed" in http.ctl("link").out


def test_to_look_sends_nothing(https: World, net: Net) -> None:
    """beekeectl link alone is free, and says what the kernel shows now."""
    before = packets(net.line.box, UPLINK)
    assert https.ctl("link").code == Exit.OK
    assert packets(net.line.box, UPLINK) == before
    ip("-n", net.line.net, "link", "set", SITE, "down")
    try:
        said = https.ctl("link", "--json")
        assert said.code == Exit.OFFLINE
        states = [each["state"] for each in said.json["nodes"]]
        assert states == ["failed"] + ["not_tried"] * 5  # what it was before says nothing now
    finally:
        ip("-n", net.line.net, "link", "set", SITE, "up")


def test_a_sync_tells_of_the_way_and_survives_a_restart(
    net: Net, authority: Certificates, tmp_path: Path
) -> None:
    """The node at which it failed, without a byte more; and that all held when one arrived."""
    known = {"SSL_CERT_FILE": str(authority.known)}
    here = box(tmp_path, net, f"https://{HOST}", **known)
    try:
        with an_encrypted_moodle(here, net, authority):
            assert here.sync()["status"] == "completed"
        good = here.ctl("link", "--json").json
        assert [each["state"] for each in good["nodes"]] == ["ok"] * 6
        assert good["contact"]["source"] == "sync"
        with net.standing(443, lambda _: None, authority.context("login.hotel.example")):
            here.on_box("UPDATE mdl_user SET city = 'Nowhere' WHERE id > 3")
            failed = here.ctl("sync", "--wait")
        assert failed.code == Exit.NOT_MOODLE
        here.end()
        here.start_daemon(inside=net.line.box)
        before = packets(net.line.box, UPLINK)
        said = here.ctl("link", "--json")
        assert packets(net.line.box, UPLINK) == before
        assert said.code == Exit.NOT_MOODLE
        assert said.json["reason"]["code"] == "certificate_wrong_name"
        states = [each["state"] for each in said.json["nodes"]]
        assert states == ["ok"] * 4 + ["failed", "not_tried"]
    finally:
        here.end()


@pytest.mark.parametrize("year", [1970, 2045])
def test_a_wrong_clock_is_said_and_how_to_set_it(
    net: Net, authority: Certificates, tmp_path: Path, year: int
) -> None:
    """To it the certificate is out of date: both a try and a sync say the time, and the command."""
    known = {"SSL_CERT_FILE": str(authority.known)}
    here = box(tmp_path, net, f"https://{HOST}", offset=offset_to(year), **known)
    try:
        with an_encrypted_moodle(here, net, authority):
            before = requests(here)
            for words in (("link", "--try"), ("sync", "--wait")):
                said = here.ctl(*words)
                text = " ".join(said.out.split())
                assert re.search(
                    rf"The box's clock is wrong: it says \d+ \w+ {year}, \d\d:\d\d", text
                )
                assert "sudo timedatectl set-time '2026-11-30 14:05:00 UTC'" in text
                assert said.code == Exit.CLOCK
            assert requests(here) == before
    finally:
        here.end()


def test_a_sync_that_waits_starts_when_the_link_is_back(
    net: Net, authority: Certificates, tmp_path: Path
) -> None:
    """Within ten seconds of what the kernel shows; before that nothing goes out."""
    here = box(tmp_path, net, f"https://{HOST}", SSL_CERT_FILE=str(authority.known))
    try:
        with an_encrypted_moodle(here, net, authority):
            ip("-n", net.line.net, "link", "set", SITE, "down")
            waiting = here.begin_ctl("sync", "--wait-for-link", "--wait", "--json")
            time.sleep(2)
            assert waiting.poll() is None
            assert here.ctl("history", "--json").json["total"] == 0  # no sync fails meanwhile
            assert requests(here) == 0
            ip("-n", net.line.net, "link", "set", SITE, "up")
            back = time.monotonic()
            here.until("SELECT count(*) > 0 FROM sandbox_request")
            began_after = time.monotonic() - back
            assert waiting.wait(60) == Exit.OK
        assert began_after < 10
    finally:
        ip("-n", net.line.net, "link", "set", SITE, "up")
        here.end()
