"""Profiles: updated with warnings for errors, and shown field by field to who may see them."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from beekeed.sandbox.database import connect
from beekeed.sandbox.profile_fields import EVERYBODY, NOBODY, OWNER, TEACHERS, add_field

from .client import Caller, Reply
from .conftest import NOW
from .test_groups import add, made
from .test_refusals import take_away
from .test_users import learner

Sql = Callable[..., list[sqlite3.Row]]

ADMIN, GUEST, AISHA, KOFI, NOOR = 2, 1, 4, 6, 7
COURSE = 2


async def update(call: Caller, *users: Mapping[str, object]) -> Reply:
    """Updates accounts in one call."""
    return await call("core_user_update_users", users=list(users))


def warned(reply: Reply) -> list[tuple[int, str]]:
    """Of each warning the account and the code."""
    return [(warning["itemid"], warning["warningcode"]) for warning in reply.body["warnings"]]


def account(sql: Sql, user: int = KOFI) -> sqlite3.Row:
    """An account's row."""
    return sql("SELECT * FROM mdl_user WHERE id = ?", user)[0]


def field(school: Path, shortname: str, datatype: str = "text", **settings: Any) -> int:
    """Makes a profile field on the site, in place of one that it has."""
    with closing(connect(school)) as db:
        db.execute("DELETE FROM mdl_user_info_field WHERE shortname = ?", (shortname,))
        return add_field(db, shortname, shortname.title(), datatype, **settings)


def stored(sql: Sql, user: int = KOFI) -> dict[str, str]:
    """What an account has in its profile fields, in the database."""
    rows = sql(
        "SELECT f.shortname, d.data FROM mdl_user_info_data d "
        "JOIN mdl_user_info_field f ON f.id = d.fieldid WHERE d.userid = ?",
        user,
    )
    return {row["shortname"]: row["data"] for row in rows}


async def shown(call: Caller, user: int = KOFI) -> dict[str, Any]:
    """An account as core_user_get_users_by_field shows it."""
    reply = await call("core_user_get_users_by_field", field="id", values=[user])
    found: dict[str, Any] = reply.body[0]
    return found


async def listed(call: Caller, userfields: str, user: int = KOFI) -> dict[str, Any]:
    """An account as core_enrol_get_enrolled_users shows it."""
    options = [{"name": "userfields", "value": userfields}]
    reply = await call("core_enrol_get_enrolled_users", courseid=COURSE, options=options)
    found: dict[str, Any] = next(each for each in reply.body if each["id"] == user)
    return found


def give(sql: Sql, capability: str) -> None:
    """Gives the sync account's role a capability everywhere."""
    sql(
        "INSERT INTO mdl_role_capabilities (contextid, roleid, capability, permission) "
        "SELECT 1, id, ?, 1 FROM mdl_role WHERE shortname = 'beekeesync'",
        capability,
    )


# Updating.


async def test_only_what_is_sent_changes(call: Caller, sql: Sql) -> None:
    """The other columns stay, and the account's time is now."""
    before = dict(account(sql))
    fields = {
        "firstname": "Fatoumata", "city": "Ségou", "country": "ML", "idnumber": "S-1",
        "institution": "École 5", "department": "0", "phone1": "1", "phone2": "2", "address": "x",
    }  # fmt: skip
    reply = await update(call, {"id": KOFI, **fields})
    assert reply.body == {"warnings": []}
    assert dict(account(sql)) == before | fields | {"timemodified": NOW}


async def test_an_update_of_nothing_is_an_update(call: Caller, sql: Sql) -> None:
    """The account's time changes: an id as a number is never the database's text of it."""
    assert (await update(call, {"id": KOFI})).body == {"warnings": []}
    assert account(sql)["timemodified"] == NOW


