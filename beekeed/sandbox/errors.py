"""Moodle's exceptions, as its web services report them.

The one rule: class, errorcode and message are Moodle's own. What says more is `debuginfo`: it is
appended to the message only where the site debugs for developers and displays it
(`moodle_exception::__construct`), so that a production site tells an expired token from a
disabled service by nothing at all (seen on a production site: production.jsonl).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_DEBUG_NORMAL = 15
_DEBUG_DEVELOPER = 32767

_MISSING = {
    "course_modules": ("invalidcoursemodule", "Invalid course module ID"),
    "user": ("invaliduser", "Invalid user"),
}


@dataclass
class MoodleError(Exception):
    """An exception of Moodle's: what the caller is told, and what a developer would be told.

    `module` and `link` show only in the exceptions inside a batch's answer. `errorcode` is None
    for a fault of PHP itself (recorded: courses by ids with a missing one).
    """

    exception: str
    errorcode: str | None
    message: str
    debuginfo: str | None = None
    module: str = "error"
    link: str = ""


class NotBuilt(Exception):
    """The sandbox does not build this; answered with HTTP 501, never with a Moodle's answer."""


def moodle_error(
    errorcode: str,
    message: str,
    *,
    module: str = "error",
    link: str = "",
    debuginfo: str | None = None,
) -> MoodleError:
    """A plain `moodle_exception`."""
    return MoodleError(
        "core\\exception\\moodle_exception", errorcode, message, debuginfo, module, link
    )


def invalid_parameter(debuginfo: str) -> MoodleError:
    """What validation and many functions throw; production says no more than that."""
    return MoodleError(
        "core\\exception\\invalid_parameter_exception",
        "invalidparameter",
        "Invalid parameter value detected",
        debuginfo,
        "debug",
    )


def invalid_response(debuginfo: str) -> MoodleError:
    """What Moodle throws when its own answer is not of the type that it promised."""
    return MoodleError(
        "core\\exception\\invalid_response_exception",
        "invalidresponse",
        "Invalid response value detected",
        debuginfo,
        "debug",
    )


def access_denied(debuginfo: str) -> MoodleError:
    """Expired token, wrong address, disabled service, function outside it: one errorcode."""
    return MoodleError(
        "webservice_access_exception",
        "accessexception",
        "Access control exception",
        debuginfo,
        "webservice",
    )


def missing_record(
    table: str, key: str, sought: object, fields: str = "*", **also: object
) -> MoodleError:
    """No such row: `invaliduser`, `invalidcoursemodule`, or `invalidrecord` for other tables.

    `also`: what was asked for beside the key.
    """
    errorcode, message = _MISSING.get(
        table, ("invalidrecord", f"Can't find data record in database table {table}.")
    )
    asked = {key: sought, **also}
    conditions = " AND ".join(f"{name} = ?" for name in asked)
    shown = [f"'{value}'" if isinstance(value, str) else value for value in asked.values()]
    listed = "".join(f"  {number} => {value},\n" for number, value in enumerate(shown))
    sql = f"SELECT {fields} FROM {{{table}}} WHERE {conditions}\n[array (\n{listed})]"
    return MoodleError("dml_missing_record_exception", errorcode, message, sql)


def write_failed(debuginfo: str) -> MoodleError:
    """The database refused a row: too long a name, a missing value."""
    return MoodleError(
        "dml_write_exception", "dmlwriteexception", "Error writing to database", debuginfo
    )


def missing_capability(
    title: str, *, link: str = "", errorcode: str = "nopermissions"
) -> MoodleError:
    """A capability is missing: mostly `nopermissions` with the capability's English name.

    Overriding a completion has `nopermission` instead, an errorcode without a text, which Moodle
    renders as error/nopermission (recorded: capability taken away).
    """
    message = f"Sorry, but you do not currently have permissions to do that ({title})."
    if errorcode != "nopermissions":
        message = f"error/{errorcode}"
    return MoodleError(
        "core\\exception\\required_capability_exception", errorcode, message, link=link
    )


def login_required(debuginfo: str) -> MoodleError:
    """The account may not enter the course or the activity."""
    return MoodleError(
        "core\\exception\\require_login_exception",
        "requireloginerror",
        "Course or activity not accessible.",
        debuginfo,
    )


def coding_error(hint: str) -> MoodleError:
    """Moodle's own word for a call that its programmers did not foresee."""
    return MoodleError(
        "core\\exception\\coding_exception",
        "codingerror",
        f"Coding error detected, it must be fixed by a programmer: {hint}",
        module="debug",
    )


def php_error(message: str) -> MoodleError:
    """PHP itself stumbled: reported without any errorcode."""
    return MoodleError("Error", None, message)


def level(config: Mapping[str, str]) -> int:
    """The site's debugging level: 0 in production, 32767 for developers."""
    return int(config.get("debug", "0") or 0)


def developer(config: Mapping[str, str]) -> bool:
    """Whether messages carry their debuginfo (`debug` 32767 and `debugdisplay` 1)."""
    return level(config) == _DEBUG_DEVELOPER and config.get("debugdisplay", "0") not in ("", "0")


def shown_message(error: MoodleError, *, for_developer: bool) -> str:
    """The message with the debuginfo in brackets where the site shows it."""
    if for_developer and error.debuginfo:
        return f"{error.message} ({error.debuginfo})"
    return error.message


def as_answer(error: MoodleError, config: Mapping[str, str]) -> dict[str, object]:
    """The object that the REST server answers for an exception (webservice/rest/locallib.php)."""
    answer: dict[str, object] = {"exception": error.exception}
    if error.errorcode is not None:
        answer["errorcode"] = error.errorcode
    answer["message"] = shown_message(error, for_developer=developer(config))
    if level(config) >= _DEBUG_NORMAL and error.debuginfo is not None:
        answer["debuginfo"] = error.debuginfo
    return answer


def as_batch_answer(error: MoodleError, config: Mapping[str, str]) -> dict[str, object]:
    """The exception inside a batch's answer: other fields, never the class (setuplib.php)."""
    wwwroot = config.get("wwwroot", "")
    errorcode, message = error.errorcode, error.message
    if errorcode is None:
        errorcode, message = "generalexceptionmessage", f"Exception - {message}"
    module = "moodle" if error.module == "error" else error.module
    answer: dict[str, object] = {
        "message": message,
        "errorcode": errorcode,
        "link": error.link or f"{wwwroot}/",
        "moreinfourl": f"https://docs.moodle.org/{_branch(config)}/en/error/{module}/{errorcode}",
    }
    if level(config) >= _DEBUG_DEVELOPER:
        answer["debuginfo"] = f"{error.debuginfo or ''}\nError code: {errorcode}"
    return answer


def _branch(config: Mapping[str, str]) -> str:
    """405 for release 4.5.6."""
    found = re.match(r"(\d+)\.(\d+)", config.get("release", "4.5"))
    return f"{found[1]}{int(found[2]):02d}" if found else "405"
