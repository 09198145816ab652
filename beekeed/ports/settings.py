"""Settings that were changed while beekeed ran."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

Value = str | int | bool | Sequence[str]


@dataclass(frozen=True, slots=True)
class Setting:
    """One as it is now; `fixed`: the file that fixes it, None where it may be changed."""

    key: str
    value: Value
    default: Value
    fixed: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody changed; `after` is None where the default holds again."""

    key: str
    before: Value
    after: Value | None


@dataclass(frozen=True, slots=True)
class NotedChange:
    """A change with its number, its time, and who made it."""

    number: int
    at: datetime
    by: str
    change: Change


class SettingStore(Protocol):
    """Keeps them, by `section.key`."""

    async def kept(self) -> Mapping[str, Value]:
        """Give all that differ from the defaults."""
        ...

    async def keep(self, changes: Sequence[Change], by: str) -> None:
        """Make some changes, all or none, and note who made them."""
        ...

    async def changes(self, count: int, before: int | None = None) -> Sequence[NotedChange]:
        """Give the newest changes, or the newest of those with a lower number."""
        ...