@pytest.mark.parametrize("user", [AISHA, NOOR])
async def test_anybody_can_be_changed(call: Caller, sql: Sql, user: int) -> None:
    """Teachers and managers too, e-mail and username included."""
    sql("INSERT INTO mdl_role_assignments (roleid, contextid, userid) VALUES (1, 1, ?)", user)
    reply = await update(call, {"id": user, "username": "new", "email": "new@x.org"})
    assert reply.body == {"warnings": []}
    assert (account(sql, user)["username"], account(sql, user)["email"]) == ("new", "new@x.org")


@pytest.mark.parametrize(
    ("user", "code", "message"),
    [
        (999, "invaliduserid", "Invalid user ID"),
        (ADMIN, "usernotupdatedadmin", "Cannot update admin accounts"),
        (GUEST, "usernotupdatedguest", "error/usernotupdatedguest"),
        (NOOR, "usernotupdateddeleted", "error/usernotupdateddeleted"),
    ],
)
async def test_who_cannot_be_updated_is_a_warning(
    call: Caller, sql: Sql, user: int, code: str, message: str
) -> None:
    """No exception; the others of the call are updated."""
    sql("UPDATE mdl_user SET deleted = 1 WHERE id = ?", NOOR)
    reply = await update(call, {"id": user, "city": "Gao"}, {"id": KOFI, "city": "Gao"})
    assert reply.body["warnings"] == [
        {"item": "user", "itemid": user, "warningcode": code, "message": message}
    ]
    assert account(sql)["city"] == "Gao"
    assert user == 999 or account(sql, user)["city"] == ""


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"email": "PUPIL.noor@school.example"}, "useremailduplicate"),
        ({"email": "no address"}, "useremailinvalid"),
        ({"username": "pupil.noor"}, "dmlwriteexception"),
        ({"lastname": "é" * 101}, "dmlwriteexception"),
        ({"idnumber": "1" * 256}, "dmlwriteexception"),
    ],
    ids=str,
)
async def test_what_is_wrong_with_one_account_undoes_that_one(
    call: Caller, sql: Sql, fields: dict[str, str], code: str
) -> None:
    """Its other fields too; who comes after is updated."""
    reply = await update(call, {"id": KOFI, "city": "Gao", **fields}, {"id": NOOR, "city": "Gao"})
    assert warned(reply) == [(KOFI, code)]
    assert (account(sql)["city"], account(sql, NOOR)["city"]) == ("", "Gao")


async def test_the_own_email_in_capitals_is_no_duplicate(call: Caller, sql: Sql) -> None:
    """Only another account's is; where the site allows it, that is none either."""
    own = "Pupil.Kofi@school.example"
    assert warned(await update(call, {"id": KOFI, "email": own})) == []
    assert account(sql)["email"] == own
    sql("UPDATE mdl_config SET value = '1' WHERE name = 'allowaccountssameemail'")
    assert warned(await update(call, {"id": KOFI, "email": "pupil.noor@school.example"})) == []


async def test_an_update_takes_a_blank_name(call: Caller, sql: Sql) -> None:
    """What creating refuses, updating stores."""
    assert warned(await update(call, {"id": KOFI, "firstname": "", "lastname": " "})) == []
    assert (account(sql)["firstname"], account(sql)["lastname"]) == ("", " ")


async def test_an_unknown_country_replaces_the_right_one(call: Caller, sql: Sql) -> None:
    """By the site's default, without a word."""
    await update(call, {"id": KOFI, "country": "ML"})
    assert warned(await update(call, {"id": KOFI, "country": "ml"})) == []
    assert account(sql)["country"] == "0"


async def test_suspending_changes_the_account_only(call: Caller, sql: Sql) -> None:
    """Enrolments stay as they are."""
    assert warned(await update(call, {"id": KOFI, "suspended": 1})) == []
    assert account(sql)["suspended"] == 1
    assert sql("SELECT max(status) FROM mdl_user_enrolments")[0][0] == 0
    await update(call, {"id": KOFI, "suspended": 0})
    assert account(sql)["suspended"] == 0


