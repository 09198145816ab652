"""The settings: fragments (TOML files) -> inputs (merged) -> Settings (valid, or not built).

Every mistake is reported at once, each with its file, its key and an example.
`SECTIONS` is the one description of what may be set; config/beekeed.toml shows
each key with its comment, and a test holds the two together.
"""

import difflib
import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from beekeed.errors import Code, ConfigError

Text = Annotated[str, Meta(min_length=1)]
FilePath = Annotated[str, Meta(pattern=r"^/[^\0]*$")]
FilePathOrNone = Annotated[str, Meta(pattern=r"^(/[^\0]*)?$")]
Hour = Annotated[str, Meta(pattern=r"^(mon|tue|wed|thu|fri|sat|sun)-([01][0-9]|2[0-3])$(?!\n)")]
_LABEL = r"[A-Za-z0-9_-]{1,63}"
_IPV6 = r"[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{0,36}"
Host = Annotated[str, Meta(pattern=rf"^({_LABEL}(\.{_LABEL})*\.?|{_IPV6})?$(?!\n)")]
Mailbox = Annotated[str, Meta(pattern=r"^([^\s@,;<>\"()\\]+@[^\s@,;<>\"()\\]+)?$(?!\n)")]


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A table of the settings file."""


class DeviceSettings(Section, frozen=True, kw_only=True):
    """The box's own Moodle."""

    moodle_config: FilePathOrNone = ""
    database: Literal["", "mariadb", "mysql", "postgresql"] = ""
    host: str = ""
    port: Annotated[int, Meta(ge=0, le=65535)] = 0
    socket: FilePathOrNone = ""
    name: str = ""
    user: str = ""
    password_file: FilePathOrNone = ""
    path: FilePathOrNone = ""
    prefix: Annotated[str, Meta(pattern=r"^[a-z0-9_]*$(?!\n)")] | None = None
    statement_seconds: Annotated[int, Meta(ge=1, le=3600)] = 120
    learner_archetypes: Annotated[tuple[Text, ...], Meta(min_length=1)] = ("student",)


class OnlineSettings(Section, frozen=True, kw_only=True):
    """The online Moodle."""

    address: Annotated[str, Meta(pattern=r"^https?://[^/?#@\s]+(/[^?#\s]*)?$(?!\n)")]
    token_file: FilePath
    allow_http: bool = False
    timeout_seconds: Annotated[int, Meta(ge=5, le=3600)] = 120
    max_input_vars: Annotated[int, Meta(ge=10, le=100_000)] = 1000
    learner_role: Text = "student"
    learner_role_id: Annotated[int, Meta(ge=1)] = 5
    assignment_grades: Literal["assignment", "gradebook"] = "assignment"
    tell_learners: bool = False


class AccountSettings(Section, frozen=True, kw_only=True):
    """Learners' accounts on the online Moodle."""

    username_prefix: Annotated[str, Meta(pattern=r"^[-.@_a-z0-9]*$(?!\n)")] = ""
    never_touch: tuple[Text, ...] = ()
    password: Literal["random", "mailed"] = "random"  # noqa: S105 - a choice, not a secret
    removed_enrolments: Literal["ignore", "suspend"] = "ignore"


class SyncSettings(Section, frozen=True, kw_only=True):
    """Whether anything is synchronized, and what a sync does beside sending."""

    enabled: bool = True
    late_changes: Literal["hold", "send"] = "hold"
    audit_bytes: Annotated[int, Meta(ge=0, le=10_000_000)] = 5000


class LimitSettings(Section, frozen=True, kw_only=True):
    """What the line to the online Moodle may cost."""

    enabled: bool = False
    bytes: Annotated[int, Meta(ge=0, le=10**15)] = 500_000_000
    billing_day: Annotated[int, Meta(ge=1, le=28)] = 1
    pacing: bool = False
    reserve_percent: Annotated[int, Meta(ge=0, le=90)] = 10
    charge: Literal["sync", "line"] = "sync"


class ScheduleSettings(Section, frozen=True, kw_only=True):
    """When syncs begin by themselves."""

    enabled: bool = False
    daily_at: Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)")] = "02:00"
    grid_active: bool = False
    hours: tuple[Hour, ...] = ()
    jitter_minutes: Annotated[int, Meta(ge=0, le=45)] = 10


class MailSettings(Section, frozen=True, kw_only=True):
    """The mails that tell how syncs ended, and the server that takes them."""

    notify: Literal["off", "all", "failures"] = "off"
    to: Mailbox = ""
    sender: Mailbox = ""
    server: Host = ""
    port: Annotated[int, Meta(ge=0, le=65535)] = 0
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password_file: FilePathOrNone = ""
    language: Annotated[str, Meta(pattern=r"^[a-z]{2}$(?!\n)")] = "en"


