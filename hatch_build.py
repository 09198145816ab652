"""Compiles the languages when beekeed is built: `*.po`, as translators write them, to `*.mo`."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Languages(BuildHookInterface):  # type: ignore[type-arg]
    """See hatchling's custom build hook."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Compile each catalogue beside its source, and have it packed."""
        for source in sorted(Path(self.root, "beekeed/say/locale").rglob("*.po")):
            compiled = source.with_suffix(".mo")
            with source.open("rb") as text, compiled.open("wb") as target:
                write_mo(target, read_po(text))
            build_data["artifacts"].append(str(compiled.relative_to(self.root)))
