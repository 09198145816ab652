"""Settings that were changed while beekeed ran."""

from collections.abc import Mapping
from typing import Protocol

Value = str | int | bool


class SettingStore(Protocol):
    """Keeps them, by `section.key`."""

    async def kept(self) -> Mapping[str, Value]:
        """Give all that were changed."""
        ...

    async def keep(self, values: Mapping[str, Value]) -> None:
        """Change some, all or none."""
        ...
