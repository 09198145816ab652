"""What Moodle takes into an account's row: the rules that creating and updating share.

The one rule: only what user/lib.php checks is refused; the rest is cleaned without a word, or the
database refuses it.
"""

import re
import sqlite3
from collections.abc import Mapping
from typing import Any

from beekeed.sandbox.call import Call
from beekeed.sandbox.database import value
from beekeed.sandbox.errors import NotBuilt, moodle_error
from beekeed.sandbox.standard import is_country

STORED = (
    "username", "auth", "firstname", "lastname", "email", "maildisplay", "city", "country",
    "timezone", "description", "firstnamephonetic", "lastnamephonetic", "middlename",
    "alternatename", "idnumber", "institution", "department", "phone1", "phone2", "address",
    "lang", "calendartype", "theme", "mailformat",
)  # fmt: skip
"""The parameters that are columns of mdl_user."""

_NOT_BUILT = ("interests", "preferences", "userpicture")

# What Moodle's standard password policy counts, and its words (lang/en/auth.php).
_POLICY = (
    ("minpasswordlength", r".", "Passwords must be at least {} characters long."),
    ("minpassworddigits", r"\d", "Passwords must have at least {} digit(s)."),
    ("minpasswordlower", r"[a-z]", "Passwords must have at least {} lower case letter(s)."),
    ("minpasswordupper", r"[A-Z]", "Passwords must have at least {} upper case letter(s)."),
    (
        "minpasswordnonalphanum",
        r"[^A-Za-z\d]",
        "The password must have at least {} special character(s) such as *, -, or #.",
    ),
)

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*"
_ADDRESS = re.compile(
    rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z][A-Za-z0-9]*(?:-+[A-Za-z0-9]+)*"
)


def columns(call: Call, user: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that a record sets, cleaned as `core_user::clean_field` does.

    A country that Moodle does not know becomes the site's default one, "0" where it has none.
    """
    for name in _NOT_BUILT:
        if user.get(name):
            raise NotBuilt(f"{name} of an account")
    fields = {name: user[name] for name in STORED if name in user}
    if fields.get("country") and not is_country(fields["country"]):
        fields["country"] = call.config["country"]
    return fields


def require_policy(call: Call, password: str) -> None:
    """Moodle throws the whole list of faults as the errorcode (user/lib.php)."""
    if not call.enabled("passwordpolicy"):
        return
    faults = [
        f"<div>{text.format(call.config[setting])}</div>"
        for setting, pattern, text in _POLICY
        if len(re.findall(pattern, password, re.DOTALL)) < int(call.config[setting])
    ]
    if faults:
        raise moodle_error("".join(faults), f"error/{''.join(faults)}")


def is_address(text: str) -> bool:
    """Whether PHP's FILTER_VALIDATE_EMAIL takes it: a dotted domain, ASCII only.

    Quoted local parts and addresses of numbers, which it also takes, are refused here.
    """
    return _ADDRESS.fullmatch(text) is not None and len(text.partition("@")[0]) <= 64


def address_is_taken(call: Call, email: str, but: int = 0) -> bool:
    """Whether an account other than `but` has an e-mail, whatever its case.

    A deleted account keeps no address; where the site lets accounts share one, none is taken.
    """
    if call.enabled("allowaccountssameemail"):
        return False
    sql = "SELECT 1 FROM mdl_user WHERE mnethostid = ? AND lower(email) = lower(?) AND id <> ?"
    host = int(call.config["mnet_localhost_id"])
    return value(call.db, sql, host, email, but) is not None


def database_words(error: sqlite3.IntegrityError, verb: str) -> str:
    """What a developer is told of a row that the database refused."""
    return f"{error}\n{verb} mdl_user"
