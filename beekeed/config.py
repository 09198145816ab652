"""The settings: fragments (TOML files) -> inputs (merged) -> Settings (valid, or not built).

Every mistake is reported at once, each with its file, its key and an example.
What may be set is in `beekeed.sections`.
"""

import difflib
import ipaddress
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from beekeed.errors import Code, ConfigError
from beekeed.sections import (
    HOST_NAME,
    SECTIONS,
    DaemonSettings,
    PageSettings,
    Section,
    Settings,
    field_of,
    setting_keys,
)

_LONGEST_NAME = 253  # of a host (RFC 1035, 2.3.4)

_EXAMPLES: Mapping[str, str] = {
    "device.moodle_config": '"/var/www/moodle/config.php"',
    "device.name": '"moodle"',
    "device.user": '"beekeed"',
    "online.address": '"https://moodle.example.org"',
    "online.token_file": '"/etc/beekeed/token"',
    "schedule.hours": '["mon-08", "fri-20"]',
    "mail.to": '"school@example.org"',
    "mail.sender": '"box@example.org"',
    "mail.server": '"smtp.example.org"',
    "page.names": '["box.school.lan"]',
    "page.certificate_file": '"/etc/beekeed/page.crt"',
    "page.key_file": '"/etc/beekeed/page.key"',
}

_MUST_BE: Mapping[str, str] = {
    "device.database": '"mariadb", "mysql" or "postgresql", or empty',
    "device.prefix": "small letters, digits and _, or empty",
    "online.address": "the web address of the site, without a page, a question mark or a password",
    "online.assignment_grades": '"assignment" or "gradebook"',
    "accounts.username_prefix": "what a Moodle username may hold: small letters, digits and -.@_",
    "accounts.password": '"random" or "mailed"',
    "accounts.removed_enrolments": '"ignore" or "suspend"',
    "sync.audit_bytes": "a number of bytes from 0 to 10000000",
    "limit.bytes": "a whole number of bytes, like 500000000",
    "limit.billing_day": "a day of the month from 1 to 28",
    "limit.reserve_percent": "a percentage from 0 to 90",
    "limit.charge": '"sync" or "line"',
    "schedule.jitter_minutes": "a number of minutes from 0 to 45",
    "schedule.daily_at": 'a time of the day in UTC like "02:00"',
    "schedule.hours": 'a list of hours of the week in UTC like "mon-08" or "sun-23"',
    "mail.notify": '"off", "all" or "failures"',
    "mail.to": "an e-mail address, without a name",
    "mail.sender": "an e-mail address, without a name",
    "mail.server": "the name of a host or its address, without a port or a zone",
    "mail.port": "a port from 0 to 65535",
    "mail.security": '"starttls", "tls" or "none"',
    "mail.language": '"en", "fr", "es" or "ar"',
    "page.names": 'a list of hosts like "box.school.lan" or "10.0.0.1",'
    " without https://, a port or a page",
    "daemon.log_level": '"debug", "info", "warning" or "error"',
}


_PATHS = frozenset(
    {
        "device.moodle_config",
        "device.socket",
        "device.password_file",
        "device.path",
        "online.token_file",
        "daemon.state_directory",
        "daemon.control_socket",
        "daemon.page_socket",
        "mail.password_file",
        "page.certificate_file",
        "page.key_file",
    }
)


@dataclass(frozen=True, slots=True)
class PageProcess:
    """What the status page's own process needs of the settings."""

    page: PageSettings
    page_socket: str


@dataclass(frozen=True, slots=True)
class Fragment:
    """One TOML file as it was read."""

    file: Path
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Input:
    """One value and the file that it came from; a later fragment wins."""

    value: Any
    file: Path


def load(file: Path) -> Settings:
    """Read the settings from a file, and from the `*.toml` in the folder `<file>.d`.

    Raises ConfigError with every mistake in `problems`.
    """
    return build(read(file), file)


def read(file: Path) -> dict[str, Input]:
    """Read what a settings file and its folder set, by `section.key`. Raises ConfigError."""
    fragments = [read_fragment(file)]
    fragments += [read_fragment(extra) for extra in sorted(Path(f"{file}.d").glob("*.toml"))]
    return merge(fragments)