async def test_null_is_no_value(call: Caller, sql: Sql) -> None:
    """JSON's null reaches the database, which refuses it; the account's other fields are undone."""
    users = json.dumps({"users": [{"id": KOFI, "city": None, "idnumber": "S-2"}]})
    reply = await call.batch(("core_user_update_users", users))
    data = json.loads(reply.body["responses"][0]["data"])
    assert data["warnings"][0]["warningcode"] == "dmlwriteexception"
    assert account(sql)["idnumber"] == ""


async def test_a_weak_password_breaks_the_answer_not_the_work(call: Caller, sql: Sql) -> None:
    """Its warning cannot be answered: an exception, though the others are updated for good."""
    reply = await update(
        call, {"id": NOOR, "city": "Gao"}, {"id": KOFI, "password": "x"}, {"id": AISHA, "city": "y"}
    )
    assert reply.body == {
        "exception": "core\\exception\\invalid_response_exception",
        "errorcode": "invalidresponse",
        "message": "Invalid response value detected",
    }
    assert (account(sql, NOOR)["city"], account(sql, AISHA)["city"]) == ("Gao", "y")


async def test_updating_needs_its_capability(call: Caller, sql: Sql) -> None:
    """Without it the whole call is an exception."""
    take_away(sql, "moodle/user:update")
    assert (await update(call, {"id": KOFI})).errorcode == "nopermissions"


@pytest.mark.parametrize("name", ["interests", "userpicture"])
async def test_what_is_not_built_says_so(call: Caller, name: str) -> None:
    """Rather than pass over what Moodle would store."""
    assert (await update(call, {"id": KOFI, name: "1"})).status == 501


# Profile fields.


async def test_profile_fields_are_stored_by_their_shortname(
    call: Caller, school: Path, sql: Sql
) -> None:
    """Again in place of what was there; other fields stay."""
    field(school, "village")
    field(school, "clan")
    for village in ("Kati", "Ségou"):
        values = [{"type": "village", "value": village}]
        assert warned(await update(call, {"id": KOFI, "customfields": values})) == []
    await update(call, {"id": KOFI, "customfields": [{"type": "clan", "value": "0"}]})
    assert stored(sql) == {"village": "Ségou", "clan": "0"}


async def test_an_account_is_created_with_its_profile_fields(
    call: Caller, school: Path, sql: Sql
) -> None:
    """In the same call."""
    field(school, "village")
    users = [learner("a", customfields=[{"type": "village", "value": "Kati"}])]
    reply = await call("core_user_create_users", users=users)
    assert stored(sql, reply.body[0]["id"]) == {"village": "Kati"}


@pytest.mark.parametrize("name", ["Village", "hamlet"])
async def test_an_unknown_field_is_passed_over(
    call: Caller, school: Path, sql: Sql, name: str
) -> None:
    """Without a warning; case counts."""
    field(school, "village")
    values = [{"type": name, "value": "Kati"}]
    reply = await update(call, {"id": KOFI, "city": "Gao", "customfields": values})
    assert (reply.body, stored(sql), account(sql)["city"]) == ({"warnings": []}, {}, "Gao")


async def test_a_field_without_a_default_undoes_the_update(
    call: Caller, school: Path, sql: Sql
) -> None:
    """A menu's unknown option would be its default; where it has none, the database refuses it."""
    field(school, "it", "menu", param1="a\nb", defaultdata=None)
    values = [{"type": "it", "value": "c"}]
    reply = await update(call, {"id": KOFI, "city": "Gao", "customfields": values})
    assert warned(reply) == [(KOFI, "dmlwriteexception")]
    assert (account(sql)["city"], stored(sql)) == ("", {})


async def test_a_shortname_that_moodle_cannot_have_is_refused(call: Caller) -> None:
    """By the description of the parameters, for the whole call."""
    values = [{"type": "the village", "value": "Kati"}]
    reply = await update(call, {"id": KOFI, "customfields": values})
    assert reply.errorcode == "invalidparameter"


