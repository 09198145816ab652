"""What commands print, without a daemon."""

import argparse
import json
from typing import Any

import pytest

from beekeed.ctl import guard, limit, main, schedule, set_aside, settings, sync
from beekeed.ctl.exits import Exit
from beekeed.ctl.terminal import Terminal, columns

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


def test_values_stand_below_each_other_in_any_script(capsys: pytest.CaptureFixture[str]) -> None:
    """Marks that stand over a letter take no column of their own."""
    Terminal(as_json=False).fields([("e\u0301tat", "1"), ("حَالَة", "2"), ("status", "3")])
    first, second, third = capsys.readouterr().out.splitlines()
    assert first == "e\u0301tat:   1"
    assert (columns(first), columns(second)) == (len(third), len(third))


def test_what_programs_read_is_in_english(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the reader's language is; the sentence for people is in theirs."""
    monkeypatch.setenv("LC_ALL", "en_XA")
    Terminal(as_json=True).trouble("already_running", {})
    told = capsys.readouterr()
    assert json.loads(told.out)["error"]["sentence"] == "A sync is running already."
    assert "⟦Á šýñç íš rúññíñg álréádý.⟧" in told.err


def test_argparse_speaks_a_language_only_while_it_is_asked_to(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever else uses it in this process is not changed."""
    monkeypatch.setenv("LC_ALL", "en_XA")
    with pytest.raises(SystemExit):
        main(["--nonsense"])
    assert "érrór" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        argparse.ArgumentParser().parse_args(["--nonsense"])
    assert "error: unrecognized arguments" in capsys.readouterr().err
