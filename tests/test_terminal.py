"""What commands print, without a daemon."""

import argparse
from typing import Any

import pytest

from beekeed.ctl import guard, limit, schedule, set_aside, settings, sync
from beekeed.ctl.exits import Exit
from beekeed.ctl.terminal import Terminal

NOTED = {"at": "2026-11-03T08:00:00Z", "key": "limit.bytes", "before": 1, "after": 2}


class Answering:
    """A daemon with one change in its books, by somebody with a strange name."""

    def get(self, *_: str, **__: object) -> dict[str, Any]:
        """Answer."""
        return {"settings": [], "changes": [{**NOTED, "by": "root\x1b[31m"}]}


def ended(command: Any, *words: str) -> Exit:
    """Run a command with these words."""
    parser = argparse.ArgumentParser()
    command.describe(parser)
    terminal = Terminal(as_json=False)
    told: Exit = command.run(Answering(), terminal, parser.parse_args(words))
    return told


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (settings, ("set",)),
        (schedule, ("set",)),
        (limit, ("set",)),
        (guard, ("accept",)),
        (set_aside, ("confirm",)),
        (sync, ("--limit", "5000")),
    ],
)
def test_wrong_usage_is_told_in_one_way(
    command: Any, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error, by the command's name, in 80 columns."""
    assert ended(command, *words) is Exit.USAGE
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("beekeectl: ")
    assert max(map(len, told.err.splitlines())) <= 80


def test_who_changed_a_setting_cannot_write_on_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing that a terminal obeys is printed."""
    assert ended(settings, "history") is Exit.OK
    told = capsys.readouterr().out
    assert "by root" in told
    assert "\x1b" not in told
