"""Mails about syncs from the real daemon: who is in them, when they go, and what a person sees."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from beekeed.ctl.exits import Exit
from tests.certificates import Certificates
from tests.mailserver import MailServer, mail_server, mail_settings
from tests.system.test_set_aside import doubtful
from tests.system.world import World, world

_LONGEST_SECONDS = 20


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    """A box of few learners and an online Moodle that runs; the daemon is not started."""
    with world(tmp_path, learners=4) as made:
        yield made


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server without encryption."""
    with mail_server() as made:
        yield made


def until_taken(server: MailServer, count: int) -> None:
    """Wait until so many mails were taken: they go out after the sync has ended."""
    deadline = time.monotonic() + _LONGEST_SECONDS
    while len(server.taken) < count:
        assert time.monotonic() < deadline, f"{len(server.taken)} of {count}"
        time.sleep(0.02)


def until_sent(here: World, count: int) -> None:
    """Wait until the daemon has noted that so many were."""
    deadline = time.monotonic() + _LONGEST_SECONDS
    while here.in_state("SELECT count(*) FROM mail WHERE state = 'sent'") < [(count,)]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def until_settled(here: World) -> dict[str, int]:
    """Wait until the connection has ended, a moment after its mail was noted; give its bytes."""
    deadline = time.monotonic() + _LONGEST_SECONDS
    while not here.in_state(
        "SELECT 1 FROM charge WHERE category = 'mail' AND sent > 0 AND held = 0"
    ):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    used: dict[str, int] = here.ctl("usage", "--json").json["current"]["categories"]["mail"]
    return used


def test_no_mail_names_a_learner(here: World, server: MailServer) -> None:
    """Unusual names, usernames, addresses and numbers on both sides, in syncs that go well, set
    learners aside, and fail: searched for in every byte, as it came and decoded."""
    somebody = doubtful(here)
    here.on_online("UPDATE mdl_user SET firstname = 'Xoxowitz' WHERE firstname = 'Somebody'")
    planted = ["Zyxqwvu", "Přemysl-Ωmega", "qqnumber", "qqcity", "wwuser", "zz.example", "Xoxowitz"]
    here.on_box(
        "UPDATE mdl_user SET firstname = ? || id, lastname = ? || id, idnumber = ? || id,"
        " city = ?, email = id || '@zz.example' WHERE username <> ?",
        *planted[:4],
        somebody,
    )
    here.on_box(
        "UPDATE mdl_user SET username = 'wwuser' || id WHERE username NOT IN (?, 'admin', 'guest')",
        somebody,
    )
    here.start_daemon(**mail_settings(server.port))
    assert here.sync()["status"] == "partial"
    assert here.ctl("verify", "--wait").code in (Exit.OK, Exit.PARTLY)
    here.on_online("UPDATE mdl_external_tokens SET token = 'another'")
    here.on_box("UPDATE mdl_user SET city = 'qqcitymore'")
    assert here.sync()["status"] == "error"
    until_taken(server, 3)
    everything = "\n".join(each.everything for each in server.taken)
    assert "set aside" in everything
    for name in (*planted, somebody, "else@example.org"):
        assert name not in everything
        assert name not in here.ctl("mail", "--json").out


def test_every_sync_is_told_and_its_bytes_are_mails(here: World, server: MailServer) -> None:
    """From the real daemon, with what the sync's information shows; usage counts it."""
    here.start_daemon(**mail_settings(server.port))
    run = here.sync()
    until_taken(server, 1)
    until_sent(here, 1)
    (mail,) = server.taken
    assert run["event_id"] in mail.text
    assert "The sync was completed." in mail.text
    assert run["courses"][0]["fullname"] in mail.text
    sent = sum(each["count"] for each in run["actions"]
               if (each["kind"], each["verdict"]) == ("grade", "done"))  # fmt: skip
    assert f"{sent} activity grades sent" in mail.text
    used = until_settled(here)
    assert len(mail.raw) < used["sent_bytes"] < len(mail.raw) + 2_000
    assert "mails:" in here.ctl("usage").out


