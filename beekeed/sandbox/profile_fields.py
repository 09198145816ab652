"""Profile fields that a site's administrators made: what an account has in them.

The one rule: as user/profile/lib.php saves and shows. A field is found by its shortname, letter
for letter; what is no field is passed over without a word, and what does not fit is not refused
but cut, replaced by the field's default, or stored as it is.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from beekeed.sandbox.access import can, system_context, user_context
from beekeed.sandbox.call import Call
from beekeed.sandbox.cleaning import format_string, format_text
from beekeed.sandbox.database import insert, one, rows
from beekeed.sandbox.errors import NotBuilt, write_failed

NOBODY, OWNER, EVERYBODY, TEACHERS = range(4)
"""To whom a field shows (PROFILE_VISIBLE_*)."""

_FIELDS_SQL = (
    "SELECT f.*, d.id AS dataid, d.data FROM mdl_user_info_field f "
    "LEFT JOIN mdl_user_info_category c ON c.id = f.categoryid "
    "LEFT JOIN mdl_user_info_data d ON d.fieldid = f.id AND d.userid = ? "
    "ORDER BY c.sortorder, f.sortorder, f.id"
)


def add_field(
    db: sqlite3.Connection, shortname: str, name: str, datatype: str = "text", **settings: Any
) -> int:
    """Makes a profile field as the administration's form does and answers its id."""
    category = one(db, "SELECT id FROM mdl_user_info_category ORDER BY sortorder")
    category_id = (
        category["id"]
        if category is not None
        else insert(db, "user_info_category", name="Other fields", sortorder=1)
    )
    order = 1 + len(rows(db, "SELECT id FROM mdl_user_info_field"))
    text = {"param1": "30", "param2": "2048", "param3": "0"} if datatype == "text" else {}
    standard = {"description": "", "descriptionformat": 1, "categoryid": category_id,
                "sortorder": order, "visible": EVERYBODY, "defaultdata": "", **text}  # fmt: skip
    return insert(
        db, "user_info_field", shortname=shortname, name=name, datatype=datatype,
        **{**standard, **settings},
    )  # fmt: skip


def save(call: Call, user: int, given: Sequence[Mapping[str, Any]]) -> None:
    """Stores what was given for the fields that there are (`profile_save_data`).

    Of two values for one field the last counts. Neither required nor unique nor locked is asked.
    """
    values = {field["type"]: field["value"] for field in given}
    for field in rows(call.db, _FIELDS_SQL, user):
        wanted = values.get(field["shortname"])
        if wanted is not None:
            _store(call.db, user, field, _stored(field, str(wanted)))


def _store(db: sqlite3.Connection, user: int, field: sqlite3.Row, data: str | None) -> None:
    try:
        if field["dataid"] is None:
            insert(db, "user_info_data", userid=user, fieldid=field["id"], data=data)
        else:
            sql = "UPDATE mdl_user_info_data SET data = ? WHERE id = ?"
            db.execute(sql, (data, field["dataid"]))
    except sqlite3.IntegrityError as error:
        raise write_failed(f"{error}\nINSERT INTO mdl_user_info_data") from error


def _stored(field: sqlite3.Row, given: str) -> str | None:
    """What the kind of a field makes of a value (`edit_save_data_preprocess`)."""
    if field["datatype"] == "text":
        return given if field["param2"] is None else given[: int(field["param2"])]
    if field["datatype"] == "menu":
        known = given in (field["param1"] or "").split("\n")
        return given if known else field["defaultdata"]
    if field["datatype"] == "datetime":
        return _stored_time(field, given)
    if field["datatype"] in ("checkbox", "textarea"):
        return given
    raise NotBuilt(f"profile fields of type {field['datatype']}")


def _stored_time(field: sqlite3.Row, given: str) -> str:
    """A time held between the field's first and last year, without hours where it has none."""
    if given in ("", "0"):
        return "0"
    if not given.lstrip("-").isdecimal():
        raise NotBuilt("dates that are no number of seconds")
    moment = datetime.fromtimestamp(int(given), UTC)
    year = min(max(moment.year, int(field["param1"])), int(field["param2"]))
    if field["param3"] in (None, "", "0"):
        moment = moment.replace(hour=0, minute=0, second=0)
    return str(int(moment.replace(year=year).timestamp()))


def shown(call: Call, user: int, *, display: bool) -> list[dict[str, Any]]:
    """The fields of an account that the caller may see, but empty ones (`show_field_content`).

    Who has nothing in a field has its default. A checkbox shows always.
    """
    found = []
    for field in rows(call.db, _FIELDS_SQL, user):
        data = field["defaultdata"] if field["dataid"] is None else field["data"]
        if _is_visible(call, user, field) and not _is_empty(field, data):
            found.append(_described(field, data, display=display))
    return found


def _is_visible(call: Call, user: int, field: sqlite3.Row) -> bool:
    if field["visible"] == EVERYBODY:
        return True
    if field["visible"] in (OWNER, TEACHERS):
        context = user_context(call.db, user)
        return user == call.account_id or can(call, "moodle/user:viewalldetails", context)
    return can(call, "moodle/user:viewalldetails", system_context(call.db))


def _is_empty(field: sqlite3.Row, data: str | None) -> bool:
    if field["datatype"] == "checkbox":
        return False
    return data in (None, "") or (field["datatype"] == "datetime" and data == "0")


def _described(field: sqlite3.Row, data: str | None, *, display: bool) -> dict[str, Any]:
    described = {
        "type": field["datatype"],
        "value": data,
        "name": format_string(field["name"]),
        "shortname": field["shortname"],
    }
    return described | ({"displayvalue": _displayed(field, data)} if display else {})


def _displayed(field: sqlite3.Row, data: str | None) -> str:
    """The value as a page shows it, in English."""
    display = _DISPLAYS.get(field["datatype"])
    if display is None or (field["datatype"] == "text" and field["param4"]):
        raise NotBuilt(f"the display of a profile field of type {field['datatype']}")
    return display(field, data or "")


def _displayed_time(field: sqlite3.Row, data: str) -> str:
    moment = datetime.fromtimestamp(int(data), UTC)
    if field["param3"] in (None, "", "0"):
        return f"{moment.day} {moment:%B %Y}"
    return f"{moment:%A}, {moment.day} {moment:%B %Y, %-I:%M %p}"


_DISPLAYS: Mapping[str, Callable[[sqlite3.Row, str], str]] = MappingProxyType(
    {
        "text": lambda _field, data: format_string(data),
        "menu": lambda _field, data: format_text(data, is_html=False),
        "checkbox": lambda _field, data: "No" if data in ("", "0") else "Yes",
        "datetime": _displayed_time,
    }
)
