"""core_user_*: accounts, and what of an account is shown to whom.

The one rule: creating is one transaction; showing follows the caller's capabilities field by
field (`user_get_user_details`).
"""

import sqlite3
from collections.abc import Mapping
from typing import Any

from beekeed.sandbox.access import require, system_context
from beekeed.sandbox.account import (
    address_is_taken,
    columns,
    database_words,
    is_address,
    require_policy,
)
from beekeed.sandbox.call import Call, Parameters
from beekeed.sandbox.cleaning import clean, php_text
from beekeed.sandbox.database import insert, rows, transaction, value
from beekeed.sandbox.errors import coding_error, invalid_parameter, write_failed
from beekeed.sandbox.functions.details import details
from beekeed.sandbox.mail import send_password
from beekeed.sandbox.profile_fields import save
from beekeed.sandbox.site import add_context
from beekeed.sandbox.standard import USER

_FIELD_TYPES = (("id", "int"), ("idnumber", "raw"), ("username", "username"), ("email", "raw"))

_WITH_DEFAULT = ("calendartype", "maildisplay", "mailformat", "lang", "city", "country")


def get_users_by_field(call: Call, parameters: Parameters) -> list[dict[str, Any]]:
    """core_user_get_users_by_field: the accounts with one of the values, each once.

    Unknown values are left out without a word; so is who may not be found by that field. Case
    does not count (seen: by idnumber in other case), nor do accents: see collation.py.
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
    sql = f"SELECT * FROM mdl_user WHERE {field} = ? COLLATE moodle"
    for sought in values:
        by_id |= {row["id"]: row for row in rows(db, sql, sought)}
    return [by_id[user_id] for user_id in sorted(by_id)]


def create_users(call: Call, parameters: Parameters) -> list[dict[str, Any]]:
    """core_user_create_users: all accounts or none, and the first reason why not.

    No password is kept; createpassword mails one and leaves Moodle's preference to change it.
    """
    require(call, "moodle/user:create", system_context(call.db))
    with transaction(call.db):
        created = [(_create(call, user), user) for user in parameters["users"]]
        for user_id, user in created:
            if user.get("createpassword"):
                send_password(call, user_id)
    return [{"id": user_id, "username": user["username"]} for user_id, user in created]


def _create(call: Call, user: Mapping[str, Any]) -> int:
    _require_acceptable(call, user)
    if not user.get("createpassword"):
        require_policy(call, user["password"])
    try:
        user_id = insert(
            call.db,
            "user",
            **_defaults(call) | _given(columns(call, user)),
            confirmed=1,
            mnethostid=int(call.config["mnet_localhost_id"]),
            timecreated=call.now,
            timemodified=call.now,
        )
    except sqlite3.IntegrityError as error:
        raise write_failed(database_words(error, "INSERT INTO")) from error
    add_context(call.db, USER, user_id, system_context(call.db))
    save(call, user_id, user.get("customfields", ()))
    if user.get("createpassword"):
        name = "auth_forcepasswordchange"
        insert(call.db, "user_preferences", userid=user_id, name=name, value="1")
    return user_id


def _defaults(call: Call) -> dict[str, str]:
    """Where the site says that people mostly are."""
    country = call.config["country"]
    return {"city": call.config["defaultcity"], "country": "" if country == "0" else country}


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Null counts as not given where Moodle has a default; else the database refuses it."""
    return {
        name: given
        for name, given in fields.items()
        if given is not None or name not in _WITH_DEFAULT
    }


def _require_acceptable(call: Call, user: Mapping[str, Any]) -> None:
    """Refuses in the order and the words of Moodle (recorded: create, ...)."""
    for name in ("username", "firstname", "lastname"):
        if not user[name].strip():
            raise invalid_parameter(f"The field {name} cannot be blank")
    host = int(call.config["mnet_localhost_id"])
    sql = "SELECT 1 FROM mdl_user WHERE mnethostid = ? AND username = ?"
    if value(call.db, sql, host, user["username"]):
        raise invalid_parameter(f"Username already exists: {user['username']}")
    if not user.get("password") and not user.get("createpassword"):
        raise invalid_parameter(
            "Invalid password: you must provide a password, or set createpassword."
        )
    if not is_address(user["email"]):
        raise invalid_parameter(f"Email address is invalid: {user['email']}")
    if address_is_taken(call, user["email"]):
        raise invalid_parameter(f"Email address already exists: {user['email']}")
