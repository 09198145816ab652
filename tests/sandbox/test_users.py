"""Accounts: made all or none, shown field by field."""

import json
import sqlite3
from collections.abc import Callable

import pytest

from .client import Caller

Sql = Callable[..., list[sqlite3.Row]]


def learner(username: str, **fields: object) -> dict[str, object]:
    """A learner as the sync would create one."""
    return {
        "username": username,
        "firstname": "Awa",
        "lastname": "N'Diaye",
        "email": f"{username}@box.local",
        "password": "Secret-123",
        **fields,
    }


async def test_creating_is_one_transaction(call: Caller, sql: Sql) -> None:
    """One bad record in the middle and nobody is created, and the error names the first."""
    users = [learner("a"), learner("b", email="bad"), learner("D E")]
    reply = await call("core_user_create_users", users=users[:2])
    assert reply.errorcode == "invalidparameter"
    assert sql("SELECT * FROM mdl_user WHERE username = 'a'") == []
    reply = await call("core_user_create_users", users=users)
    assert reply.errorcode == "invalidparameter"
    assert sql("SELECT * FROM mdl_user WHERE username IN ('a', 'b', 'c')") == []


async def test_creating_twice_is_an_error(call: Caller) -> None:
    """It is not idempotent."""
    first = await call("core_user_create_users", users=[learner("a")])
    second = await call("core_user_create_users", users=[learner("a")])
    assert first.body[0]["username"] == "a"
    assert second.errorcode == "invalidparameter"


@pytest.mark.parametrize(("default", "stored"), [("0", "0"), ("FR", "FR")])
async def test_an_unknown_country_becomes_the_sites_default(
    call: Caller, sql: Sql, default: str, stored: str
) -> None:
    """Moodle answers as if all were well; in small letters every country is unknown."""
    sql("UPDATE mdl_config SET value = ? WHERE name = 'country'", default)
    users = [learner("a", country="ZZ"), learner("b", country="ml"), learner("c", country="ML")]
    reply = await call("core_user_create_users", users=users)
    assert reply.errorcode is None
    rows = sql("SELECT username, country FROM mdl_user WHERE username IN ('a', 'b', 'c')")
    countries = {row["username"]: row["country"] for row in rows}
    assert countries == {"a": stored, "b": stored, "c": "ML"}


async def test_who_comes_from_nowhere_comes_from_where_the_site_is(call: Caller, sql: Sql) -> None:
    """City and country of the site, where it names them; also for JSON's null."""
    users = [learner("a"), learner("b", city=None, country=None)]
    for name, city, country in (("c", "", ""), ("d", "Gao", "ML")):
        sql("UPDATE mdl_config SET value = ? WHERE name = 'defaultcity'", city)
        sql("UPDATE mdl_config SET value = ? WHERE name = 'country'", country or "0")
        for user in users:
            user["username"] = f"{user['username']}{name}"
            user["email"] = f"{user['username']}@b.org"
        reply = await call.batch(("core_user_create_users", json.dumps({"users": users})))
        assert not reply.body["responses"][0]["error"]
        rows = sql("SELECT city, country FROM mdl_user ORDER BY id DESC LIMIT 2")
        assert [tuple(row) for row in rows] == [(city, country)] * 2


async def test_null_where_moodle_has_no_default_is_a_database_error(call: Caller) -> None:
    """JSON's null is no empty text."""
    users = json.dumps({"users": [learner("a", institution=None)]})
    reply = await call.batch(("core_user_create_users", users))
    error = json.loads(reply.body["responses"][0]["exception"])
    assert error["errorcode"] == "dmlwriteexception"


@pytest.mark.parametrize("field", ["firstname", "lastname", "email", "city"])
async def test_what_is_too_long_is_a_database_error(call: Caller, sql: Sql, field: str) -> None:
    """Names over 100 characters, and whatever else the columns cannot hold, in Unicode."""
    long = "é" * 121 if field != "email" else f"{'e' * 60}@{'e' * 40}.org"
    users = [learner("a"), learner("b", **{field: long})]
    reply = await call("core_user_create_users", users=users)
    assert reply.errorcode == "dmlwriteexception"
    assert sql("SELECT * FROM mdl_user WHERE username = 'a'") == []


