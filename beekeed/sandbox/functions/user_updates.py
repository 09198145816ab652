"""core_user_update_users: accounts edited one by one.

The one rule: each account is a transaction of its own, and what goes wrong with one is a warning
in an answer that looks well. Nobody but site administrators is protected.
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
from beekeed.sandbox.database import one, transaction
from beekeed.sandbox.errors import (
    MoodleError,
    developer,
    moodle_error,
    shown_message,
    write_failed,
)
from beekeed.sandbox.profile_fields import save
from beekeed.sandbox.standard import GUEST_ID


def update_users(call: Call, parameters: Parameters) -> dict[str, Any]:
    """core_user_update_users: the warnings; who is not in them was updated.

    A password that the policy refuses makes a warning that Moodle itself cannot answer: the
    call fails with `invalidresponse`, and everything else of it stays done.
    """
    require(call, "moodle/user:update", system_context(call.db))
    warnings = []
    for user in parameters["users"]:
        try:
            with transaction(call.db):
                _update(call, user)
        except MoodleError as error:
            warnings.append(_warning(call, user["id"], error))
    return {"warnings": warnings}


def _warning(call: Call, user: int, error: MoodleError) -> dict[str, Any]:
    return {
        "item": "user",
        "itemid": user,
        "warningcode": error.errorcode,
        "message": shown_message(error, for_developer=developer(call.config)),
    }


def _update(call: Call, user: Mapping[str, Any]) -> None:
    known = _known(call, user["id"])
    _require_free_address(call, known, user.get("email"))
    if user.get("password") is not None:
        require_policy(call, user["password"])
    fields = columns(call, user) | {"timemodified": call.now}
    if not fields.get("calendartype"):
        fields.pop("calendartype", None)
    if "suspended" in user:
        fields["suspended"] = user["suspended"]
    names = ", ".join(f"{name} = :{name}" for name in fields)
    try:
        call.db.execute(f"UPDATE mdl_user SET {names} WHERE id = :id", {**fields, "id": user["id"]})
    except sqlite3.IntegrityError as error:
        raise write_failed(database_words(error, "UPDATE")) from error
    save(call, user["id"], user.get("customfields", ()))


def _known(call: Call, user_id: int) -> sqlite3.Row:
    """The account, where it may be updated; suspended and unconfirmed ones may."""
    user = one(call.db, "SELECT * FROM mdl_user WHERE id = ?", user_id)
    if user is None:
        raise _refusal("invaliduserid", "Invalid user ID", "Invalid user ID")
    administrators = call.config.get("siteadmins", "").split(",")
    if str(user_id) in administrators and str(call.account_id) not in administrators:
        message = "Cannot update admin accounts"
        raise _refusal("usernotupdatedadmin", message, message)
    if user["deleted"]:
        raise _refusal("usernotupdateddeleted", None, "User is a deleted user")
    if user["mnethostid"] != int(call.config["mnet_localhost_id"]):
        raise _refusal("usernotupdatedremote", None, "User is a remote user")
    if user_id == GUEST_ID:
        raise _refusal("usernotupdatedguest", None, "Cannot update guest account")
    return user


def _refusal(errorcode: str, message: str | None, debuginfo: str) -> MoodleError:
    """Not every errorcode of these has a text in Moodle's language file."""
    return moodle_error(errorcode, message or f"error/{errorcode}", debuginfo=debuginfo)


def _require_free_address(call: Call, known: sqlite3.Row, email: str | None) -> None:
    if email is None or email == known["email"]:
        return
    if not is_address(email):
        raise _refusal("useremailinvalid", None, "Invalid email address")
    if address_is_taken(call, email, but=known["id"]):
        raise _refusal("useremailduplicate", "Duplicate address", "Duplicate email address")
