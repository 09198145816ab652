"""core_user_*: accounts, and what of an account is shown to whom.

The one rule: creating is one transaction; showing follows the caller's capabilities field by
field (`user_get_user_details`).
"""

import re
import sqlite3
from collections.abc import Mapping
from typing import Any

from beekeed.sandbox.access import require, system_context
from beekeed.sandbox.call import Call, Parameters
from beekeed.sandbox.cleaning import clean, php_text
from beekeed.sandbox.database import insert, rows, transaction, value
from beekeed.sandbox.errors import coding_error, invalid_parameter, moodle_error, write_failed
from beekeed.sandbox.functions.details import details
from beekeed.sandbox.site import add_context
from beekeed.sandbox.standard import USER, is_country

_FIELD_TYPES = (("id", "int"), ("idnumber", "raw"), ("username", "username"), ("email", "raw"))

_STORED = (
    "username", "auth", "firstname", "lastname", "email", "maildisplay", "city", "timezone",
    "description", "firstnamephonetic", "lastnamephonetic", "middlename", "alternatename",
    "idnumber", "institution", "department", "phone1", "phone2", "address", "lang",
    "calendartype", "theme", "mailformat",
)  # fmt: skip


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


def get_users_by_field(call: Call, parameters: Parameters) -> list[dict[str, Any]]:
    """core_user_get_users_by_field: the accounts with one of the values, each once.

    Unknown values are left out without a word; so is who may not be found by that field. Case
    does not count (seen: by idnumber in other case), as in MariaDB's usual collation.
    """
    field = parameters["field"]
    kind = dict(_FIELD_TYPES).get(field)
    if kind is None:
        raise coding_error("invalid field parameter")
    for sought in parameters["values"]:
        if php_text(clean(sought, kind)) != php_text(sought):
            raise invalid_parameter(
                f"The field '{field}' value is invalid: {sought}"
                f"(cleaned value: {clean(sought, kind)})"
            )
    found = [details(call, user) for user in _accounts(call.db, field, parameters["values"])]
    return [shown for shown in found if shown is not None and shown.get(field)]


def _accounts(db: sqlite3.Connection, field: str, values: list[str]) -> list[sqlite3.Row]:
    by_id: dict[int, sqlite3.Row] = {}
    sql = f"SELECT * FROM mdl_user WHERE {field} = ? COLLATE NOCASE"
    for sought in values:
        by_id |= {row["id"]: row for row in rows(db, sql, sought)}
    return [by_id[user_id] for user_id in sorted(by_id)]


def create_users(call: Call, parameters: Parameters) -> list[dict[str, Any]]:
    """core_user_create_users: all accounts or none, and the first reason why not.

    No password is kept and no mail sent; createpassword leaves Moodle's preference to change it.
    """
    require(call, "moodle/user:create", system_context(call.db))
    with transaction(call.db):
        return [
            {"id": _create(call, user), "username": user["username"]}
            for user in parameters["users"]
        ]


def _create(call: Call, user: Mapping[str, Any]) -> int:
    _require_acceptable(call, user)
    if not user.get("createpassword"):
        _require_policy(call, user["password"])
    fields = {name: user[name] for name in _STORED if user.get(name) is not None}
    country = user.get("country") or ""
    try:
        user_id = insert(
            call.db,
            "user",
            **fields,
            country=country if is_country(country) else "",
            confirmed=1,
            mnethostid=int(call.config["mnet_localhost_id"]),
            timecreated=call.now,
            timemodified=call.now,
        )
    except sqlite3.IntegrityError as error:
        raise write_failed(f"{error}\nINSERT INTO mdl_user") from error
    add_context(call.db, USER, user_id, system_context(call.db))
    if user.get("createpassword"):
        name = "auth_forcepasswordchange"
        insert(call.db, "user_preferences", userid=user_id, name=name, value="1")
    return user_id


def _require_acceptable(call: Call, user: Mapping[str, Any]) -> None:
    """Refuses in the order and the words of Moodle (recorded: create, ...)."""
    for name in ("username", "firstname", "lastname"):
        if not user[name].strip():
            raise invalid_parameter(f"The field {name} cannot be blank")
    host = int(call.config["mnet_localhost_id"])
    sql = "SELECT 1 FROM mdl_user WHERE mnethostid = ? AND"
    if value(call.db, f"{sql} username = ?", host, user["username"]):
        raise invalid_parameter(f"Username already exists: {user['username']}")
    if not user.get("password") and not user.get("createpassword"):
        raise invalid_parameter(
            "Invalid password: you must provide a password, or set createpassword."
        )
    if not _is_address(user["email"]):
        raise invalid_parameter(f"Email address is invalid: {user['email']}")
    taken = value(call.db, f"{sql} lower(email) = lower(?)", host, user["email"])
    if taken and not call.enabled("allowaccountssameemail"):
        raise invalid_parameter(f"Email address already exists: {user['email']}")


def _require_policy(call: Call, password: str) -> None:
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


def _is_address(text: str) -> bool:
    """Whether PHP's FILTER_VALIDATE_EMAIL takes it: a dotted domain, ASCII only.

    Quoted local parts and addresses of numbers, which it also takes, are refused here.
    """
    return _ADDRESS.fullmatch(text) is not None and len(text.partition("@")[0]) <= 64
