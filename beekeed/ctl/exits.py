"""The exit codes: one for each outcome that a script would treat differently."""

from collections.abc import Mapping
from enum import IntEnum

from beekeed.ctl.language import _


class Exit(IntEnum):
    """What beekeectl ends with."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    PARTLY = 3
    NOT_RUNNING = 4
    NOT_PERMITTED = 5
    OFFLINE = 10
    NOT_MOODLE = 11
    LIMIT = 12
    CLOCK = 13
    REFUSED = 14
    ALREADY_RUNNING = 15
    NO_COURSE = 16
    MAINTENANCE = 17
    STOPPED = 18
    DISABLED = 19
    BOX = 20
    STORE = 21
    SETTINGS = 78
    INTERRUPTED = 130


EXITS: Mapping[Exit, str] = {
    Exit.OK: "done",
    Exit.FAILURE: "failed for another reason, which is said",
    Exit.USAGE: "wrong usage: nothing was done",
    Exit.PARTLY: "partly completed: some changes were set aside, or wait",
    Exit.NOT_RUNNING: "beekeed is not running",
    Exit.NOT_PERMITTED: "not permitted",
    Exit.OFFLINE: "offline, or the online Moodle did not answer",
    Exit.NOT_MOODLE: "a captive portal, or something else than the online Moodle, answered",
    Exit.LIMIT: "the data limit is reached",
    Exit.CLOCK: "the box's clock is wrong",
    Exit.REFUSED: "the online Moodle refused the token, a function or a right",
    Exit.ALREADY_RUNNING: "a sync is running",
    Exit.NO_COURSE: "no course is the same on both sides",
    Exit.MAINTENANCE: "the online Moodle is in maintenance",
    Exit.STOPPED: "the sync was stopped",
    Exit.DISABLED: "syncs are switched off (Enable Sync)",
    Exit.BOX: "the box's own Moodle cannot be read",
    Exit.STORE: "beekeed's own database cannot be used",
    Exit.SETTINGS: "the settings are wrong",
    Exit.INTERRUPTED: "interrupted (Ctrl-C)",
}
"""Every exit code in a few words, in English: the table of `--help` and of the manual page."""

_CODES: Mapping[Exit, tuple[str, ...]] = {
    Exit.NOT_RUNNING: ("daemon_not_running",),
    Exit.NOT_PERMITTED: ("not_permitted", "not_root", "only_on_box", "not_signed_in"),
    Exit.USAGE: (
        *("bad_request", "password_too_short", "password_too_long", "passwords_differ"),
        *("no_token_given", "no_terminal", "answers_unreadable", "answers_open"),
        *("answer_unknown", "answer_missing", "answer_wrong"),
    ),
    Exit.OFFLINE: (
        *("offline", "no_interface", "no_carrier", "no_address", "no_route"),
        *("name_not_found", "name_unknown"),
        *("connection_refused", "connection_timed_out", "not_reached"),
        *("silent", "no_answer", "server_busy", "asked_to_wait"),
    ),
    Exit.NOT_MOODLE: (
        *("captive_portal", "proxy_answered", "no_moodle_there", "not_a_moodle", "redirected"),
        *("answer_too_large", "answer_unreadable"),
        *("encryption_failed", "certificate_expired", "certificate_not_yet_valid"),
        *("certificate_wrong_name", "certificate_unknown_issuer", "certificate_self_signed"),
        "certificate_refused",
    ),
    Exit.LIMIT: ("limit_reached", "limit_paced", "limit_reserved"),
    Exit.CLOCK: ("clock_wrong", "clock_behind", "clock_unconfirmed", "clock_disagrees"),
    Exit.REFUSED: (
        *("web_services_off", "token_refused", "access_refused", "account_suspended"),
        *("function_missing", "capability_missing", "role_not_assignable"),
        *("learner_role_wrong", "learner_role_known_wrong", "verify_missing"),
    ),
    Exit.ALREADY_RUNNING: ("already_running",),
    Exit.NO_COURSE: ("no_course_matched",),
    Exit.MAINTENANCE: ("maintenance",),
    Exit.DISABLED: ("sync_disabled",),
    Exit.BOX: (
        *("device_missing", "device_not_moodle", "device_unreadable", "driver_missing"),
        *("moodle_config_unreadable", "moodle_config_unclear", "device_not_reached"),
        *("device_refused", "device_no_database", "device_no_right", "device_table_closed"),
        *("device_table_missing", "device_interrupted", "device_busy", "device_slow"),
        "device_disk_full",
    ),
    Exit.STORE: ("store_broken", "store_newer", "store_full", "store_in_use"),
    Exit.SETTINGS: (
        *("settings_unreadable", "setting_unknown", "setting_missing", "setting_wrong"),
        *("settings_wrong", "token_unreadable", "password_unreadable", "address_not_https"),
        *("state_not_writable", "socket_unusable", "socket_in_use"),
        *("mail_not_set_up", "mail_address_wrong", "mail_password_unreadable"),
        *("mail_password_exposed", "mail_server_open", "mail_exposed"),
    ),
}
_OF_CODE = {code: ending for ending, codes in _CODES.items() for code in codes}


def table() -> str:
    """Show every exit code with its meaning, one a line."""
    return "\n".join(f"  {ending.value:>3}  {_(text)}" for ending, text in EXITS.items())


def exit_of_code(code: str) -> Exit:
    """Give the exit code for a trouble; 1 for one that no script would treat differently."""
    return _OF_CODE.get(code, Exit.FAILURE)


def exit_of_run(status: str, code: str | None) -> Exit:
    """Give the exit code for how a run ended."""
    if status == "completed":
        return Exit.OK
    if status == "partial":
        return Exit.PARTLY
    if status == "stopped":
        return Exit.STOPPED
    return exit_of_code(code or "")
