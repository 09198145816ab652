"""Not safe yet: who is named there, and to whom."""

from tests.page.browser import Browser
from tests.page.site import Site


def test_who_is_not_safe_yet_is_named_to_who_is_signed_in(
    here: Site, admin: Browser, anyone: Browser
) -> None:
    """Nobody knows; then each learner with what waits, where and since when; then nobody."""
    seen = anyone.send("GET", "/waiting")
    assert (seen.status, seen.to) == (303, "/sign-in?then=%2Fwaiting")
    assert "/waiting" not in anyone.get("/link").html
    assert "Nobody knows yet" in admin.get("/waiting").text

    here.world.switch("maintenance", "1")
    here.sync()
    told = here.ask("GET", "waiting")
    assert len(told["learners"]) == 4
    seen = admin.get("/waiting")
    assert "Of 4 learners, something is not online yet." in seen.text
    assert "use the browser's menu" in seen.text
    rows = seen.html.partition("<tbody>")[2].split("</tr>")[:-1]
    for row, learner in zip(rows, told["learners"], strict=True):
        assert f"{learner['last_name']}, {learner['first_name']}" in row
        assert f"<small><bdi>{learner['username']}</bdi></small>" in row
        assert f">{learner['waiting']} changes<" in row
        assert ", ".join(f"<bdi>{course}</bdi>" for course in learner["courses"]) in row
        assert f'datetime="{learner["since"][:19]}' in row


def test_the_list_goes_on_where_a_page_ended(here: Site, admin: Browser) -> None:
    """From a learner on; a learner who is not there is no page."""
    learners = here.ask("GET", "waiting")["learners"]
    seen = admin.get(f"/waiting?after={learners[1]['username']}")
    listed = seen.html.partition("<tbody>")[2].partition("</tbody>")[0]
    assert [learner["username"] in listed for learner in learners] == [False, False, True, True]
    assert "From the beginning" in seen.text
    assert admin.send("GET", "/waiting?after=nobody").status == 404