@pytest.mark.parametrize(
    ("datatype", "settings", "sent", "kept"),
    [
        ("text", {"param2": "3"}, "Ségou", "Ség"),
        ("text", {}, "<b>&", "<b>&"),
        ("text", {"forceunique": 1, "locked": 1, "required": 1}, "", ""),
        ("menu", {"param1": "a\nb", "defaultdata": "a"}, "b", "b"),
        ("menu", {"param1": "a\nb", "defaultdata": "a"}, "c", "a"),
        ("menu", {"param1": "a\nb", "defaultdata": "a"}, "B", "a"),
        ("checkbox", {}, "yes", "yes"),
        ("textarea", {}, "<p>x</p>", "<p>x</p>"),
        ("datetime", {"param1": "2000", "param2": "2030"}, "1795500000", "1795478400"),
        ("datetime", {"param1": "2000", "param2": "2030", "param3": "1"}, "1795500000",
         "1795500000"),
        ("datetime", {"param1": "2000", "param2": "2020"}, "1795500000", "1606176000"),
        ("datetime", {"param1": "2000", "param2": "2030"}, "0", "0"),
    ],
)  # fmt: skip
async def test_what_does_not_fit_is_changed_without_a_word(
    call: Caller,
    school: Path,
    sql: Sql,
    datatype: str,
    settings: dict[str, object],
    sent: str,
    kept: str,
) -> None:
    """Cut, replaced by the default, or taken as it is; nothing is asked for twice or refused."""
    field(school, "it", datatype, **settings)
    reply = await update(call, {"id": KOFI, "customfields": [{"type": "it", "value": sent}]})
    assert reply.body == {"warnings": []}
    assert stored(sql) == {"it": kept}


@pytest.mark.parametrize(
    ("datatype", "settings", "data", "value", "display"),
    [
        ("text", {}, "A & B", "A & B", "A &amp; B"),
        ("text", {}, "0", "0", "0"),
        ("text", {}, "", None, None),
        ("text", {"defaultdata": "none"}, None, "none", "none"),
        ("menu", {"param1": "a\nb"}, "b", "b", "b"),
        ("checkbox", {"defaultdata": "0"}, None, "0", "No"),
        ("checkbox", {"defaultdata": ""}, None, "", "No"),
        ("checkbox", {}, "1", "1", "Yes"),
        ("datetime", {}, "0", None, None),
        ("datetime", {}, "1795478400", "1795478400", "24 November 2026"),
        ("datetime", {"param3": "1"}, "1795500000", "1795500000",
         "Tuesday, 24 November 2026, 6:00 AM"),
    ],
)  # fmt: skip
async def test_a_field_shows_as_its_kind_does(
    call: Caller,
    school: Path,
    sql: Sql,
    datatype: str,
    settings: dict[str, object],
    data: str | None,
    value: str | None,
    display: str | None,
) -> None:
    """Who has nothing has the default; empty ones are left out, a checkbox never is."""
    field_id = field(school, "it", datatype, **settings)
    if data is not None:
        sql("INSERT INTO mdl_user_info_data (userid, fieldid, data) VALUES (?, ?, ?)",
            KOFI, field_id, data)  # fmt: skip
    fields = (await shown(call)).get("customfields", [])
    wanted = {"type": datatype, "value": value, "displayvalue": display, "name": "It",
              "shortname": "it"}  # fmt: skip
    assert fields == ([] if value is None else [wanted])
    in_course = (await listed(call, "customfields")).get("customfields", [])
    del wanted["displayvalue"]
    assert in_course == ([] if value is None else [wanted])


@pytest.mark.parametrize("visible", [NOBODY, OWNER, TEACHERS])
async def test_a_field_that_is_not_for_everybody_needs_viewalldetails(
    call: Caller, school: Path, sql: Sql, visible: int
) -> None:
    """Who may see all details sees it; without that it is as if nobody had filled it."""
    field(school, "village", visible=visible)
    await update(call, {"id": KOFI, "customfields": [{"type": "village", "value": "Kati"}]})
    assert "customfields" in await listed(call, "customfields")
    take_away(sql, "moodle/user:viewalldetails")
    assert "customfields" not in await listed(call, "customfields")
    sql("UPDATE mdl_user_info_field SET visible = ?", EVERYBODY)
    assert "customfields" in await listed(call, "customfields")