class DaemonSettings(Section, frozen=True, kw_only=True):
    """The daemon itself."""

    state_directory: FilePath = "/var/lib/beekeed"
    control_socket: FilePath = "/run/beekeed/control.sock"
    control_group: str = ""
    page_socket: FilePath = "/run/beekeed/page.sock"
    page_group: str = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings, valid."""

    device: DeviceSettings
    online: OnlineSettings
    accounts: AccountSettings
    sync: SyncSettings
    limit: LimitSettings
    schedule: ScheduleSettings
    mail: MailSettings
    daemon: DaemonSettings


SECTIONS: Mapping[str, type[Section]] = {
    "device": DeviceSettings,
    "online": OnlineSettings,
    "accounts": AccountSettings,
    "sync": SyncSettings,
    "limit": LimitSettings,
    "schedule": ScheduleSettings,
    "mail": MailSettings,
    "daemon": DaemonSettings,
}

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
}

_MUST_BE: Mapping[str, str] = {
    "device.database": '"mariadb", "mysql" or "postgresql", or empty',
    "device.prefix": "small letters, digits and _, or empty",
    "online.address": "the web address of the site, without a page, a question mark or a password",
    "online.assignment_grades": '"assignment" or "gradebook"',
    "accounts.username_prefix": "what a Moodle username may hold: small letters, digits and -.@_",
    "accounts.password": '"random" or "mailed"',
    "accounts.removed_enrolments": '"ignore" or "suspend"',
    "limit.charge": '"sync" or "line"',
    "schedule.daily_at": 'a time of the day in UTC like "02:00"',
    "schedule.hours": 'a list of hours of the week in UTC like "mon-08" or "sun-23"',
    "mail.notify": '"off", "all" or "failures"',
    "mail.to": "an e-mail address, without a name",
    "mail.sender": "an e-mail address, without a name",
    "mail.server": "the name of a host or its address, without a port or a zone",
    "mail.security": '"starttls", "tls" or "none"',
    "mail.language": 'two small letters, like "en"',
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
    }
)


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
    problems = [_unknown(key, each) for key, each in inputs.items() if _field(key) is None]
    sections: dict[str, Section | None] = {}
    for name, section in SECTIONS.items():
        sections[name], wrong = _build_section(name, section, inputs, file)
        problems += wrong
    problems += _database_problems(inputs, file)
    if not problems:
        problems += _address_problems(inputs) + _mail_problems(inputs, file)
    if problems:
        raise ConfigError(Code.SETTINGS_WRONG, tuple(problems), count=len(problems))
    built = msgspec.convert(sections, Settings, from_attributes=True)
    online = msgspec.structs.replace(built.online, address=built.online.address.rstrip("/"))
    return msgspec.structs.replace(built, online=online)


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


def _field(key: str) -> msgspec.structs.FieldInfo | None:
    name, _, field_name = key.partition(".")
    if name not in SECTIONS:
        return None
    fields = {field.name: field for field in msgspec.structs.fields(SECTIONS[name])}
    return fields.get(field_name)


def setting_keys() -> list[str]:
    """Name every setting, as `section.key`."""
    return [
        f"{name}.{field.name}"
        for name, section in SECTIONS.items()
        for field in msgspec.structs.fields(section)
    ]


def default(key: str) -> Any:
    """Give what holds where nobody set a setting. KeyError: it is none, or must be set."""
    field = _field(key)
    if field is None or field.required:
        raise KeyError(key)
    return field.default


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
        field = _field("online.address")
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


def read_token(settings: Settings) -> str:
    """Read the web service token: systemd's credential `token`, else the settings' file.

    Raises ConfigError without ever showing what the file holds.
    """
    path = _secret_file("token", settings.online.token_file)
    token = _read_secret(path, Code.TOKEN_UNREADABLE)
    if not token or any(c.isspace() for c in token):
        detail = "it holds more than one word" if token else "it is empty"
        raise ConfigError(Code.TOKEN_UNREADABLE, path=str(path), detail=detail)
    return token


def read_password(settings: Settings) -> str:
    """Read the password of the box's database: credential `device_password`, else the file.

    Empty where neither is there: the account needs none, or config.php has it.
    Raises ConfigError.
    """
    path = _secret_file("device_password", settings.device.password_file)
    return _read_secret(path, Code.PASSWORD_UNREADABLE) if path != Path() else ""


def read_mail_password(settings: Settings) -> str:
    """Read the password for the mail server: credential `mail_password`, else the file.

    Empty where neither is there. Raises ConfigError, also where everybody may read the file.
    """
    path = _secret_file("mail_password", settings.mail.password_file)
    if path == Path():
        return ""
    password = _read_secret(path, Code.MAIL_PASSWORD_UNREADABLE)
    if path.stat().st_mode & stat.S_IROTH:
        detail = "everybody may read it"
        raise ConfigError(Code.MAIL_PASSWORD_UNREADABLE, path=str(path), detail=detail)
    return password


def _secret_file(credential: str, file: str) -> Path:
    """Tell where a secret is: systemd's credential comes first."""
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(directory, credential) if directory else Path(file)
    return path if path.exists() else Path(file)


def _read_secret(path: Path, trouble: Code) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        detail = str(error.strerror) if isinstance(error, OSError) else "it is not text"
        raise ConfigError(trouble, path=str(path), detail=detail) from error
