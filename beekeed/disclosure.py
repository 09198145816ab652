"""What of the settings may be shown to support: no secret, no address of a person, no username.

A text is shown only where its key is named here; of any other only whether it is set. So a
setting that is added later shows nothing until somebody thought about it.
"""

from collections.abc import Mapping

import msgspec

from beekeed.sections import Settings

Shown = str | int | bool

_SHOWN_TEXTS = frozenset(
    {
        *("device.database", "device.path", "device.moodle_config", "device.prefix"),
        *("online.address", "online.learner_role", "online.assignment_grades"),
        "online.token_file",
        *("accounts.password", "accounts.removed_enrolments"),
        *("sync.late_changes", "limit.charge", "schedule.daily_at"),
        *("mail.notify", "mail.security", "mail.language"),
        *("page.certificate_file", "page.key_file"),
        *("daemon.state_directory", "daemon.control_socket", "daemon.page_socket"),
        *("daemon.control_group", "daemon.page_group", "daemon.log_level"),
    }
)
_SHOWN_LISTS = frozenset({"schedule.hours", "device.learner_archetypes"})


def public(settings: Settings) -> dict[str, Shown]:
    """Give the settings by `section.key`, as far as anybody may see them."""
    plain: Mapping[str, Mapping[str, object]] = msgspec.to_builtins(settings)
    return {
        f"{section}.{name}": _shown(f"{section}.{name}", value)
        for section, values in plain.items()
        for name, value in values.items()
    }


def _shown(key: str, value: object) -> Shown:
    if isinstance(value, bool | int):
        return value
    if isinstance(value, list | tuple):
        listed = " ".join(map(str, value)) if key in _SHOWN_LISTS else ""
        return listed or f"{len(value)} set"
    if value and key not in _SHOWN_TEXTS:
        return "set"
    return str(value or "not set")
