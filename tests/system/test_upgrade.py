"""From each released version to this one: nothing that its database held is lost or doubled."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from beekeed.ctl.exits import Exit
from tests.databases.kept import PASSWORD, Kept, releases
from tests.mailserver import mail_server
from tests.system.asking import sign_in
from tests.system.test_kill import work_online
from tests.system.test_mail import until_taken
from tests.system.wallclock import wall_clock
from tests.system.world import ROOT, World

RELEASES = releases()
_ADDRESS = "UPDATE target SET address = ?"
"""The sandbox listens where there is room; to another address nothing would have been sent yet."""


@pytest.fixture(params=RELEASES, ids=lambda each: each.version)
def kept(request: pytest.FixtureRequest) -> Kept:
    """A release."""
    found: Kept = request.param
    return found


@pytest.fixture
def here(tmp_path: Path, kept: Kept) -> Iterator[World]:
    """Its box, a minute later by its clock, with this version's daemon, and the same online."""
    made = World(tmp_path)
    kept.unpack(made)
    with wall_clock(made, f"{kept.at + 60 - int(time.time()):+d}"):
        try:
            made.start_online()
            made.in_state(_ADDRESS, made.address)
            made.start_daemon()
            yield made
        finally:
            made.end()


def test_each_release_has_its_database_by_its_own_code() -> None:
    """The first one has it already, and what is tagged is what made it."""
    made_by = {each.version: each.made_by for each in RELEASES}
    assert "0.1.0" in made_by
    for release in {each.name for each in (ROOT / "changelog").iterdir() if each.is_dir()}:
        assert release == "unreleased" or made_by.get(release) == release


def test_what_a_release_knew_is_known_after_the_upgrade(here: World, kept: Kept) -> None:
    """History, actions, days, who is set aside, guards, settings, who changed them, the password.

    What later versions tell besides is no difference.
    """
    for words, said in kept.said.items():
        assert within(said, here.ctl(*words.split(), "--json").json), words
    sign_in(here.page_socket, PASSWORD)


def test_it_goes_on_where_the_release_was_cut_off(here: World, kept: Kept) -> None:
    """A power cut took the answer to a request: it is settled, nothing is sent twice, what a
    person has to answer can be answered, all work arrives, and so does every mail that waited."""
    assert here.in_state("SELECT count(*) > 10 FROM intent") == [(1,)]
    before = work_online(here)
    receipts = here.in_state("SELECT count(*) FROM receipt")
    with mail_server() as server:
        mail = ("mail.server=127.0.0.1", f"mail.port={server.port}", "mail.security=none")
        assert here.ctl("settings", "set", *mail).code == Exit.OK
        assert here.sync()["status"] == "partial"
        assert here.in_state("SELECT count(*) FROM intent") == [(0,)]
        assert here.in_state("SELECT count(*) FROM receipt") >= receipts
        after = work_online(here)
        for table, rows in before.items():
            assert set(rows) <= set(after[table]), table  # nothing there was written again
        somebody = answer_all(here)
        here.on_box("UPDATE mdl_user SET city = 'Kayes' WHERE city = 'Gao'")  # accounts we made
        assert here.sync()["status"] == "completed"
        assert here.ctl("sync", "--force", "--wait").code == Exit.OK  # late work waited for that
        left = {each.learner for each in here.compare().differences}
        assert left <= somebody  # an account that we did not make keeps its profile
        assert here.sync()["actions"] == []
        until_taken(server, kept.waiting_mails + 4)
        mails = [each.message["Message-ID"] for each in server.taken]
        assert len(set(mails)) == len(mails)


def answer_all(here: World) -> set[str]:
    """Say who those are that are set aside, and that what fell is meant; gives their usernames."""
    names = {each["username"] for each in here.ctl("set-aside", "--json").json["changes"]}
    assert here.ctl("set-aside", "confirm", *names).code == Exit.OK
    guards = here.ctl("guard", "--json").json["guards"]
    assert guards
    for each in guards:
        assert here.ctl("guard", "accept", str(each["number"])).code == Exit.OK
    return names


def within(before: object, now: object) -> bool:
    """Tell whether all that was said before is said now."""
    if isinstance(before, dict):
        return isinstance(now, dict) and all(
            key in now and within(value, now[key]) for key, value in before.items()
        )
    if isinstance(before, list):
        others: Iterator[object] = iter(now if isinstance(now, list) else ())  # in that order
        return all(any(within(each, other) for other in others) for each in before)
    return before == now
