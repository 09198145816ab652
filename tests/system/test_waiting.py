"""Who is not safe yet, on the real daemon and from a terminal."""

from tests.system.asking import ask, sign_in
from tests.system.test_access import PASSWORD, with_password
from tests.system.test_set_aside import doubtful
from tests.system.world import World


def flat(here: World) -> str:
    """What a person reads, without line ends."""
    return " ".join(here.ctl("waiting").out.split())


def test_who_is_not_safe_yet_is_named_to_who_may_know(here: World) -> None:
    """Nobody knows; one is set aside and the others are safe; then everybody is."""
    username = doubtful(here)
    ((first, last),) = here.on_box(
        "SELECT firstname, lastname FROM mdl_user WHERE username = ?", username
    )
    with_password(here)
    here.start_daemon()
    assert here.ctl("waiting", "--json").json["total"] is None
    assert flat(here).startswith("Nobody knows yet")
    here.sync()

    shown = here.ctl("waiting", "--json").json
    (learner,) = shown["learners"]
    status = here.ctl("status", "--json").json
    assert (learner["username"], learner["last_name"]) == (username, last)
    assert (learner["waiting"], learner["set_aside"]) == (status["waiting"], status["set_aside"])
    assert (shown["total"], shown["next"], shown["read_at"]) == (1, None, status["read_at"])
    said = flat(here)
    assert "Not everything is online of 1 learner (as read " in said
    assert f"{last}, {first} ({username}): {learner['waiting']} changes, 1 set aside in " in said
    assert ", ".join(learner["courses"]) in said

    refused = ask(here.page_socket, "GET", "/v1/waiting")
    assert (refused.status, refused.code) == (401, "not_signed_in")
    assert last.encode() not in refused.body
    headers = sign_in(here.page_socket, PASSWORD)
    assert ask(here.page_socket, "GET", "/v1/waiting", None, headers).data == shown

    here.ctl("set-aside", "confirm", username)
    here.sync()
    assert flat(here).startswith("Of every learner everything is online (as read ")


def test_the_list_is_turned_page_by_page(here: World) -> None:
    """Over the socket in pages, at the terminal whole; a wrong place is an error."""
    here.start_daemon()
    here.switch("maintenance", "1")
    here.ctl("sync", "--wait")
    whole = here.ctl("waiting", "--json").json
    assert whole["total"] == len(whole["learners"]) == 12
    found, query = [], "limit=5"
    for count in (5, 5, 2):
        page = ask(here.socket, "GET", f"/v1/waiting?{query}").data
        assert (page["total"], len(page["learners"])) == (12, count)
        found += page["learners"]
        query = f"limit=5&after={page['next']}"
    assert found == whole["learners"]
    assert page["next"] is None
    assert ask(here.socket, "GET", "/v1/waiting?after=nobody.at.all").code == "not_found"
    for wrong in ("limit=0", "limit=1001", "page=1"):
        assert ask(here.socket, "GET", f"/v1/waiting?{wrong}").code == "bad_request"
    names = [line for line in here.ctl("waiting").out.splitlines() if line.startswith("  ")]
    assert sum("changes" in line for line in names) >= 12
    here.in_state("UPDATE target SET read_at = NULL")  # as for a token that is new here
    assert here.ctl("waiting", "--json").json["total"] is None
