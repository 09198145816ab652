"""Compiles the languages when beekeed is built: `*.po`, as translators write them, to `*.mo`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_EPOCH = datetime(1980, 1, 1, tzinfo=UTC)
"""Instead of the minute of building: the same tree gives the same files."""


class Languages(BuildHookInterface):  # type: ignore[type-arg]
    """See hatchling's custom build hook."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Compile each catalogue beside its source, and have it packed."""
        for source in sorted(Path(self.root, "beekeed/say/locale").rglob("*.po")):
            compiled = source.with_suffix(".mo")
            with source.open("rb") as text:
                catalogue = read_po(text)
            catalogue.creation_date = _EPOCH
            with compiled.open("wb") as target:
                write_mo(target, catalogue)
            build_data["artifacts"].append(str(compiled.relative_to(self.root)))
