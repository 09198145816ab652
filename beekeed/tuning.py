"""The settings while beekeed runs: the file's, and those that were changed since.

What the file sets is fixed. What it leaves open may be changed, is held to the same rules
as the file, and is kept in our own database.
"""

import logging
from collections.abc import Mapping
from pathlib import Path

from beekeed import config
from beekeed.config import Input, Settings
from beekeed.errors import BeekeedError, Code, ConfigError
from beekeed.ports.settings import SettingStore, Value

log = logging.getLogger(__name__)

_SECTIONS = ("limit",)
"""Whose settings may be changed while beekeed runs."""


class Tuning:
    """The settings as they are now. `inputs`: what the file sets, as `config.read` gives it."""

    def __init__(self, *, inputs: Mapping[str, Input], file: Path, store: SettingStore) -> None:
        self._inputs = inputs
        self._file = file
        self._store = store
        self._changed: dict[str, Value] = {}
        self.settings: Settings = config.build(inputs, file)

    async def restore(self) -> None:
        """Take up what was changed before this start.

        What the file fixes by now, or what no longer fits, is left out.
        """
        for key, value in (await self._store.kept()).items():
            try:
                self.settings = self._with({key: value})
                self._changed[key] = value
            except BeekeedError as error:
                log.info("the setting %s, as it was changed once, is left out: %s", key, error)

    async def change(self, values: Mapping[str, Value]) -> None:
        """Change some settings, all or none.

        Raises BeekeedError (SETTING_FIXED with the file, BAD_REQUEST with what is wrong).
        """
        settings = self._with(values)
        await self._store.keep(values)
        self._changed |= values
        self.settings = settings

    def value(self, key: str) -> Value:
        """Give a setting as it is now."""
        section, _, name = key.partition(".")
        value: Value = getattr(getattr(self.settings, section), name)
        return value

    def fixed(self, key: str) -> str | None:
        """Name the file that fixes a setting, or None where it may be changed."""
        given = self._inputs.get(key)
        return None if given is None else str(given.file)

    def _with(self, values: Mapping[str, Value]) -> Settings:
        """Give the settings with some of them changed."""
        for key in values:
            if (file := self.fixed(key)) is not None:
                raise BeekeedError(Code.SETTING_FIXED, key=key, file=file)
            if key.partition(".")[0] not in _SECTIONS:
                raise BeekeedError(Code.BAD_REQUEST, detail=f"{key} cannot be changed here")
        changed = {**self._changed, **values}
        given = {key: Input(value, self._file) for key, value in changed.items()}
        try:
            return config.build({**given, **self._inputs}, self._file)
        except ConfigError as error:
            raise BeekeedError(Code.BAD_REQUEST, detail=_said(error)) from error


def _said(error: ConfigError) -> str:
    """Say what is wrong with a value: its key, and what it must be."""
    first = error.problems[0]
    return f"{first.params.get('key')}: {first.params.get('detail', 'there is no such setting')}"
