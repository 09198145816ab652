"""Moodle's error codes, each mapped once to what it means and how far it reaches.

The scope tells what need not be tried again in this run: refusing a thousand
completions of a deleted activity one by one would cost a thousand requests.
"""

from collections.abc import Mapping

from beekeed.core import retry
from beekeed.core.model import Reason
from beekeed.core.step import Scope
from beekeed.errors import BeekeedError, Code, RemoteRefused
from beekeed.moodle.functions import CREATE, FUNCTIONS, MAKE_GROUP, UPDATE

NO_SUCH_FUNCTION = "invalidrecord:external_functions"
"""Our own, more exact name for what Moodle says of a function that the site does not have."""

_MEANING: Mapping[str, tuple[Code, Scope]] = {
    # The whole site.
    "invalidtoken": (Code.TOKEN_REFUSED, Scope.SITE),
    "accessexception": (Code.ACCESS_REFUSED, Scope.SITE),
    "wsaccessusersuspended": (Code.ACCOUNT_SUSPENDED, Scope.SITE),
    "wsaccessuserdeleted": (Code.ACCOUNT_SUSPENDED, Scope.SITE),
    "wsaccessuserunconfirmed": (Code.ACCOUNT_SUSPENDED, Scope.SITE),
    "sitemaintenance": (Code.MAINTENANCE, Scope.SITE),
    "upgraderunning": (Code.MAINTENANCE, Scope.SITE),
    NO_SUCH_FUNCTION: (Code.FUNCTION_MISSING, Scope.SITE),
    # What our account may not do, in one course or everywhere.
    "nopermission": (Code.CAPABILITY_MISSING, Scope.RIGHT),
    "nopermissions": (Code.CAPABILITY_MISSING, Scope.RIGHT),
    "nopermissiontoviewgrades": (Code.CAPABILITY_MISSING, Scope.RIGHT),
    "wsusercannotassign": (Code.ROLE_NOT_ASSIGNABLE, Scope.RIGHT),
    # A course.
    "wsnoinstance": (Code.NO_MANUAL_ENROLMENT, Scope.COURSE),
    "wscannotenrol": (Code.NO_MANUAL_ENROLMENT, Scope.COURSE),
    "completionnotenabled": (Code.COMPLETION_OFF, Scope.COURSE),
    "errorcoursecontextnotvalid": (Code.COURSE_CLOSED, Scope.COURSE),
    # An activity.
    "invalidcoursemodule": (Code.ACTIVITY_GONE_ONLINE, Scope.ACTIVITY),
    "requireloginerror": (Code.ACTIVITY_CLOSED, Scope.ACTIVITY),
    # A learner.
    "invaliduser": (Code.ACCOUNT_GONE_ONLINE, Scope.LEARNER),
    "usernotconfirmed": (Code.ACCOUNT_UNCONFIRMED, Scope.LEARNER),
    "userdeleted": (Code.ACCOUNT_GONE_ONLINE, Scope.LEARNER),
}


def errorcode_of(error: Mapping[str, object]) -> str:
    """Give Moodle's error code, made exact where only its message tells a record from another."""
    errorcode = str(error.get("errorcode", ""))
    if errorcode == "invalidrecord" and "external_functions" in str(error.get("message", "")):
        return NO_SUCH_FUNCTION
    return errorcode


def refused(errorcode: str, message: str) -> RemoteRefused:
    """Give the error for a refusal of a whole request."""
    code, _ = _MEANING.get(errorcode, (Code.REFUSED_BY_MOODLE, Scope.CHANGE))
    if errorcode == "accessexception":
        return RemoteRefused(code, errorcode=errorcode, detail=_access_detail(message))
    return RemoteRefused(code, errorcode=errorcode)


def _access_detail(message: str) -> str:
    """Tell apart what only the message of an `accessexception` tells (recorded)."""
    for words, detail in (
        ("token expired", "expired"),
        ("is not supported", "ip"),
        ("Access to the function", "function"),
    ):
        if words in message:
            return detail
    return "service"


def reason(function: str, errorcode: str) -> tuple[Reason, Scope]:
    """Give the reason and the reach of a refusal of one call."""
    code, scope = _MEANING.get(errorcode, (Code.REFUSED_BY_MOODLE, Scope.CHANGE))
    if function == CREATE:
        code = Code.ACCOUNT_REFUSED if code is Code.REFUSED_BY_MOODLE else code
    if function == MAKE_GROUP:
        code = Code.GROUP_REFUSED if code is Code.REFUSED_BY_MOODLE else code
    if function == UPDATE:
        code = Code.PROFILE_REFUSED if code is Code.REFUSED_BY_MOODLE else code
    if errorcode == "accessexception":
        code = Code.FUNCTION_MISSING
    if scope not in (Scope.SITE, Scope.RIGHT):
        return Reason(code, {"errorcode": errorcode}), scope
    capabilities = FUNCTIONS[function].capabilities if function in FUNCTIONS else ()
    params = {"function": function, "capability": ", ".join(capabilities), "errorcode": errorcode}
    return Reason(code, params), scope


def warned(warningcode: str, name: str) -> tuple[Reason, Scope]:
    """Give the reason and the reach of a warning that an edit of a profile field got."""
    if warningcode in ("invaliduserid", "usernotupdateddeleted"):
        return Reason(Code.ACCOUNT_GONE_ONLINE, {"errorcode": warningcode}), Scope.LEARNER
    if warningcode in ("usernotupdatedadmin", "usernotupdatedguest"):
        return Reason(Code.OTHER_ROLE_ONLINE, {"roles": "admin"}), Scope.LEARNER
    return Reason(Code.PROFILE_REFUSED, {"field": name, "errorcode": warningcode}), Scope.CHANGE


_NOT_THE_SITE = frozenset({Code.NOT_A_MOODLE, Code.REDIRECTED})


def is_of_call(error: BeekeedError) -> bool:
    """Tell whether a trouble is with one call only: it neither passes, nor is another's answer."""
    return not retry.passes(error) and error.code not in _NOT_THE_SITE


def raised(function: str, errorcode: str) -> RemoteRefused:
    """Give the error for a refused call without which the run cannot go on."""
    why, _ = reason(function, errorcode)
    return RemoteRefused(why.code, **{"function": function, **why.params})
