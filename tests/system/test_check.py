"""`beekeectl check`: whatever is taken away is named, with what to do (features.md, row 26)."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from beekeed.client import Client
from beekeed.ctl.exits import Exit
from beekeed.moodle import functions, rights
from beekeed.moodle.functions import FUNCTIONS
from tests.category import hold_in_category
from tests.system.world import World

_REQUIRED, _USEFUL = rights.needed(("assign", "forum", "page", "quiz"))
_AT_THE_DOOR = "webservice/rest:use"
_OF_SERVICE = ("mdl_external_services_functions", "functionname")
_OF_ROLE = ("mdl_role_capabilities", "capability")


@contextmanager
def without(here: World, where: tuple[str, str], name: str) -> Iterator[None]:
    """Take a function or a right away for a while."""
    table, column = where
    here.on_online(f"UPDATE {table} SET {column} = 'x' || {column} WHERE {column} = ?", name)
    try:
        yield
    finally:
        here.on_online(f"UPDATE {table} SET {column} = ? WHERE {column} = 'x' || ?", name, name)


def check(here: World) -> dict[str, Any]:
    """Check, as beekeectl does."""
    return Client(str(here.socket)).post("check")


def found(answer: dict[str, Any], step: str, state: str) -> list[str]:
    """Give what a step found in a state: the sentences, with their remedies."""
    return [
        f"{each['reason']['sentence']} {each['reason']['remedy']}"
        for each in answer["steps"]
        if (each["step"], each["state"]) == (step, state) and each["reason"]
    ]


_FEW_FUNCTIONS = (functions.ENROL, functions.JOIN_GROUP)
_FEW_RIGHTS = ("moodle/user:create", "moodle/grade:viewhidden", "mod/quiz:view")


@pytest.mark.parametrize(
    "names",
    [_FEW_FUNCTIONS, pytest.param(FUNCTIONS.keys() - {*_FEW_FUNCTIONS}, marks=pytest.mark.full)],
    ids=["few", "others"],
)
def test_each_function_that_is_taken_away_is_named(here: World, names: Collection[str]) -> None:
    """As a failure where no sync goes without it, else as a warning; and no other is."""
    here.start_daemon()
    for name in sorted({*names} - {functions.SITE_INFO}):
        with without(here, _OF_SERVICE, name):
            answer = check(here)
        is_required = FUNCTIONS[name].required
        steps = found(answer, "functions", "failed" if is_required else "warning")
        lacking = [each for each in steps if "lacks" in each]
        assert len(lacking) == 1, name
        assert f": {name}." in lacking[0]
        assert answer["ok"] != is_required


@pytest.mark.parametrize(
    "names",
    [
        _FEW_RIGHTS,
        pytest.param({*_REQUIRED, *_USEFUL} - {*_FEW_RIGHTS}, marks=pytest.mark.full),
    ],
    ids=["few", "others"],
)
def test_each_capability_that_is_taken_away_is_named(here: World, names: Collection[str]) -> None:
    """With the function that needs it; and no other is."""
    here.start_daemon()
    for name in sorted({*names} - {_AT_THE_DOOR}):
        with without(here, _OF_ROLE, name):
            answer = check(here)
        steps = found(answer, "capabilities", "failed" if name in _REQUIRED else "warning")
        lacking = [each for each in steps if "needed" in each]
        assert len(lacking) == 1, name
        assert f"the capability {name}." in lacking[0]
        assert {**_REQUIRED, **_USEFUL}[name] in lacking[0]


@pytest.mark.parametrize(
    ("where", "name", "says"),
    [
        (_OF_SERVICE, functions.SITE_INFO, "core_webservice_get_site_info"),
        (_OF_ROLE, _AT_THE_DOOR, "webservice/rest:use"),
    ],
)
def test_what_keeps_it_out_altogether_is_named_as_well(
    here: World, where: tuple[str, str], name: str, says: str
) -> None:
    """The site answers, so it is the right address; what comes after is not tried."""
    here.start_daemon()
    with without(here, where, name):
        answer = check(here)
    assert says in found(answer, "token", "failed")[0]
    states = {each["step"]: each["state"] for each in answer["steps"]}
    assert states["target"] == "ok"
    assert {states[step] for step in ("functions", "capabilities", "courses")} == {"not_tried"}


def test_a_role_in_a_course_category_is_enough_beside_the_small_one(here: World) -> None:
    """Nothing is said to be missing, and everything arrives."""
    hold_in_category(here.on_online)
    here.start_daemon()
    answer = check(here)
    assert answer["ok"]
    assert not [each for each in found(answer, "capabilities", "warning") if "needed" in each]
    assert here.sync()["status"] == "completed"
    assert here.compare().verified


def test_what_the_service_has_beyond_need_is_named(here: World) -> None:
    """A stolen box must not be able to do more than it needs."""
    here.start_daemon()
    answer = check(here)
    said = " ".join(found(answer, "functions", "warning"))
    assert "core_role_assign_roles" in said
    assert "core_user_create_users" not in said
    assert "enrol/manual:unenrol" in " ".join(found(answer, "capabilities", "warning"))
    assert answer["ok"]


def test_a_clock_that_the_online_moodle_agrees_with_is_well(here: World) -> None:
    """Its answer is what a box without a battery clock goes by."""
    here.start_daemon()
    steps = {each["step"]: each for each in check(here)["steps"]}
    assert (steps["clock"]["state"], steps["clock"]["facts"]["trust"]) == ("ok", "plausible")


def test_without_a_way_only_the_box_is_checked(here: World) -> None:
    """What could not be tried is listed as that, and nothing was spent."""
    here.start_daemon(online__address='"http://127.0.0.1:9"')
    answer = check(here)
    states = {each["step"]: each["state"] for each in answer["steps"]}
    assert (states["database"], states["target"], states["courses"]) == (
        "ok",
        "failed",
        "not_tried",
    )
    assert here.ctl("check").code == Exit.OFFLINE


def test_each_course_is_said_to_be_the_same_or_not(here: World) -> None:
    """As a sync would see it; where none is the same, the check fails."""
    here.start_daemon()
    here.on_online("UPDATE mdl_course SET timemodified = 5 WHERE shortname = 'BK-FR'")
    here.on_online("UPDATE mdl_page SET name = 'Else' WHERE course ="
                   " (SELECT id FROM mdl_course WHERE shortname = 'BK-SCI')")  # fmt: skip
    answer = check(here)
    courses = {each["facts"]["course"]: each["state"] for each in answer["steps"]
               if each["step"] == "courses"}  # fmt: skip
    assert courses == {"BK-FR": "warning", "BK-MATH": "ok", "BK-SCI": "warning"}
    assert answer["ok"]
    here.on_online("UPDATE mdl_course SET timemodified = 5")
    assert here.ctl("check").code == Exit.NO_COURSE


def test_a_check_tells_what_it_cost_and_the_ledger_has_it_as_a_check(here: World) -> None:
    """To the byte; and it changed nothing online."""
    here.start_daemon()
    answer = check(here)
    usage = here.ctl("usage", "--json").json["current"]["categories"]
    assert usage["check"]["sent_bytes"] == answer["sent_bytes"] > 1000
    assert usage["check"]["received_bytes"] == answer["received_bytes"] > 1000
    assert usage["sync"] == {"sent_bytes": 0, "received_bytes": 0, "held_bytes": 0}
    assert here.on_online("SELECT count(*) FROM mdl_user WHERE username LIKE 'learner%'")[0][0] == 0
    assert "This check cost" in here.ctl("check").out


def test_it_asks_whom_never_to_touch_until_somebody_is_named(here: World) -> None:
    """Roles of the whole site cannot be seen from here (features.md, row 17)."""
    here.start_daemon()
    assert "accounts.never_touch" in found(check(here), "accounts", "not_tried")[0]
    here.ctl("settings", "set", "accounts.never_touch=boss")
    assert found(check(here), "accounts", "not_tried") == []