# What an account shows.

_FIELDS = (
    "id,username,firstname,lastname,email,idnumber,city,country,customfields,institution,"
    "department,phone1,address,description,lang,roles,groups"
)


async def test_a_participant_shows_as_on_a_real_site(call: Caller, sql: Sql) -> None:
    """Seen with these userfields: what is empty is not there, but department is; no lang."""
    await update(call, {"id": KOFI, "idnumber": "Z1", "city": "Gao", "country": "ML"})
    found = await listed(call, _FIELDS)
    assert list(found.items()) == [
        ("id", KOFI), ("username", "pupil.kofi"), ("firstname", "Kofi"), ("lastname", "Mensah"),
        ("fullname", "Kofi Mensah"), ("email", "pupil.kofi@school.example"), ("department", ""),
        ("idnumber", "Z1"), ("city", "Gao"), ("country", "ML"),
        ("roles", [{"roleid": 5, "name": "", "shortname": "student", "sortorder": 0}]),
    ]  # fmt: skip


async def test_all_that_can_be_written_is_not_all_that_can_be_read(call: Caller, sql: Sql) -> None:
    """Phones never show to the account, and "0" counts as nothing but for a department."""
    full = {"idnumber": "1", "institution": "a", "department": "b", "address": "c", "phone1": "d",
            "phone2": "e", "city": "f", "country": "ML"}  # fmt: skip
    await update(call, {"id": KOFI, **full})
    expected = {name: text for name, text in full.items() if not name.startswith("phone")}
    for found in (await shown(call), await listed(call, ",".join(full))):
        assert {name: found[name] for name in full if name in found} == expected
    await update(call, {"id": KOFI, **dict.fromkeys(full, "0"), "country": "ZZ"})
    for found in (await shown(call), await listed(call, ",".join(full))):
        assert {name: found[name] for name in full if name in found} == {"department": "0"}


async def test_identity_fields_show_to_who_may_see_them(call: Caller, sql: Sql) -> None:
    """A site may count phones and e-mail among what identifies people."""
    await update(call, {"id": KOFI, "phone1": "5"})
    sql("UPDATE mdl_user SET maildisplay = 0 WHERE id = ?", KOFI)
    sql("UPDATE mdl_config SET value = 'email,phone1' WHERE name = 'showuseridentity'")
    assert not {"email", "phone1"} & (await shown(call)).keys()
    give(sql, "moodle/site:viewuseridentity")
    assert {"email", "phone1"} <= (await shown(call)).keys()
    sql("UPDATE mdl_config SET value = '' WHERE name = 'showuseridentity'")
    assert not {"email", "phone1"} & (await shown(call)).keys()


async def test_hidden_fields_show_outside_courses_only(call: Caller, sql: Sql) -> None:
    """The account has moodle/user:viewhiddendetails, but courses ask for another capability."""
    await update(call, {"id": KOFI, "city": "Gao", "country": "ML"})
    sql("UPDATE mdl_config SET value = 'city,country,email' WHERE name = 'hiddenuserfields'")
    hidden = {"city", "country", "email"}
    assert hidden & (await shown(call)).keys() == {"city", "country"}
    assert not hidden & (await listed(call, "city,country,email")).keys()
    give(sql, "moodle/course:viewhiddenuserfields")
    assert hidden <= (await listed(call, "city,country,email")).keys()
    take_away(sql, "moodle/course:viewhiddenuserfields")
    give(sql, "moodle/site:viewuseridentity")
    assert not hidden & (await listed(call, "city,country,email")).keys()
    take_away(sql, "moodle/user:viewhiddendetails")
    assert not hidden & (await shown(call)).keys()


async def test_an_email_needs_useremail_or_its_owners_will(call: Caller, sql: Sql) -> None:
    """In a course; without it only who shows the address to everybody has one."""
    take_away(sql, "moodle/course:useremail")
    assert "email" not in await listed(call, "email")
    sql("UPDATE mdl_user SET maildisplay = 1 WHERE id = ?", KOFI)
    assert "email" in await listed(call, "email")