def read_page(file: Path) -> PageProcess:
    """Read what the status page's process needs; what is wrong elsewhere is not its concern.

    Raises ConfigError with every mistake in `problems`.
    """
    inputs = read(file)
    ours = {
        key: each
        for key, each in inputs.items()
        if key.partition(".")[0] == "page" or key == "daemon.page_socket"
    }
    problems = [_unknown(key, each) for key, each in ours.items() if field_of(key) is None]
    page, wrong = _build_section("page", PageSettings, ours, file)
    daemon, wrong_too = _build_section("daemon", DaemonSettings, ours, file)
    problems += wrong + wrong_too or _page_problems(ours, file)
    if problems:
        raise ConfigError(Code.SETTINGS_WRONG, tuple(problems), count=len(problems))
    built = msgspec.convert(page, PageSettings, from_attributes=True)
    page_socket = msgspec.convert(daemon, DaemonSettings, from_attributes=True).page_socket
    return PageProcess(_with_plain_names(built), page_socket)


def read_fragment(file: Path) -> Fragment:
    """Read one TOML file. Raises ConfigError."""
    try:
        return Fragment(file, tomllib.loads(file.read_text("utf-8")))
    except (OSError, ValueError, RecursionError) as error:
        detail = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError(Code.SETTINGS_UNREADABLE, file=str(file), detail=str(detail)) from error


def merge(fragments: list[Fragment]) -> dict[str, Input]:
    """Put fragments together, key by key (`section.key`); later ones win."""
    inputs: dict[str, Input] = {}
    for fragment in fragments:
        for section, values in fragment.values.items():
            if isinstance(values, Mapping):
                for key, value in values.items():
                    inputs[f"{section}.{key}"] = Input(value, fragment.file)
            else:
                inputs[section] = Input(values, fragment.file)
    return inputs


def build(inputs: Mapping[str, Input], file: Path) -> Settings:
    """Build the settings from the inputs, or raise ConfigError with all that is wrong.

    `file` is the one that a missing key should be added to.
    """
    problems = [_unknown(key, each) for key, each in inputs.items() if field_of(key) is None]
    sections: dict[str, Section | None] = {}
    for name, section in SECTIONS.items():
        sections[name], wrong = _build_section(name, section, inputs, file)
        problems += wrong
    problems += _database_problems(inputs, file)
    if not problems:
        problems += _address_problems(inputs) + _mail_problems(inputs, file)
        problems += _page_problems(inputs, file)
    if problems:
        raise ConfigError(Code.SETTINGS_WRONG, tuple(problems), count=len(problems))
    built = msgspec.convert(sections, Settings, from_attributes=True)
    online = msgspec.structs.replace(built.online, address=built.online.address.rstrip("/"))
    return msgspec.structs.replace(built, online=online, page=_with_plain_names(built.page))


def _build_section(
    name: str, section: type[Section], inputs: Mapping[str, Input], file: Path
) -> tuple[Section | None, list[ConfigError]]:
    values: dict[str, Any] = {}
    problems: list[ConfigError] = []
    for field in msgspec.structs.fields(section):
        key = f"{name}.{field.name}"
        given = inputs.get(key)
        if given is None:
            if field.required:
                problems.append(_missing(key, file))
            continue
        try:
            values[field.name] = msgspec.convert(given.value, field.type)
        except msgspec.ValidationError as error:
            problems.append(_wrong(key, given.file, str(error), field))
    return (None if problems else section(**values)), problems


def _unknown(key: str, given: Input) -> ConfigError:
    close = difflib.get_close_matches(key, setting_keys(), n=1, cutoff=0.7)
    suggestion = f"Did you mean {close[0]}?" if close else "Remove it."
    return ConfigError(Code.SETTING_UNKNOWN, file=str(given.file), key=key, suggestion=suggestion)


def _missing(key: str, file: Path) -> ConfigError:
    section, _, name = key.partition(".")
    example = f"in [{section}]: {name} = {_EXAMPLES.get(key, '...')}"
    return ConfigError(Code.SETTING_MISSING, file=str(file), key=key, example=example)


