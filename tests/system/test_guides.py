"""The commands of README and the guides, run on a box that synchronizes with the sandbox."""

import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest

from beekeed.client import Client
from beekeed.ctl import main
from beekeed.ctl.exits import Exit
from tests.guides import GUIDES, commands
from tests.system.world import world

_ELSEWHERE = {
    "setup": "tests/system/test_setup.py",
    "token": "tests/system/test_token.py",
    "watch": "tests/system/test_events.py",
    "verify": "tests/system/test_verify.py",
    "sync --month": "tests/system/test_calendar.py",
    "password set": "tests/system/test_password.py",
    "guard accept": "tests/system/test_guard.py",
    "set-aside confirm": "tests/system/test_set_aside.py",
    "mail test": "tests/system/test_mail.py",
}
"""What asks a person, needs something to be wrong, or takes long; and who runs it."""
_LAST = ("off", "disable")
"""What keeps others from being done."""
_NO_LINE = "--wait-for-link"  # here there always is one


def documented() -> list[tuple[str, ...]]:
    """Give each command of beekeectl's that can be run at once, as often as it is named: once."""
    named = (words for guide in GUIDES for words in commands(guide))
    ours = dict.fromkeys(words[1:] for words in named if words[0] == "beekeectl")
    return sorted((each for each in ours if not _is_elsewhere(each)), key=_ends_something)


def _ends_something(words: Sequence[str]) -> bool:
    return bool({*words} & {*_LAST})


def _is_elsewhere(words: Sequence[str]) -> bool:
    return bool({words[0], " ".join(words[:2])} & _ELSEWHERE.keys()) or bool(
        {_NO_LINE, "--help"} & {*words}
    )


def test_every_command_of_the_guides_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever a reader copies is understood, and done, on a box where all is well."""
    monkeypatch.chdir(tmp_path)  # the report is written where one is
    (tmp_path / "box").mkdir()
    with world(tmp_path / "box", learners=2) as here:
        here.start_daemon()
        here.sync()
        done, client = documented(), Client(str(here.socket))
        assert len(done) > 40
        for words in done:
            code = main([*shlex.split(" ".join(words)), "--socket", str(here.socket)])
            said = capsys.readouterr()
            assert code == Exit.OK, f"{' '.join(words)}: {said.err or said.out}"
            if running := client.get("status")["running"]:  # one that was only started
                client.get("runs", running, wait=60)
