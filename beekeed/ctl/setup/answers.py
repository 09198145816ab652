"""Answers from a TOML file, for many boxes: all is read and tried before anything is changed.

The words are those of the settings file where it has them. See packaging/answers.example.toml.
"""

import difflib
import stat
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from beekeed.client import Refused
from beekeed.config import Input
from beekeed.ctl.setup import account, box, online, reading
from beekeed.ctl.setup.asking import Wrong
from beekeed.errors import DeviceUnreadable
from beekeed.moodle.login import wwwroot

Answer = TypeVar("Answer")

_EXAMPLES: Mapping[str, str] = {
    "device.moodle_config": '"/var/www/moodle/config.php"',
    "device.account": '"make"',
    "device.user": '"beekeed"',
    "device.password": '"..."',
    "device.password_file": '"/root/beekeed/password"',
    "online.address": '"https://moodle.example.org"',
    "online.token": '"..."',
    "online.token_file": '"/root/beekeed/token"',
    "page.password": '"random"',
    "limit.size": '"500MB"',
    "limit.billing_day": "1",
    "schedule.when": '"02:00"',
    "sync.start": "false",
}
"""Every answer that there is, each with an example."""

_NEEDED = ("device.account", "online.address", "page.password", "limit.size", "schedule.when")
_USUAL: Mapping[str, str] = {"limit.billing_day": "1", "sync.start": "later"}
_IN_FILES = {"device.password_file": "device.password", "online.token_file": "online.token"}
_LONGEST_BYTES = 10_000


@dataclass(frozen=True, slots=True)
class Written:
    """See Answers: they are written in a file. `values`: by key, each tried already."""

    file: Path
    values: Mapping[str, str]
    is_typed: bool = False

    def ask(
        self, key: str, question: str, read: Callable[[str], Answer], offered: str = ""
    ) -> Answer:
        """See Answers."""
        try:
            return read(self.values[key])
        except Wrong as wrong:
            raise self.wrong(key, wrong.why) from wrong

    def ask_secret(
        self,
        key: str,
        question: str,
        read: Callable[[str], Answer],
        *,
        twice: bool = False,
        words: Sequence[str] = (),
    ) -> Answer:
        """See Answers."""
        return self.ask(key, question, read)

    def choose(self, key: str, options: Mapping[str, str], offered: str) -> str:
        """See Answers. One that cannot be chosen here is wrong."""
        value = self.values[key]
        if value not in options:
            raise self.wrong(key, f"“{value}”.")
        return value

    def wrong(self, key: str, detail: str) -> Refused:
        """Give the trouble with an answer."""
        return Refused("answer_wrong", {"file": str(self.file), "key": key, "detail": detail})


def read_answers(file: Path, by_hand: Mapping[str, Input]) -> Written:
    """Read a file of answers. Raises Refused with the first thing that is wrong with it."""
    values = dict(_plain(file, _parsed(file)))
    values = {**_USUAL, **values, **dict(_secrets(file, values))}
    answers = Written(file, values)
    _complete(answers, values)
    _try(answers, by_hand)
    return answers


def _parsed(file: Path) -> Iterator[tuple[str, Any]]:
    """Give each answer as it stands there."""
    try:
        if file.stat().st_mode & stat.S_IROTH:
            raise Refused("answers_open", {"file": str(file)})
        tables = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        detail = error.strerror if isinstance(error, OSError) else str(error)
        params = {"file": str(file), "detail": str(detail)}
        raise Refused("answers_unreadable", params) from error
    for section, table in tables.items():
        if isinstance(table, Mapping):
            yield from ((f"{section}.{name}", value) for name, value in table.items())
        else:
            yield section, table


def _plain(file: Path, given: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, str]]:
    """Give each as the text that somebody would type. Raises ANSWER_UNKNOWN and ANSWER_WRONG."""
    for key, value in given:
        if key not in _EXAMPLES:
            close = difflib.get_close_matches(key, _EXAMPLES, n=1, cutoff=0.5)
            suggestion = f"Did you mean {close[0]}?" if close else "Remove it."
            params = {"file": str(file), "key": key, "suggestion": suggestion}
            raise Refused("answer_unknown", params)
        if key == "sync.start" and isinstance(value, bool):
            yield key, "now" if value else "later"
        elif key == "limit.billing_day" and type(value) is int:
            yield key, str(value)
        elif isinstance(value, str) and key not in ("sync.start", "limit.billing_day"):
            yield key, value.strip()
        else:
            params = {"file": str(file), "key": key, "detail": f"{_EXAMPLES[key]}?"}
            raise Refused("answer_wrong", params)


def _secrets(file: Path, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Read the secrets that are in files of their own."""
    for key, stands_for in _IN_FILES.items():
        if key not in values:
            continue
        path = Path(file.parent, values[key])
        try:
            with path.open("rb") as source:
                yield stands_for, source.read(_LONGEST_BYTES).decode(errors="replace").strip()
        except OSError as error:
            detail = f"{path}: {error.strerror}."
            params = {"file": str(file), "key": key, "detail": detail}
            raise Refused("answer_wrong", params) from error


def _complete(answers: Written, values: dict[str, str]) -> None:
    """Find what may be left out. Raises ANSWER_MISSING for what may not."""
    needed = [*_NEEDED, "online.token"]
    if values.get("device.account") == account.GIVEN:
        needed += ["device.user", "device.password"]
    for key in needed:
        if key not in values:
            raise _missing(answers.file, key)
    if "device.moodle_config" not in values:
        try:
            values["device.moodle_config"] = str(box.must_be_one(box.candidates(Path("/"))))
        except Wrong as wrong:
            raise answers.wrong("device.moodle_config", wrong.why) from wrong


def _missing(file: Path, key: str) -> Refused:
    section, _, name = key.partition(".")
    stands = {"online.token": "token_file", "device.password": "password_file"}.get(key, name)
    example = f"in [{section}]: {stands} = {_EXAMPLES[f'{section}.{stands}']}"
    return Refused("answer_missing", {"file": str(file), "key": key, "example": example})


def _try(answers: Written, by_hand: Mapping[str, Input]) -> None:
    """Read each as its step will. Raises ANSWER_WRONG."""
    config = answers.ask("device.moodle_config", "", reading.moodle_config)
    try:
        site = wwwroot(config)
    except DeviceUnreadable as error:
        raise Refused(str(error.code), error.params) from error
    ways: Mapping[str, Callable[[str], Any]] = {
        "online.address": online.reader(by_hand, site),
        "online.token": reading.token,
        "device.user": reading.name,
        "device.password": reading.secret,
        "page.password": reading.page_password,
        "limit.size": reading.limit,
        "limit.billing_day": reading.billing_day,
        "schedule.when": reading.when,
    }
    for key, read in ways.items():
        if key in answers.values:
            answers.ask(key, "", read)
    accounts = {account.MAKE: "", account.GIVEN: ""}
    answers.choose("device.account", accounts, account.MAKE)