@pytest.mark.parametrize(
    "fields",
    [
        {"username": "Upper"},
        {"username": "two words"},
        {"username": "é"},
        {"firstname": ""},
        {"lastname": "   "},
        {"firstname": "<b>A</b>"},
        {"firstname": "a<b"},
        {"email": "no at sign"},
        {"email": "user@localhost"},
        {"email": "BEEKEE@BOX.LOCAL"},
        {"lang": "xx"},
        {"auth": "nosuch"},
        {"password": ""},
        {"timezone": "!"},
    ],
    ids=str,
)
async def test_a_bad_record_is_refused(call: Caller, sql: Sql, fields: dict[str, object]) -> None:
    """Each of Moodle's reasons, all with one errorcode and no reason on a production site."""
    sql("UPDATE mdl_user SET email = 'beekee@box.local' WHERE username = 'pupil.kofi'")
    reply = await call("core_user_create_users", users=[{**learner("a"), **fields}])
    assert reply.body == {
        "exception": "core\\exception\\invalid_parameter_exception",
        "errorcode": "invalidparameter",
        "message": "Invalid parameter value detected",
    }


async def test_less_than_and_a_blank_are_no_markup(call: Caller) -> None:
    """PHP takes `<` before a blank for itself."""
    reply = await call("core_user_create_users", users=[learner("a", firstname="A < B")])
    assert reply.errorcode is None


async def test_the_password_policy_speaks_in_html(call: Caller, sql: Sql) -> None:
    """A weak password's errorcode is the list of its faults; with the policy off it is taken."""
    reply = await call("core_user_create_users", users=[learner("a", password="secret")])
    assert reply.errorcode is not None
    assert "<div>Passwords must be at least 8 characters long.</div>" in reply.errorcode
    sql("UPDATE mdl_config SET value = '0' WHERE name = 'passwordpolicy'")
    reply = await call("core_user_create_users", users=[learner("a", password="secret")])
    assert reply.errorcode is None


async def test_no_password_is_kept(call: Caller, sql: Sql) -> None:
    """Neither in the account nor in the account of requests."""
    await call("core_user_create_users", users=[learner("a", password="Very-Secret-1")])
    dump = [tuple(row) for table in ("mdl_user", "sandbox_request")
            for row in sql(f"SELECT * FROM {table}")]  # fmt: skip
    assert "Very-Secret-1" not in str(dump)
    assert call.token not in str(dump)


async def test_an_email_shows_to_who_may_see_it_only(call: Caller, sql: Sql) -> None:
    """By e-mail an account is found only where its owner shows it to everybody."""

    async def found() -> list[str]:
        values = ["pupil.kofi@school.example"]
        reply = await call("core_user_get_users_by_field", field="email", values=values)
        return [user["username"] for user in reply.body]

    assert await found() == []
    sql("UPDATE mdl_user SET maildisplay = 1 WHERE username = 'pupil.kofi'")
    assert await found() == ["pupil.kofi"]


async def test_usernames_need_viewalldetails(call: Caller, sql: Sql) -> None:
    """Without it a search by username finds nobody, without a word."""

    async def found() -> int:
        reply = await call("core_user_get_users_by_field", field="username", values=["pupil.kofi"])
        return len(reply.body)

    assert await found() == 1
    sql("DELETE FROM mdl_role_capabilities WHERE capability = 'moodle/user:viewalldetails'")
    assert await found() == 0


async def test_a_deleted_account_is_not_found(call: Caller, sql: Sql) -> None:
    """Nor is it by its id."""
    sql("UPDATE mdl_user SET deleted = 1 WHERE username = 'pupil.kofi'")
    user_id = sql("SELECT id FROM mdl_user WHERE username = 'pupil.kofi'")[0]["id"]
    for field, value in (("username", "pupil.kofi"), ("id", user_id)):
        reply = await call("core_user_get_users_by_field", field=field, values=[value])
        assert reply.body == []
