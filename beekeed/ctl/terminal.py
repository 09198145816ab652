"""Prints for people, in 80 columns, or JSON for programs."""

import json
import sys
import textwrap
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _, language
from beekeed.say import language_of

_WIDTH = 80


class Terminal:
    """Where a command prints."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def json(self, data: Mapping[str, Any]) -> None:
        """Print an answer of the control API as it is."""
        print(json.dumps(data, ensure_ascii=False, indent=2))

    def line(self, text: str = "", indent: int = 0) -> None:
        """Print a paragraph, folded."""
        margin = " " * indent
        print(folded(text, initial_indent=margin, subsequent_indent=margin))

    def fields(self, rows: Sequence[tuple[str, str]]) -> None:
        """Print names and values in two columns."""
        names = [_("{name}:", name=name) for name, _value in rows]
        width = max(map(columns, names)) + 1
        for name, (_name, value) in zip(names, rows, strict=True):
            print(
                folded(
                    value,
                    initial_indent=padded(name, width),
                    subsequent_indent=" " * width,
                )
            )

    def reason(self, reason: Mapping[str, Any], indent: int = 0) -> None:
        """Print what happened and what to do."""
        said = language().say(reason["code"], reason["params"])
        self.line(said.what, indent)
        if said.remedy:
            who = self.word(said.who)
            self.line(self.pair(who, said.remedy) if said.who else said.remedy, indent)

    def trouble(self, code: str, params: Mapping[str, Any]) -> None:
        """Say an error on standard error, and as JSON, in English, on standard output if asked."""
        said = language().say(code, params)
        for line in (f"beekeectl: {said.what}", said.remedy):
            print(folded(line), file=sys.stderr)
        if self.as_json:
            told = language_of("en").say(code, params).what
            self.json({"error": {"code": code, "params": dict(params), "sentence": told}})

    def usage(self, text: str) -> Exit:
        """Say on standard error how a command is to be used; gives the exit code for that."""
        print(folded(f"beekeectl: {text}"), file=sys.stderr)
        return Exit.USAGE

    def word(self, name: str) -> str:
        """Say a status or verdict."""
        return language().word(name)

    def counted(self, count: int, name: str) -> str:
        """Say how many of something there are."""
        return language().counted(count, name)

    def became(self, count: int, name: str, verdict: str) -> str:
        """Say how many of something there are, and what became of them: "5 changes set aside"."""
        what = self.counted(count, name)
        return _("{changes} {verdict}", changes=what, verdict=self.word(verdict))

    def pair(self, name: str, value: str) -> str:
        """Say what something is: "Settings: wrong"."""
        return _("{label}: {value}", label=name, value=value)


def columns(text: str) -> int:
    """Count the columns that a text takes: an accent of its own stands over the letter before."""
    return sum(not unicodedata.combining(letter) for letter in text)


def padded(text: str, width: int) -> str:
    """Fill a text up to so many columns."""
    return text + " " * (width - columns(text))


def folded(text: str, **indents: str) -> str:
    """Fold a paragraph to the terminal's width; a path stays whole, so that it can be copied."""
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=indents.get("initial_indent", ""),
        subsequent_indent=indents.get("subsequent_indent", ""),
        break_long_words=False,
        break_on_hyphens=False,
    )


def moment(text: str | None) -> str:
    """Show a time of the API, in UTC to the minute."""
    if not text:
        return _("never")
    return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M UTC")


def period(days: Mapping[str, str] | None) -> str:
    """Show the days that a sync was for."""
    if days is None:
        return _("all days")
    first, last = days["from"], days["to"]
    return first if first == last else _("{first} to {last}", first=first, last=last)
