"""What may be set: the sections of the settings file, each key with its type and default.

This is the one description of it. config/beekeed.toml shows each key with its comment, and a
test holds the two together.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Text = Annotated[str, Meta(min_length=1)]
FilePath = Annotated[str, Meta(pattern=r"^/[^\0]*$")]
FilePathOrNone = Annotated[str, Meta(pattern=r"^(/[^\0]*)?$")]
Hour = Annotated[str, Meta(pattern=r"^(mon|tue|wed|thu|fri|sat|sun)-([01][0-9]|2[0-3])$(?!\n)")]
_LABEL = r"[A-Za-z0-9_-]{1,63}"
HOST_NAME = rf"{_LABEL}(\.{_LABEL})*"
_IPV6 = r"[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{0,36}"
Host = Annotated[str, Meta(pattern=rf"^({HOST_NAME}\.?|{_IPV6})?$(?!\n)")]
# No longer than RFC 5321 (4.5.3.1) lets it be.
_OF_MAILBOX = r"[^\s@,;<>\"()\\]"
_OF_DOMAIN = r"[^\s@,;<>\"()\\.]{1,63}"
_MAILBOX = rf"^({_OF_MAILBOX}{{1,64}}@{_OF_DOMAIN}(\.{_OF_DOMAIN})*)?$(?!\n)"
Mailbox = Annotated[str, Meta(pattern=_MAILBOX, max_length=254)]


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
    language: Literal["en", "fr", "es", "ar"] = "en"


class PageSettings(Section, frozen=True, kw_only=True):
    """The status page. `names`: hosts in small letters, addresses as browsers write them."""

    names: tuple[str, ...] = ()
    certificate_file: FilePathOrNone = ""
    key_file: FilePathOrNone = ""


class DaemonSettings(Section, frozen=True, kw_only=True):
    """The daemon itself."""

    state_directory: FilePath = "/var/lib/beekeed"
    control_socket: FilePath = "/run/beekeed/control.sock"
    control_group: str = ""
    page_socket: FilePath = "/run/beekeed-page/page.sock"
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
    page: PageSettings
    daemon: DaemonSettings


SECTIONS: Mapping[str, type[Section]] = {
    "device": DeviceSettings,
    "online": OnlineSettings,
    "accounts": AccountSettings,
    "sync": SyncSettings,
    "limit": LimitSettings,
    "schedule": ScheduleSettings,
    "mail": MailSettings,
    "page": PageSettings,
    "daemon": DaemonSettings,
}


def field_of(key: str) -> msgspec.structs.FieldInfo | None:
    """Give what a setting (`section.key`) may be, or None where there is none."""
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
    field = field_of(key)
    if field is None or field.required:
        raise KeyError(key)
    return field.default
