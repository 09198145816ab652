"""Mail to learners: what may cause it is named before anything is sent (features.md, row 26)."""

import pytest

from tests.system.world import World


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        ({}, ["welcome_messages"]),
        ({"accounts__password": '"mailed"'}, ["mailed_passwords", "welcome_messages"]),
        ({"online__tell_learners": "true"}, ["assignment_notices", "welcome_messages"]),
    ],
)
def test_check_names_what_may_mail_learners(
    here: World, settings: dict[str, str], codes: list[str]
) -> None:
    """What the settings allow, and what nobody can see from here; each with the way to stop it."""
    here.start_daemon(**settings)
    steps = [each for each in here.ctl("check", "--json").json["steps"] if each["step"] == "mail"]
    assert [each["reason"]["code"] for each in steps] == codes
    said = here.ctl("check").out
    assert "Notification settings" in said
    for each in steps:
        assert each["reason"]["remedy"].split()[-1] in said


def test_a_sync_says_what_stays_on_the_box(here: World) -> None:
    """Counted, with what it means; in the run's information, for everybody."""
    here.start_daemon()
    run = here.sync()
    said = here.ctl("show", run["event_id"]).out
    counts = {each["what"]: each["count"] for each in run["uncarried"]}
    assert counts["password"] == 12
    assert f"{counts['time']} original times only on the box" in said
    done = sum(a["count"] for a in run["actions"]
               if a["verdict"] == "done" and a["kind"] in ("completion", "grade"))  # fmt: skip
    assert counts["time"] == done
    again = here.sync()
    assert "password" not in {each["what"] for each in again["uncarried"]}