def test_whether_a_skipped_sync_is_mailed_is_decided_at_once(
    here: World, server: MailServer
) -> None:
    """Although nothing ran: its hour is open, and Enable Sync off."""
    here.start_daemon(**mail_settings(server.port))
    here.ctl("disable")
    now = datetime.now(UTC)
    hours = ", ".join(f"{now + timedelta(hours=n):%a %H}".lower() for n in (0, 1))
    assert here.ctl("schedule", "set", "--hours", hours, "--jitter", "0").code == Exit.OK
    deadline = time.monotonic() + _LONGEST_SECONDS
    while here.in_state("SELECT seen_run_id FROM mail_book") != [(1,)]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert here.ctl("history", "--json").json["runs"][0]["reason"]["code"] == "sync_disabled"


def test_beekeectl_shows_what_waits_and_tries_the_server(here: World, server: MailServer) -> None:
    """`mail`, and `mail test` with the server's own words; in 80 columns and as JSON."""
    here.start_daemon(**mail_settings(server.port))
    tried = here.ctl("mail", "test")
    assert tried.code == Exit.OK
    assert "250 taken" in tried.out
    server.answers["RCPT"] = "450 4.2.0 greylisted"
    run = here.sync()
    deadline = time.monotonic() + _LONGEST_SECONDS
    while here.ctl("mail", "--json").json["trouble"] is None:
        assert time.monotonic() < deadline
    shown = here.ctl("mail")
    assert all(len(line) <= 80 for line in shown.out.splitlines())
    for word in ("each sync", "school@example.org", f"{run['event_id']}: waits", "greylisted"):
        assert word in " ".join(shown.out.split())
    data = here.ctl("mail", "--json").json
    assert data["schema"] == "beekeed.mail/1"
    assert (data["waiting"], data["recent"][0]["state"]) == (1, "waiting")
    refused = here.ctl("mail", "test", "--json")
    assert refused.code == Exit.FAILURE
    assert json.loads(refused.out)["error"]["code"] == "mail_deferred"


def test_a_box_without_a_mail_server_says_what_is_missing(here: World) -> None:
    """Nothing is mailed, and nothing is wrong with that."""
    here.start_daemon()
    assert here.ctl("mail", "--json").json["warning"] is None
    said = here.ctl("mail", "test")
    assert said.code == Exit.SETTINGS
    assert "mail.to is empty" in said.err
    here.sync()
    assert here.in_state("SELECT count(*) FROM mail") == [(0,)]


@pytest.mark.parametrize("pinned", [True, False])
def test_a_password_goes_only_to_the_server_of_the_file(
    here: World, tmp_path: Path, pinned: bool
) -> None:
    """Whoever may change settings at run time cannot have it sent elsewhere."""
    certificates = Certificates(tmp_path / "certificates", "localhost")
    here.environment |= {"SSL_CERT_FILE": str(certificates.known)}
    file = tmp_path / "password"
    file.write_text("s3cret")
    file.chmod(0o600)
    with mail_server(starttls=certificates.context(), login=("box", "s3cret")) as server:
        settings = mail_settings(
            server.port,
            "localhost",
            mail__security='"starttls"',
            mail__user='"box"',
            mail__password_file=f'"{file}"',
        )
        if not pinned:
            del settings["mail__server"], settings["mail__notify"]
        here.start_daemon(**settings)
        if not pinned:
            assert here.ctl("settings", "set", "mail.server=localhost").code == Exit.OK
        tried = here.ctl("mail", "test", "--json")
        if pinned:
            assert tried.code == Exit.OK
            assert server.logins == [("box", "s3cret")]
        else:
            assert tried.json["error"]["code"] == "mail_server_open"
            assert server.logins == []
            assert here.ctl("mail", "--json").json["warning"]["code"] == "mail_server_open"
            steps = {each["step"]: each for each in here.ctl("check", "--json").json["steps"]}
            assert steps["notices"]["reason"]["code"] == "mail_server_open"
        assert "s3cret" not in here.log() + tried.out
