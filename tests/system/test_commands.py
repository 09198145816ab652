"""Every command of beekeectl, tried against the real daemon: in 80 columns, and as JSON."""

import argparse
import json
import os
import pty
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from beekeed.control.routes import ROUTES
from beekeed.ctl import parser
from beekeed.ctl.exits import Exit
from tests.system.world import ROOT, World, world

_LONG = "Mathématiques pour la première année, deuxième trimestre, salle 14 " * 2
_SECONDS = 60

# Each command as it is tried, and how it ends. ID stands for a sync that was.
_SYNCED = (Exit.OK, Exit.PARTLY)  # as what was set aside or left out before is confirmed or forced
TRIED: tuple[tuple[str, Exit | tuple[Exit, ...]], ...] = (
    ("status", Exit.OK),
    ("sync", Exit.OK),
    ("sync --wait", _SYNCED),
    ("sync --dry-run", Exit.OK),
    ("sync --dry-run --limit 5000", Exit.OK),
    ("sync --month 2026-11 --wait", _SYNCED),
    ("sync --to 2026-11-03", Exit.USAGE),
    ("sync --force --wait", _SYNCED),
    ("stop", Exit.OK),
    ("disable", Exit.OK),
    ("sync", Exit.DISABLED),
    ("enable", Exit.OK),
    ("schedule", Exit.OK),
    ("schedule show", Exit.OK),
    ("schedule set --daily 02:00 --jitter 5", Exit.OK),
    ("schedule activate", Exit.OK),
    ("schedule deactivate", Exit.OK),
    ("schedule reset", Exit.OK),
    ("schedule set --daily off", Exit.OK),
    ("calendar", Exit.OK),
    ("calendar 2026-02", Exit.OK),
    ("calendar 2026-13", Exit.USAGE),
    ("history", Exit.OK),
    ("history --limit 2 --page 2", Exit.OK),
    ("show ID", Exit.OK),
    ("show latest", Exit.OK),
    ("show ID --actions", Exit.OK),
    ("show 0000-none", Exit.FAILURE),
    ("usage", Exit.OK),
    ("usage --month 2026-11", Exit.OK),
    ("limit", Exit.OK),
    ("limit show", Exit.OK),
    ("limit set 500MB --pacing on", Exit.OK),
    ("limit top-up 20MB", Exit.OK),
    ("limit off", Exit.OK),
    ("limit set", Exit.USAGE),
    ("set-aside", Exit.OK),
    ("set-aside list", Exit.OK),
    ("set-aside confirm NAME", (Exit.OK, Exit.FAILURE)),  # only once
    ("set-aside confirm nobody", Exit.FAILURE),
    ("set-aside confirm", Exit.USAGE),
    ("set-aside retry", Exit.OK),
    ("guard", Exit.OK),
    ("guard list", Exit.OK),
    ("guard accept MATHS", Exit.FAILURE),
    ("verify --wait", _SYNCED),
    ("verify", Exit.OK),
    ("stop --wait", _SYNCED),
    ("settings", Exit.OK),
    ("settings show", Exit.OK),
    ("settings set sync.late_changes=send", Exit.OK),
    ("settings reset sync.late_changes", Exit.OK),
    ("settings history", Exit.OK),
    ("settings set nonsense", Exit.USAGE),
    ("password", Exit.OK),
    ("password show", Exit.OK),
    ("password off", Exit.OK),
    ("password unlock", Exit.OK),
    ("link", Exit.OK),
    ("link --try", Exit.OK),
    ("mail", Exit.OK),
    ("mail show", Exit.OK),
    ("mail test", Exit.SETTINGS),
    ("check", Exit.OK),
    ("report -", Exit.OK),
)

# What goes on until somebody ends it, or asks for what nobody may see, has tests of its own.
ELSEWHERE = {
    "waiting": "test_waiting.py",
    "watch": "test_events.py",
    "password set": "test_password.py",
    "token set": "test_token.py",
    "setup": "test_setup.py",
}

_RUNNER = """
import json, sys
from beekeed.ctl import main
for words in json.loads(sys.argv[1]):
    try:
        code = main(words)
    except SystemExit as ended:
        code = ended.code
    sys.stdout.flush()
    print(f"\\x1e{code}\\x1d", flush=True, end="")
"""


@pytest.fixture(scope="module")
def busy() -> Iterator[World]:
    """A daemon with a history, somebody set aside, a course left out, and long names.

    Its folder has a short name, as the real ones have.
    """
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="b") as folder, world(Path(folder)) as here:
        here.on_box(
            "UPDATE mdl_user SET firstname = ?, lastname = ? WHERE id > 5", _LONG[:99], "سارة"
        )
        here.on_box("UPDATE mdl_course SET fullname = ?", _LONG)
        here.on_online("UPDATE mdl_course SET timemodified = 5 WHERE shortname = 'BK-FR'")
        name = here.on_box("SELECT username FROM mdl_user WHERE id = 7")[0][0]
        here.on_online(
            "INSERT INTO mdl_user (username, firstname, lastname, email, confirmed, mnethostid,"
            " idnumber, timecreated, timemodified)"
            f" VALUES ('{name}', 'Other', 'Person', 'o@example.org', 1, 1, '', 1, 1)"
        )
        here.start_daemon()
        here.sync()
        yield here


