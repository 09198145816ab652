"""How a command ends: each code of a trouble has its exit code on purpose."""

from collections import Counter

import pytest

from beekeed.ctl import exits
from beekeed.ctl.exits import EXITS, Exit, exit_of_code, exit_of_run
from beekeed.errors import Code

# Codes with which a command never ends: why a change is set aside or waits, a course is left
# out, a run was only partial, and what is only a warning. A new code is put here, or into
# ctl/exits.py, by whoever adds it; where no script would care, into PLAIN.
NEVER_ENDS = {
    *("settings_changed", "device_writable", "no_learners", "nobody_protected"),
    *("functions_beyond", "capabilities_beyond"),
    *("course_not_online", "course_modified", "course_date_hidden", "activities_differ"),
    *("activities_moved", "activities_ambiguous", "course_closed", "matched_by_force"),
    *("other_person_online", "username_reused", "never_touch", "own_account"),
    *("other_role_online", "account_not_creatable", "account_refused", "account_unconfirmed"),
    *("account_gone_online", "account_changed_online", "gone_from_box", "unknown_state"),
    *("not_enrolled_on_box", "not_enrolled_online", "no_manual_enrolment", "completion_off"),
    *("tracking_off", "activity_gone_online", "activity_closed", "activity_unmatched"),
    *("online_failed", "online_differs", "grade_item_unseen", "grade_item_differs"),
    *("grade_out_of_range", "grade_fixed_online", "grade_higher_online"),
    *("grade_differs_online", "grade_refused", "comment_kept_online", "comment_has_files"),
    *("comments_off_online", "assignment_advanced", "group_refused", "profile_differs_online"),
    *("profile_refused", "profile_field_missing", "not_applied"),
    *("completions_fell", "grades_fell", "enrolments_fell", "late"),
    *("missing_online", "changed_online", "unseen_online"),
    *("stays_badge", "stays_course_completion", "stays_password", "stays_time", "stays_comment"),
    *("welcome_messages", "mailed_passwords", "assignment_notices"),
    # How it stands.
    *("safe_online", "safe_but_failed", "not_read_lately", "safety_unknown", "waits_for_sync"),
    *("waits_for_answer", "waits_aside", "waits_late", "waits_for_mending"),
    *("waits_switched_off", "waits_unscheduled"),
    *("store_restored", "store_begun_anew", "store_put_back", "box_copied"),
    # Said to browsers and to the page only.
    *("strange_host", "from_browser", "form_stale", "sign_in_off", "sign_in_held"),
    *("daemon_silent", "form_unreadable", "session_ended"),
    *("password_wrong", "page_certificate_unusable"),
}
PLAIN = {
    *("refused_by_moodle", "interrupted", "unsettled", "internal", "not_found"),
    *("setting_fixed", "no_limit", "not_ready", "too_many_watchers", "too_many_clients"),
    *("mail_not_reached", "mail_certificate_refused", "mail_not_encrypted", "mail_login_refused"),
    *("mail_broke_off", "mail_unreadable", "mail_deferred", "mail_refused"),
    *("request_too_large", "request_too_slow", "token_not_kept", "not_started_again"),
    *("account_not_made", "not_started"),
    *("package_installed", "file_not_written", "programs_in_a_home"),
}
COMING = {"sync_disabled"}


def test_each_code_was_thought_about() -> None:
    """Each is in one of the three places, and none that does not exist."""
    mapped = {code for codes in exits._CODES.values() for code in codes}
    known = [*mapped, *NEVER_ENDS, *PLAIN]
    assert {*known} - COMING == {str(code) for code in Code} - COMING
    assert [code for code, count in Counter(known).items() if count > 1] == []


@pytest.mark.parametrize("code", sorted(NEVER_ENDS | PLAIN | {"of_a_newer_beekeed"}))
def test_what_no_script_would_treat_differently_is_a_failure(code: str) -> None:
    """Also what an older beekeectl has never heard of."""
    assert exit_of_code(code) is Exit.FAILURE


@pytest.mark.parametrize(
    ("code", "ending"),
    [
        ("offline", 10), ("captive_portal", 11), ("certificate_expired", 11),
        ("limit_reached", 12), ("clock_wrong", 13), ("token_refused", 14),
        ("capability_missing", 14), ("already_running", 15), ("no_course_matched", 16),
        ("maintenance", 17), ("sync_disabled", 19), ("device_refused", 20),
        ("store_full", 21), ("setting_wrong", 78), ("not_permitted", 5),
        ("daemon_not_running", 4), ("bad_request", 2),
    ],
)  # fmt: skip
def test_an_exit_code_keeps_its_number(code: str, ending: int) -> None:
    """Scripts rely on it."""
    assert exit_of_code(code) == ending


@pytest.mark.parametrize(
    ("status", "code", "ending"),
    [
        ("completed", None, 0), ("partial", "capability_missing", 3), ("partial", None, 3),
        ("stopped", None, 18), ("skipped", "offline", 10), ("skipped", "sync_disabled", 19),
        ("error", "maintenance", 17), ("error", None, 1),
    ],
)  # fmt: skip
def test_how_a_run_ended_is_an_exit_code(status: str, code: str | None, ending: int) -> None:
    """By its status first, then by its reason."""
    assert exit_of_run(status, code) == ending


def test_every_exit_code_is_in_the_table_once() -> None:
    """Distinct, each with its words, none longer than a terminal's line."""
    assert list(EXITS) == list(Exit)
    assert len(set(EXITS.values())) == len(Exit)
    lines = exits.table().splitlines()
    assert [int(line.split()[0]) for line in lines] == [each.value for each in Exit]
    assert max(map(len, lines)) <= 80
