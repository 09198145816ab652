"""The exit codes: one for each outcome that a script would treat differently."""

from collections.abc import Mapping
from enum import IntEnum


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
    INTERRUPTED = 130


EXITS: Mapping[Exit, str] = {
    Exit.OK: "done",
    Exit.FAILURE: "failed",
    Exit.USAGE: "wrong usage",
    Exit.PARTLY: "partly completed",
    Exit.NOT_RUNNING: "beekeed is not running",
    Exit.NOT_PERMITTED: "not permitted",
    Exit.OFFLINE: "offline",
    Exit.NOT_MOODLE: "something else than a Moodle answered",
    Exit.LIMIT: "the data limit is reached",
    Exit.CLOCK: "the box's clock is wrong",
    Exit.REFUSED: "the online Moodle refused",
    Exit.ALREADY_RUNNING: "a sync is running",
    Exit.NO_COURSE: "no course matched",
    Exit.MAINTENANCE: "the online Moodle is in maintenance",
    Exit.STOPPED: "the sync was stopped",
    Exit.INTERRUPTED: "interrupted",
}

_OF_CODE: Mapping[str, Exit] = {
    "daemon_not_running": Exit.NOT_RUNNING,
    "not_permitted": Exit.NOT_PERMITTED,
    "bad_request": Exit.USAGE,
    "offline": Exit.OFFLINE,
    "no_interface": Exit.OFFLINE,
    "no_carrier": Exit.OFFLINE,
    "no_address": Exit.OFFLINE,
    "no_route": Exit.OFFLINE,
    "name_not_found": Exit.OFFLINE,
    "name_unknown": Exit.OFFLINE,
    "connection_refused": Exit.OFFLINE,
    "connection_timed_out": Exit.OFFLINE,
    "not_reached": Exit.OFFLINE,
    "silent": Exit.OFFLINE,
    "no_answer": Exit.OFFLINE,
    "server_busy": Exit.OFFLINE,
    "asked_to_wait": Exit.OFFLINE,
    "clock_wrong": Exit.CLOCK,
    "certificate_not_yet_valid": Exit.NOT_MOODLE,
    "encryption_failed": Exit.NOT_MOODLE,
    "certificate_expired": Exit.NOT_MOODLE,
    "certificate_wrong_name": Exit.NOT_MOODLE,
    "certificate_unknown_issuer": Exit.NOT_MOODLE,
    "certificate_self_signed": Exit.NOT_MOODLE,
    "limit_reached": Exit.LIMIT,
    "limit_paced": Exit.LIMIT,
    "limit_reserved": Exit.LIMIT,
    "certificate_refused": Exit.NOT_MOODLE,
    "captive_portal": Exit.NOT_MOODLE,
    "proxy_answered": Exit.NOT_MOODLE,
    "no_moodle_there": Exit.NOT_MOODLE,
    "not_a_moodle": Exit.NOT_MOODLE,
    "redirected": Exit.NOT_MOODLE,
    "answer_too_large": Exit.NOT_MOODLE,
    "answer_unreadable": Exit.NOT_MOODLE,
    "web_services_off": Exit.REFUSED,
    "token_refused": Exit.REFUSED,
    "access_refused": Exit.REFUSED,
    "account_suspended": Exit.REFUSED,
    "function_missing": Exit.REFUSED,
    "capability_missing": Exit.REFUSED,
    "role_not_assignable": Exit.REFUSED,
    "maintenance": Exit.MAINTENANCE,
    "no_course_matched": Exit.NO_COURSE,
    "already_running": Exit.ALREADY_RUNNING,
}


def exit_of_code(code: str) -> Exit:
    """Give the exit code for a trouble."""
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
