"""Where set-up writes: a file beside the settings, and the secrets; each whole, or not at all.

The settings file stays as it was brought. Nothing is interrupted half-way: Ctrl-C waits.
"""

import json
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from beekeed import config
from beekeed.client import Refused
from beekeed.ctl.secret import write_secret, write_whole
from beekeed.errors import ConfigError

Values = Mapping[str, str | int]
"""Settings, by `section.key`."""

_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_HEADER = """\
# Written by `beekeectl setup`, which writes it anew when it is used again.
# What is said here comes before {file}.
"""


class Files:
    """The files of one box. Paths are absolute."""

    def __init__(self, settings: Path) -> None:
        self.settings = settings.absolute()
        self.extra = Path(f"{self.settings}.d", "10-setup.toml")
        self.token = self.settings.with_name("token")
        self.device_password = self.settings.with_name("device_password")

    def set_by_hand(self) -> dict[str, config.Input]:
        """Read what other files than ours set. Raises ConfigError."""
        others = sorted(Path(f"{self.settings}.d").glob("*.toml"))
        files = [self.settings, *(each for each in others if each != self.extra)]
        return config.merge([config.read_fragment(each) for each in files])

    def set_before(self) -> dict[str, Any]:
        """Read what set-up wrote the last time; nothing where it did not, or it is damaged."""
        try:
            before = config.merge([config.read_fragment(self.extra)])
        except ConfigError:
            return {}
        return {key: each.value for key, each in before.items()}

    def examine_by_hand(self) -> None:
        """Raise ConfigError where beekeed would not start, whatever set-up finds out."""
        stands_for_it = {
            "device.moodle_config": "/config.php",
            "online.address": "https://localhost",
            "online.token_file": str(self.token),
        }
        self.examine(stands_for_it)

    def examine(self, values: Values) -> None:
        """Raise ConfigError where beekeed would not start with these settings."""
        fragments = [config.read_fragment(self.settings)]
        tables: dict[str, dict[str, str | int]] = {}
        for key, value in values.items():
            section, _, name = key.partition(".")
            tables.setdefault(section, {})[name] = value
        ours = config.Fragment(self.extra, tables)
        others = set(Path(f"{self.settings}.d").glob("*.toml"))
        fragments += [
            ours if each == self.extra else config.read_fragment(each)
            for each in sorted({*others, self.extra})
        ]
        config.build(config.merge(fragments), self.settings)

    def write(self, values: Values) -> None:
        """Write our settings. Raises Refused FILE_NOT_WRITTEN."""
        lines: list[str] = []
        for key, value in sorted(values.items()):
            section, _, name = key.partition(".")
            if f"[{section}]" not in lines:
                lines += ["", f"[{section}]"]
            lines.append(f"{name} = {json.dumps(value, ensure_ascii=False)}")
        text = _HEADER.format(file=self.settings) + "\n".join(lines) + "\n"
        with _whole(self.extra):
            self.extra.parent.mkdir(mode=0o755, exist_ok=True)
            write_whole(self.extra, text, mode=0o644)

    def keep(self, path: Path, secret: str) -> None:
        """Write a secret, unless it is there already. Raises Refused FILE_NOT_WRITTEN."""
        if secret != self.kept(path):
            with _whole(path):
                write_secret(path, secret)

    def kept(self, path: Path) -> str:
        """Read a secret that was written before; empty where there is none."""
        try:
            return path.read_text("utf-8").strip()
        except (OSError, ValueError):
            return ""


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    with uninterrupted():
        try:
            yield
        except OSError as error:
            detail = error.strerror or str(error)
            raise Refused("file_not_written", {"path": str(path), "detail": detail}) from error


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Have Ctrl-C, and the end of the terminal, wait until the body is done."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