def ends(ending: Exit | tuple[Exit, ...]) -> tuple[Exit, ...]:
    """How a command may end."""
    return ending if isinstance(ending, tuple) else (ending,)


def actions(command: argparse.ArgumentParser) -> set[str]:
    """What a command may be told to do: the words that its first argument allows."""
    for action in command._actions:
        if not action.option_strings and action.choices:
            return {str(each) for each in action.choices}
    return set()


def test_each_command_and_each_of_its_actions_is_tried() -> None:
    """A command that is added is added here."""
    (commands,) = (a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
    tried = [f"{words} " for words, _ in TRIED]
    for name, command in commands.choices.items():
        for said in [f"{name} {action}" for action in sorted(actions(command))] or [name]:
            if said in ELSEWHERE:
                assert f'"{name}"' in (Path(__file__).parent / ELSEWHERE[said]).read_text()
            else:
                assert any(words.startswith(f"{said} ") for words in tried), f"try {said}"


def words_of(here: World, *more: str) -> list[list[str]]:
    """All that is tried, as words."""
    names = {
        "ID": here.ctl("history", "--json").json["runs"][-1]["event_id"],
        "NAME": here.on_box("SELECT username FROM mdl_user WHERE id = 7")[0][0],
    }
    return [[names.get(word, word) for word in words.split()] + [*more] for words, _ in TRIED]


def on_terminal(here: World, commands: Sequence[Sequence[str]]) -> list[tuple[int, str]]:
    """Run commands one after the other in a terminal of 80 columns: exit codes, and what showed."""
    ours, theirs = pty.openpty()
    environment = here.environment | {"BEEKEED_SOCKET": str(here.socket), "COLUMNS": "80"}
    child = subprocess.Popen(
        [sys.executable, "-c", _RUNNER, json.dumps(commands)],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, env=environment,
    )  # fmt: skip
    os.close(theirs)
    shown, deadline = b"", time.monotonic() + _SECONDS
    while shown.count(b"\x1d") < len(commands):
        assert time.monotonic() < deadline, shown[-2000:]
        if select.select([ours], [], [], 1)[0]:
            try:
                shown += os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
    child.wait(10)
    os.close(ours)
    ended = shown.decode().replace("\r\n", "\n").split("\x1d")[:-1]
    return [(int(each.rpartition("\x1e")[2]), each.rpartition("\x1e")[0]) for each in ended]


def lines(text: str) -> list[str]:
    """What showed, line by line; a line that is drawn anew is another."""
    return text.replace("\r\x1b[K", "\n").splitlines()


def test_every_command_fits_into_a_terminal(busy: World) -> None:
    """No line is longer than 80 columns, and nothing that a program would print is in it."""
    commands = words_of(busy)
    shown = on_terminal(busy, commands)
    assert len(shown) == len(commands)
    for (code, text), words, (_, ending) in zip(shown, commands, TRIED, strict=True):
        said = f"{' '.join(words)} gave {code}:\n{text}"
        assert code in ends(ending), said
        assert text.strip(), said
        assert "Traceback" not in text, said
        assert "None" not in text.split(), said
        assert not set("".join(lines(text))) & set("\x1b\x07\x00"), said
        if words[0] != "report":
            assert max(map(len, lines(text))) <= 80, said


def schema_of(answer: type[msgspec.Struct]) -> str:
    """The name and version that an answer carries."""
    fields = {field.name: field for field in msgspec.structs.fields(answer)}
    return str(fields["schema"].default)


def test_every_command_gives_json_of_a_documented_shape(busy: World) -> None:
    """Just what the API gives, by the type that its schema names; an error has its code."""
    types = {schema_of(each.answer): each.answer for each in ROUTES if each.answer is not None}
    commands = words_of(busy, "--json")
    shown = on_terminal(busy, commands)
    assert len(shown) == len(commands)
    for (code, text), words, (_, ending) in zip(shown, commands, TRIED, strict=True):
        said = f"{' '.join(words)} gave {code}:\n{text}"
        assert code in ends(ending), said
        if code == Exit.USAGE and "{" not in text:  # argparse's own
            assert text.startswith(("usage: ", "beekeectl: ")), said
            continue
        given: dict[str, Any] = json.loads(text[text.index("{") :])
        if "error" in given:
            assert given["error"].keys() == {"code", "params", "sentence"}, said
            continue
        read = msgspec.convert(given, types[given["schema"]], strict=False)
        assert json.loads(msgspec.json.encode(read)) == given, said
