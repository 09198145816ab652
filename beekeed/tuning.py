"""The settings while beekeed runs: the file's, and those that were changed since.

What the file sets is fixed. What it leaves open may be changed, is held to the same rules
as the file, and is kept in our own database.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from beekeed import config
from beekeed.config import Input
from beekeed.errors import BeekeedError, Code, ConfigError
from beekeed.ports.settings import Change, NotedChange, Setting, SettingStore, Value
from beekeed.sections import Settings, default, setting_keys

log = logging.getLogger(__name__)

_SECTIONS = ("sync", "schedule", "limit", "mail", "accounts")
"""Whose settings may be changed while beekeed runs."""
_MORE = ("online.assignment_grades", "online.tell_learners")
_NOT = ("mail.password_file",)
"""Which file of the box is read is for whoever may write the settings' file."""

_PAGE = "page."
"""What begins with this its own process reads, each time that it starts."""


class Tuning:
    """The settings as they are now. `inputs`: what the file sets, as `config.read` gives it."""

    def __init__(self, *, inputs: Mapping[str, Input], file: Path, store: SettingStore) -> None:
        self._inputs = inputs
        self._file = file
        self._store = store
        self._changed: dict[str, Value] = {}
        self._told: list[Callable[[], None]] = []
        self._turn = asyncio.Lock()
        self.settings: Settings = config.build(inputs, file)

    def tell(self, changed: Callable[[], None]) -> None:
        """Have somebody told of each change from now on, once it holds."""
        self._told.append(changed)

    async def restore(self) -> None:
        """Take up what was changed before this start.

        What the file fixes by now, or what no longer fits, is left out.
        """
        self._restore(await self._store.kept())

    def _restore(self, given: Mapping[str, Value]) -> None:
        kept = {key: value for key, value in given.items() if self._open(key)}
        self._take({})
        try:
            self._take(kept)
        except BeekeedError:
            self._take_what_fits(kept)

    def _take_what_fits(self, kept: Mapping[str, Value]) -> None:
        """Take settings up one by one, again and again: some fit only once others hold."""
        left, refused = dict(kept), dict[str, BeekeedError]()
        while left:
            refused = {
                key: error for key, value in left.items() if (error := self._try(key, value))
            }
            if len(refused) == len(left):
                break
            left = {key: kept[key] for key in refused}
        for key, error in refused.items():
            log.info("the setting %s, as it was changed once, is left out: %s", key, error)

    def _try(self, key: str, value: Value) -> BeekeedError | None:
        """Take one setting up, or tell why it does not fit."""
        try:
            self._take({**self._changed, key: value})
        except BeekeedError as error:
            return error
        return None

    async def reload(self) -> Sequence[str]:
        """Read the file again; what it says of settings that may be changed holds at once.

        Gives the keys of the others that say something else now: they hold from the next start
        on. Raises ConfigError, and nothing has changed then.
        """
        given = await asyncio.to_thread(config.read, self._file)
        now, before = config.build(given, self._file), self.of_file
        async with self._turn:
            kept = await self._store.kept()
            closed = {key: each for key, each in self._inputs.items() if not is_open(key)}
            self._inputs = closed | {key: each for key, each in given.items() if is_open(key)}
            self._restore(kept)
            for tell in self._told:
                tell()
        stays = [key for key in setting_keys() if not (is_open(key) or key.startswith(_PAGE))]
        return [key for key in stays if _value(now, key) != _value(before, key)]

    @property
    def of_file(self) -> Settings:
        """The settings as the file alone has them, as it was read: at the start, or again."""
        return config.build(self._inputs, self._file)

    async def change(self, values: Mapping[str, Value | None], by: str) -> None:
        """Change some settings, all or none; None: its default holds again. `by`: who does.

        Raises BeekeedError (SETTING_FIXED with the file, BAD_REQUEST with what is wrong).
        """
        async with self._turn:  # a change is made to what the one before it left
            await self._change(values, by)

    async def _change(self, values: Mapping[str, Value | None], by: str) -> None:
        for key in values:
            self._check(key)
        changed = {**self._changed, **values}
        kept = {key: value for key, value in changed.items() if value is not None}
        settings = self._build(kept)
        changes = [
            Change(key, self.value(key), value)
            for key, value in values.items()
            if _value(settings, key) != self.value(key)
        ]
        if changes:
            await self._store.keep(changes, by)
            self._take(kept)
            for tell in self._told:
                tell()

    async def changes(self, count: int, before: int | None = None) -> Sequence[NotedChange]:
        """Give the newest changes, or the newest of those with a lower number."""
        return await self._store.changes(count, before)

    def value(self, key: str) -> Value:
        """Give a setting as it is now."""
        return _value(self.settings, key)

    def fixed(self, key: str) -> str | None:
        """Name the file that fixes a setting, or None where it may be changed."""
        given = self._inputs.get(key)
        return None if given is None else str(given.file)

    def all(self) -> Sequence[Setting]:
        """Give every setting that may be changed, or that might if the file did not fix it."""
        return [
            Setting(key, self.value(key), default(key), self.fixed(key))
            for key in setting_keys()
            if is_open(key)
        ]

    def _check(self, key: str) -> None:
        if (file := self.fixed(key)) is not None:
            raise BeekeedError(Code.SETTING_FIXED, key=key, file=file)
        if key not in setting_keys():
            raise BeekeedError(Code.BAD_REQUEST, detail=f"{key}: there is no such setting")
        if not is_open(key):
            raise BeekeedError(Code.BAD_REQUEST, detail=f"{key} cannot be changed here")

    def _open(self, key: str) -> bool:
        """Tell whether a setting may be changed; a log line says so where it may not."""
        if self.fixed(key) is None and is_open(key):
            return True
        log.info("the setting %s, as it was changed once, is left out: the file fixes it", key)
        return False

    def _take(self, changed: Mapping[str, Value]) -> None:
        self.settings = self._build(changed)
        self._changed = dict(changed)

    def _build(self, changed: Mapping[str, Value]) -> Settings:
        """Give the settings with some of them changed."""
        given = {key: Input(value, self._file) for key, value in changed.items()}
        try:
            return config.build({**given, **self._inputs}, self._file)
        except ConfigError as error:
            raise _refusal(error) from error


def _value(settings: Settings, key: str) -> Value:
    section, _, name = key.partition(".")
    value: Value = getattr(getattr(settings, section), name)
    return value


def is_open(key: str) -> bool:
    """Tell whether a setting may be changed while beekeed runs, where no file sets it."""
    return (key.partition(".")[0] in _SECTIONS or key in _MORE) and key not in _NOT


def _refusal(error: ConfigError) -> BeekeedError:
    """Say what is wrong with a value: its key, and what it must be; both alone as well."""
    first = error.problems[0]
    key, wrong = str(first.params.get("key")), str(first.params.get("detail", ""))
    if first.code is Code.SETTING_MISSING:
        detail = f"{key} must be set as well, {first.params['example']}"
        return BeekeedError(
            Code.BAD_REQUEST, detail=detail, key=key, wrong="it must be set as well"
        )
    wrong = wrong or "there is no such setting"
    return BeekeedError(Code.BAD_REQUEST, detail=f"{key}: {wrong}", key=key, wrong=wrong)
