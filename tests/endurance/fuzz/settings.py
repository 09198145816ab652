"""The settings: a TOML text becomes Settings, or a ConfigError with all that is wrong.

What becomes settings can be used by each part of the daemon. `@HERE@` stands for a folder.
"""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from beekeed import config, disclosure, meaning
from beekeed.core.clocktrust import counts_date
from beekeed.errors import ConfigError, DeviceUnreadable
from beekeed.link.diagnosis import site_at
from beekeed.sections import SECTIONS, Settings, setting_keys
from tests.endurance.fuzz.target import Target, check_told


def target() -> Target:
    """Give the target."""
    here = Path(tempfile.mkdtemp(prefix="fuzz-settings-"))
    (here / "config.php").write_text("<?php $CFG->dbtype = 'mariadb'; $CFG->dbname = 'moodle';")

    def taste(data: bytes) -> None:
        _taste(here, data)

    names = (key.partition(".")[2] for key in setting_keys())
    sections = (f"[{name}]\n" for name in SECTIONS)
    return Target(taste, (*sections, *(f"{name} = " for name in names), *_WORDS))


_WORDS = (
    *('"https://moodle.example.org"', '"http://[::1]:8080"', "https://é.example", '"/etc/x"'),
    *('["mon-08"]', '["mon-08", "sun-23"]', '"02:00"', '"25:61"', "true", "false", "-1", "1_0"),
    *("1e999", "nan", "2026-11-28", "2026-11-28T12:00:00Z", '"""', "[[", "]]", "{}", "\\u0000"),
    *('"a@b.example"', '"xn--"', '"."', '"a..b"', "0x7fffffffffffffff", "9223372036854775808"),
)


def _taste(here: Path, data: bytes) -> None:
    file = here / "beekeed.toml"
    file.write_bytes(data.replace(b"@HERE@", str(here).encode()))
    page = _valid(lambda: config.read_page(file))
    settings = _valid(lambda: config.load(file))
    if settings is not None:
        assert page is not None, "wrong for the page's process alone"
        _use(settings)


def _valid(read: Callable[[], Any]) -> Any:
    """Read settings; None where there are mistakes, each of which can be told."""
    try:
        return read()
    except ConfigError as error:
        assert error.problems
        for each in error.problems:
            check_told(each)


def _use(settings: Settings) -> None:
    """Have each part take what it takes of settings; the box's database may be missing."""
    meaning.policy(settings)
    meaning.terms(settings.limit)
    meaning.plan(settings.schedule, 7)
    meaning.manner(settings)
    meaning.mailing(settings.mail)
    meaning.mail_consents(settings)
    counts_date(settings.online.address)
    site_at(settings.online.address)
    shown: Mapping[str, Any] = disclosure.public(settings)
    msgspec.json.encode(shown)
    try:
        meaning.login(settings)
    except (ConfigError, DeviceUnreadable) as error:
        check_told(error)
