"""`beekeectl password`, and who may use beekeectl at all."""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.asking import ask, sign_in
from tests.system.keyboard import typed
from tests.system.world import ROOT, Said, World, world

NOBODY = 65534


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A daemon without a password, whose sockets are where every user of the box can see them."""
    folder = Path(tempfile.mkdtemp(prefix="beekeed-run-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        with world(tmp_path_factory.mktemp("password"), learners=3) as made:
            made.socket, made.page_socket = folder / "control.sock", folder / "page.sock"
            made.start_daemon(daemon__control_group='"daemon"', daemon__page_group='"games"')
            yield made
    finally:
        shutil.rmtree(folder)


def given(here: World, text: str, *words: str) -> Said:
    """Run beekeectl with something on its standard input."""
    done = subprocess.run(
        [sys.executable, "-m", "beekeed.ctl", *words, "--socket", str(here.socket)],
        input=text, capture_output=True, text=True, cwd=ROOT, env=here.environment, check=False,
    )  # fmt: skip
    return Said(done.returncode, done.stdout, done.stderr)


def typed_password(here: World, *lines: str) -> tuple[int, str]:
    """Set the password at a terminal; gives the exit code and all that was shown."""
    words = ("password", "set", "--socket", str(here.socket))
    return typed(words, lines, here.environment)


def test_it_is_read_from_standard_input_and_never_shown(running: World) -> None:
    """Set, shown, unlocked, off: each with its sentence, and with JSON."""
    password = "standard horse"
    done = given(running, password + "\n", "password", "set")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("The password is set.")
    sign_in(running.page_socket, password)
    shown = given(running, "", "password").out
    assert shown == "A password is set. Signed in now: 1.\n"
    assert given(running, "", "password", "unlock").out.startswith("Everybody may try")
    done = given(running, "", "password", "off", "--json")
    assert done.json == {"schema": "beekeed.password/1", "is_set": False, "sessions": 0}
    assert "nobody can sign in" in given(running, "", "password").out
    assert password not in running.log()


def test_at_a_terminal_it_is_asked_for_twice_and_not_shown(running: World) -> None:
    """A typing error would else lock out whoever set it."""
    code, shown = typed_password(running, "typed horse", "typed horse")
    assert code == 0
    assert re.search(r"New password: \s*The same again: \s*The password is set", shown)
    assert "horse" not in shown
    sign_in(running.page_socket, "typed horse")
    code, shown = typed_password(running, "other horse", "other hose")
    assert code == 2
    assert "The two passwords are not the same." in shown
    sign_in(running.page_socket, "typed horse")


@pytest.mark.parametrize("text", ["", "\n", "short\n"])
def test_a_short_one_is_refused(running: World, text: str) -> None:
    """With what is asked for, and an exit code for wrong usage."""
    done = given(running, text, "password", "set")
    assert done.code == 2
    assert "shorter than 8 letters" in done.err


def as_nobody(here: World, *words: str, group: str = "", socket: Path | None = None) -> Said:
    """Run beekeectl as a user who owns nothing here, in a group or in none."""
    groups = ["--groups", group] if group else ["--clear-groups"]
    done = subprocess.run(
        ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", *groups, "--",
         sys.executable, "-m", "beekeed.ctl", *words, "--socket", str(socket or here.socket)],
        capture_output=True, text=True, cwd=ROOT, env=here.environment, check=False,
    )  # fmt: skip
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.mark.root
def test_another_user_of_the_box_is_refused_with_a_sentence(running: World) -> None:
    """Neither reading nor anything else, and not by the page's group either."""
    for words in (("status",), ("sync",), ("password", "off")):
        for group in ("", "games"):
            refused = as_nobody(running, *words, group=group)
            assert (refused.code, refused.out) == (5, "")
            assert refused.err.startswith("beekeectl: You may not speak to beekeed at")
            assert "an account in the group beekee" in " ".join(refused.err.split())
    told = as_nobody(running, "status", "--json")
    assert (told.code, told.json["error"]["code"]) == (5, "not_permitted")


@pytest.mark.root
def test_who_is_in_a_sockets_group_may_what_that_socket_allows(running: World) -> None:
    """Whoever it is: in control.sock's group everything, in page.sock's to read."""
    assert as_nobody(running, "status", group="daemon").code == 0
    assert as_nobody(running, "stop", group="daemon").code == 0
    page = running.page_socket
    assert as_nobody(running, "status", group="daemon", socket=page).code == 5
    assert as_nobody(running, "history", group="games", socket=page).code == 0
    for words, code in ((("stop",), "not_signed_in"), (("password", "off"), "only_on_box")):
        refused = as_nobody(running, *words, "--json", group="games", socket=page)
        assert (refused.code, refused.json["error"]["code"]) == (5, code)
    assert f"POST /v1/stop by uid {NOBODY}, process " in running.log()


def test_what_the_page_may_not_do_is_told_to_who_tries(running: World) -> None:
    """Whatever the body holds."""
    asked = ask(running.page_socket, "POST", "/v1/password", {"password": "mine now"})
    assert (asked.status, asked.code) == (403, "only_on_box")
