"""What goes wrong is a sentence and an exit code, and everything waits."""

from collections.abc import Callable
from pathlib import Path

import pytest

from beekeed.ctl.exits import Exit
from beekeed.errors import Code
from tests.system.world import World, world


def wrong_token(here: World) -> None:
    """Somebody mistyped it."""
    here.token.write_text("0" * 32)


def expired_token(here: World) -> None:
    """It was made for a year."""
    here.on_online("UPDATE mdl_external_tokens SET validuntil = 1")


def no_capability(here: World) -> None:
    """The role on the online side lost one."""
    here.on_online(
        "DELETE FROM mdl_role_capabilities WHERE capability = 'moodle/course:overridecompletion'"
    )


def no_creation(here: World) -> None:
    """The role may not make accounts."""
    here.on_online("DELETE FROM mdl_role_capabilities WHERE capability = 'moodle/user:create'")


def no_function(here: World) -> None:
    """Somebody forgot one when setting the service up."""
    here.on_online(
        "DELETE FROM mdl_external_services_functions"
        " WHERE functionname = 'enrol_manual_enrol_users'"
    )


def no_role(here: World) -> None:
    """The service account's role may not assign the student role."""
    here.on_online("DELETE FROM mdl_role_allow_assign")


def suspended(here: World) -> None:
    """The service account was suspended."""
    here.on_online("UPDATE mdl_user SET suspended = 1 WHERE username = 'beekeesync'")


def login_page(here: World) -> None:
    """A captive portal answers with 200."""
    here.switch("html", "*")


def elsewhere(here: World) -> None:
    """A captive portal redirects."""
    here.switch("redirect", "http://portal.example.org/login")


def maintenance(here: World) -> None:
    """The online Moodle is being upgraded."""
    here.on_online("UPDATE mdl_config SET value = '1' WHERE name = 'maintenance_enabled'")
    here.on_online(
        "INSERT OR IGNORE INTO mdl_config (name, value) VALUES ('maintenance_enabled', '1')"
    )


def maintenance_page(here: World) -> None:
    """The online Moodle is being upgraded, by its command line."""
    here.switch("maintenance", "on")


def services_off(here: World) -> None:
    """Web services were switched off."""
    here.on_online("UPDATE mdl_config SET value = '0' WHERE name = 'enablewebservices'")


def no_course(here: World) -> None:
    """Every course was changed online."""
    here.on_online("UPDATE mdl_course SET timemodified = timemodified + 1")


def overloaded(here: World) -> None:
    """The server gives up."""
    here.switch("status", "503 1")


def overloaded_for_long(here: World) -> None:
    """The server gives up, and says when to come back."""
    here.switch("status", "503 3600")


def offline(here: World) -> None:
    """Nothing listens at the address."""
    here.address = "http://127.0.0.1:9"


Trouble = Callable[[World], None]
TROUBLES: list[tuple[Trouble, Code, Exit, str]] = [
    (wrong_token, Code.TOKEN_REFUSED, Exit.REFUSED, "does not know the token"),
    (expired_token, Code.ACCESS_REFUSED, Exit.REFUSED, "expired"),
    (no_capability, Code.CAPABILITY_MISSING, Exit.PARTLY, "moodle/course:overridecompletion"),
    (no_creation, Code.CAPABILITY_MISSING, Exit.REFUSED, "moodle/user:create"),
    (no_function, Code.FUNCTION_MISSING, Exit.REFUSED, "enrol_manual_enrol_users"),
    (no_role, Code.ROLE_NOT_ASSIGNABLE, Exit.REFUSED, "Allow role assignments"),
    (suspended, Code.ACCOUNT_SUSPENDED, Exit.REFUSED, "suspended"),
    (login_page, Code.NOT_A_MOODLE, Exit.NOT_MOODLE, "A web page answered"),
    (elsewhere, Code.REDIRECTED, Exit.NOT_MOODLE, "portal.example.org"),
    (maintenance, Code.MAINTENANCE, Exit.MAINTENANCE, "in maintenance"),
    (maintenance_page, Code.MAINTENANCE, Exit.MAINTENANCE, "in maintenance"),
    (services_off, Code.WEB_SERVICES_OFF, Exit.REFUSED, "Web services are switched off"),
    (no_course, Code.NO_COURSE_MATCHED, Exit.NO_COURSE, "None of the box's courses"),
    (overloaded, Code.SERVER_BUSY, Exit.OFFLINE, "overloaded"),
    (overloaded_for_long, Code.ASKED_TO_WAIT, Exit.OFFLINE, "for another 60 minutes"),
    (offline, Code.NOT_REACHED, Exit.OFFLINE, "could not be reached"),
]