def _wrong(key: str, file: Path, detail: str, field: msgspec.structs.FieldInfo) -> ConfigError:
    name = key.partition(".")[2]
    example = f"{name} = {_EXAMPLES.get(key) or toml(field.default)}"
    must_be = f"it must be {_MUST_BE[key]}" if key in _MUST_BE else _plain(detail)
    if key in _PATHS:
        must_be = "it must be a full path, beginning with /"
    return ConfigError(Code.SETTING_WRONG, file=str(file), key=key, detail=must_be, example=example)


def _plain(detail: str) -> str:
    """Put msgspec's message into words for somebody who knows TOML but not Python."""
    words = {
        "`str`": "text in quotes",
        "`int`": "a whole number",
        "`bool`": "true or false",
        "`array`": "a list",
        "`float`": "a number",
        "`object`": "a table",
    }
    for technical, plain in words.items():
        detail = detail.replace(technical, plain)
    return detail[0].lower() + detail[1:]


def _database_problems(inputs: Mapping[str, Input], file: Path) -> list[ConfigError]:
    """The box's database: Moodle's config.php, or an SQLite file, or a name and an account."""
    given = {
        key.removeprefix("device.")
        for key, each in inputs.items()
        if key.startswith("device.") and each.value
    }
    if given & {"moodle_config", "path"}:
        return []
    if not given & {"database", "host", "port", "socket", "name", "user"}:
        return [_missing("device.moodle_config", file)]
    return [_missing(f"device.{name}", file) for name in ("name", "user") if name not in given]


def _address_problems(inputs: Mapping[str, Input]) -> list[ConfigError]:
    address = inputs["online.address"]
    if not _is_web_address(address.value):
        field = field_of("online.address")
        assert field is not None  # noqa: S101 - it is one of ours
        return [_wrong("online.address", address.file, "", field)]
    allowed = inputs.get("online.allow_http")
    if urlsplit(address.value).scheme == "https" or (allowed is not None and allowed.value):
        return []
    return [ConfigError(Code.ADDRESS_NOT_HTTPS, file=str(address.file), address=address.value)]


def _mail_problems(inputs: Mapping[str, Input], file: Path) -> list[ConfigError]:
    """Whoever is to be told by mail needs an address, a sender and a server."""
    notify = inputs.get("mail.notify")
    if notify is None or notify.value == "off":
        return []
    needed = ("mail.to", "mail.sender", "mail.server")
    return [_missing(key, file) for key in needed if key not in inputs or not inputs[key].value]


def _page_problems(inputs: Mapping[str, Input], file: Path) -> list[ConfigError]:
    """Names must be hosts, and a certificate has a key."""
    names, field = inputs.get("page.names"), field_of("page.names")
    assert field is not None  # noqa: S101 - it is one of ours
    problems = []
    if names is not None and not all(_plain_name(each) for each in names.value):
        problems.append(_wrong("page.names", names.file, "", field))
    pair = ("page.certificate_file", "page.key_file")
    lacking = [key for key in pair if key not in inputs or not inputs[key].value]
    return problems + [_missing(key, file) for key in lacking if len(lacking) == 1]


def _with_plain_names(page: PageSettings) -> PageSettings:
    names = dict.fromkeys(_plain_name(each) for each in page.names)
    return msgspec.structs.replace(page, names=tuple(names))


def _plain_name(name: str) -> str:
    """Give a host as a browser asks for it, without brackets; empty where it is none.

    A name whose last part is a number is an address to browsers (WHATWG URL, host parsing).
    """
    try:
        return ipaddress.ip_address(name).compressed if "%" not in name else ""
    except ValueError:
        is_host = len(name) <= _LONGEST_NAME and re.fullmatch(HOST_NAME, name)
        return name.lower() if is_host and not name.rpartition(".")[2].isdecimal() else ""


def _is_web_address(address: str) -> bool:
    """Tell whether a name and a port can be found in it, and the name could be looked up."""
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and parts.port != 0 and bool(parts.hostname.encode("idna"))  # type: ignore[union-attr]
    except ValueError:  # UnicodeError is one
        return False


def toml(value: Any) -> str:
    """Write a setting's value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(toml(each) for each in value)}]"
    return f'"{value}"' if isinstance(value, str) else str(value)