async def test_without_viewalldetails_names_only(call: Caller, sql: Sql) -> None:
    """Neither username nor idnumber tell who somebody is then."""
    await update(call, {"id": KOFI, "idnumber": "Z1", "institution": "a"})
    take_away(sql, "moodle/user:viewalldetails")
    found = await listed(call, "username,firstname,lastname,idnumber,institution,department")
    assert found.keys() == {"id", "firstname", "lastname", "fullname"}


async def test_only_course_contacts_show_without_viewdetails(call: Caller, sql: Sql) -> None:
    """Teachers are listed, learners are silently left out."""
    take_away(sql, "moodle/user:viewdetails")
    reply = await call("core_enrol_get_enrolled_users", courseid=COURSE)
    assert [user["username"] for user in reply.body] == ["aisha.bello", "paul.okafor"]


async def test_a_participants_groups_show_unless_hidden(call: Caller, sql: Sql) -> None:
    """By name and for HTML; one that nobody sees is not there, others' groups are not."""
    ids = [await made(call, name, visibility=v) for name, v in (("b", 3), ("Q & A", 2), ("a", 0))]
    await add(call, *((group_id, KOFI) for group_id in ids))
    groups = (await listed(call, "groups"))["groups"]
    assert groups == [
        {"id": ids[2], "name": "a", "description": "", "descriptionformat": 1},
        {"id": ids[1], "name": "Q &amp; A", "description": "", "descriptionformat": 1},
    ]
    assert "groups" not in await listed(call, "groups", NOOR)
    sql("UPDATE mdl_course SET groupmode = 1")
    take_away(sql, "moodle/site:accessallgroups")
    reply = await call("core_enrol_get_enrolled_users", courseid=COURSE)
    assert not any("groups" in user for user in reply.body)


@pytest.mark.parametrize("value", ["", "id,,username", "password", "id,hair"])
async def test_a_wrong_userfield_is_an_error_for_all(call: Caller, value: str) -> None:
    """An empty name among them too."""
    options = [{"name": "userfields", "value": value}]
    reply = await call("core_enrol_get_enrolled_users", courseid=COURSE, options=options)
    assert reply.errorcode == "invaliduserfield"


async def test_a_name_that_is_no_plain_text_breaks_the_whole_list(call: Caller, sql: Sql) -> None:
    """Moodle holds its own answer to its description: one learner, and nobody is answered."""
    sql("UPDATE mdl_user SET firstname = '<i>x</i>' WHERE id = ?", KOFI)
    reply = await call("core_enrol_get_enrolled_users", courseid=COURSE)
    assert reply.errorcode == "invalidresponse"


async def test_participants_sort_as_the_database_does(call: Caller, sql: Sql) -> None:
    """By names without accents; backwards, the site's order turns only for the same names."""
    sql("UPDATE mdl_user SET lastname = 'A', firstname = 'x'")
    sql("UPDATE mdl_user SET lastname = 'É' WHERE id = ?", KOFI)
    sql("UPDATE mdl_user SET lastname = 'f' WHERE id = ?", NOOR)

    async def order(sortby: str, direction: str) -> list[int]:
        options = [
            {"name": "sortby", "value": sortby},
            {"name": "sortdirection", "value": direction},
        ]
        reply = await call("core_enrol_get_enrolled_users", courseid=COURSE, options=options)
        return [user["id"] for user in reply.body]

    assert await order("lastname", "ASC") == [4, 5, 8, KOFI, NOOR]
    assert (await order("lastname", "desc"))[:2] == [NOOR, KOFI]
    assert await order("siteorder", "DESC") == [8, 5, 4, KOFI, NOOR]
    options = [{"name": "sortdirection", "value": "up"}]
    reply = await call("core_enrol_get_enrolled_users", courseid=COURSE, options=options)
    assert reply.errorcode == "invalidparameter"