COMPLETED_BY_US = (
    "SELECT count(*) FROM mdl_course_modules_completion WHERE overrideby ="
    " (SELECT id FROM mdl_user WHERE username = 'beekeesync')"
)


@pytest.mark.parametrize(
    ("trouble", "code", "exit_code", "words"),
    TROUBLES,
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_trouble_is_a_sentence_an_exit_code_and_everything_still_pending(
    tmp_path: Path, trouble: Trouble, code: Code, exit_code: Exit, words: str
) -> None:
    """The run ends in error; nothing that needed what is missing counts as sent.

    Partly completed where some of the learners' work could go: grades without completions.
    """
    with world(tmp_path, learners=5) as here:
        trouble(here)
        here.start_daemon()
        said = here.ctl("sync", "--wait")
        assert said.code == exit_code
        assert words in " ".join(said.out.split())
        assert said.err == ""
        run = here.ctl("history", "--json").json["runs"][0]
        status = "partial" if exit_code is Exit.PARTLY else "error"
        assert (run["status"], run["reason"]["code"]) == (status, code)
        done = here.on_box(
            "SELECT count(*) FROM mdl_course_modules_completion c"
            " JOIN mdl_user u ON u.id = c.userid WHERE completionstate IN (1, 2) AND u.id > 2"
        )
        ((pending,),) = here.in_state("SELECT count(*) FROM change WHERE kind = 3")
        by_grade = here.in_state("SELECT count(*) FROM receipt WHERE kind = 3")
        assert done == [(pending + by_grade[0][0],)]  # what Moodle completed by a grade that came
        assert here.on_online(COMPLETED_BY_US) == [(0,)]
        assert here.in_state("SELECT count(*) FROM change WHERE aside_code IS NOT NULL") == [(0,)]
        assert "Traceback" not in here.log()


def test_when_the_trouble_is_over_everything_arrives(here: World) -> None:
    """Nothing has to be repaired on the box."""
    no_capability(here)
    here.start_daemon()
    assert here.sync()["status"] == "partial"
    here.on_online(
        "INSERT INTO mdl_role_capabilities"
        " (contextid, roleid, capability, permission, timemodified, modifierid)"
        " SELECT contextid, roleid, 'moodle/course:overridecompletion', 1, 0, 2"
        " FROM mdl_role_capabilities WHERE capability = 'moodle/user:create'"
    )
    assert here.sync()["status"] == "completed"
    assert here.compare().verified


def test_a_course_that_differs_is_left_out_and_the_others_go_on(here: World) -> None:
    """features.md, row 8: with the reason, and the run is partly completed."""
    here.on_online(
        "UPDATE mdl_course SET timemodified = timemodified + 1 WHERE shortname = 'BK-FR'"
    )
    here.start_daemon()
    said = here.ctl("sync", "--wait")
    assert said.code == Exit.PARTLY
    assert "Left out: French for beginners" in said.out
    run = here.ctl("history", "--json").json["runs"][0]
    details = here.ctl("show", run["event_id"], "--json").json
    reasons = {c["shortname"]: c["left_out"] and c["left_out"]["code"] for c in details["courses"]}
    assert reasons == {"BK-FR": Code.COURSE_MODIFIED, "BK-MATH": None, "BK-SCI": None}
    here.on_online(
        "UPDATE mdl_course SET timemodified = timemodified - 1 WHERE shortname = 'BK-FR'"
    )
    assert here.sync()["status"] == "completed"
    assert here.compare().verified


def test_a_service_without_the_batch_function_is_served_call_by_call(tmp_path: Path) -> None:
    """It costs more, and check says so; everything arrives all the same."""
    with world(tmp_path, learners=3) as here:
        here.on_online(
            "DELETE FROM mdl_external_services_functions"
            " WHERE functionname = 'tool_mobile_call_external_functions'"
        )
        here.start_daemon()
        check = here.ctl("check", "--json").json
        functions = next(step for step in check["steps"] if step["step"] == "functions")
        assert functions["state"] == "warning"
        assert "tool_mobile_call_external_functions" in functions["reason"]["sentence"]
        assert here.sync()["status"] == "completed"
        assert here.compare().verified


_UNTRIED = {
    "functions": "not_tried",
    "capabilities": "not_tried",
    "courses": "not_tried",
    "clock": "ok",
    "accounts": "not_tried",
    "mail": "not_tried",
    "notices": "ok",
}


def test_check_names_the_step_that_fails(here: World) -> None:
    """Settings, database, target, token, functions: each is named, later ones are not tried."""
    here.start_daemon()
    assert here.ctl("check").code == 0
    no_function(here)
    failed = here.ctl("check")
    assert failed.code == Exit.REFUSED
    assert "enrol_manual_enrol_users" in failed.out
    expired_token(here)
    steps = {s["step"]: s["state"] for s in here.ctl("check", "--json").json["steps"]}
    assert steps == {
        "settings": "ok",
        "database": "ok",
        "rights": "ok",
        "link": "ok",
        "target": "ok",
        "token": "failed",
        **_UNTRIED,
    }
    login_page(here)
    here.box.rename(here.folder / "moved.sqlite")
    here.configure(online__max_input_vars="0")
    steps = {s["step"]: s["state"] for s in here.ctl("check", "--json").json["steps"]}
    assert steps == {
        "settings": "failed",
        "database": "failed",
        "rights": "not_tried",
        "link": "ok",
        "target": "failed",
        "token": "not_tried",
        **_UNTRIED,
    }


def test_a_box_whose_database_is_gone_says_so(here: World) -> None:
    """The run is recorded; what waits is not known, rather than none."""
    here.box.rename(here.folder / "moved.sqlite")
    here.start_daemon()
    said = here.ctl("sync", "--wait")
    assert said.code == Exit.BOX
    assert "box.sqlite" in said.out
    assert "Still waiting:  not known" in said.out
    (here.folder / "moved.sqlite").rename(here.box)
    assert here.sync()["status"] == "completed"


def test_wrong_settings_end_the_start_with_78(here: World) -> None:
    """Each mistake is told with its file and its remedy, and no traceback."""
    child = here.spawn("run", "--config", str(here.configure(online__max_input_vars="0")))
    assert child.wait(20) == 78
    log = " ".join(here.log().split())
    assert "beekeed.toml: the setting online.max_input_vars is wrong" in log
    assert "max_input_vars = 1000" in log
    assert "Traceback" not in log


def test_a_second_daemon_on_the_same_state_is_refused(here: World) -> None:
    """Two daemons would not see each other's runs."""
    here.start_daemon()
    child = here.spawn("run", "--config", str(here.folder / "beekeed.toml"))
    assert child.wait(20) == 1
    assert "Another beekeed is using" in here.log()
    assert here.ctl("status").code == 0


def test_without_a_daemon_beekeectl_says_so(here: World) -> None:
    """On standard error, with the way to start it, and as JSON where asked."""
    said = here.ctl("status")
    assert said.code == Exit.NOT_RUNNING
    assert "systemctl start beekeed" in said.err
    assert here.ctl("status", "--json").json["error"]["code"] == "daemon_not_running"


def test_an_unknown_sync_is_not_found(here: World) -> None:
    """No traceback, no empty page."""
    here.start_daemon()
    said = here.ctl("show", "0042-abcde")
    assert said.code == Exit.FAILURE
    assert "no sync 0042-abcde" in said.err
