"""Set aside: who sees it, reasons and both sides, and a person's answers, read back."""

import http
from collections.abc import Iterator
from typing import Any

import pytest

from beekeed.page.set_aside import page_of
from beekeed.say import clean
from beekeed.usernames import listed
from tests.page.browser import Browser, Seen
from tests.page.busy import DOUBTED, change_a_grade, doubted, take_usernames
from tests.page.forms import form_of, upload
from tests.page.site import Site, site

KIND = "activity completions"
STRANGE = "<i>An\u202ena</i>"
"""A first name that wants to be markup, and to turn what follows around."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A box where some usernames are others' online, a grade was changed on both sides, and a
    course lost all its completions."""
    with site(tmp_path_factory.mktemp("page"), learners=14) as made:
        take_usernames(made)
        made.world.on_box(
            "UPDATE mdl_user SET firstname = ? WHERE username = ?", STRANGE, doubted(made)[0]
        )
        made.sync()
        change_a_grade(made)
        made.world.on_box("DELETE FROM mdl_course_modules_completion")
        assert made.sync()["status"] == "partial"
        yield made


def row_of(seen: Seen, username: str) -> str:
    """What stands in a learner's row, after the name."""
    return seen.html.partition(f"<small><bdi>{username}</bdi></small>")[2].partition("</tr>")[0]


def aside(here: Site) -> list[dict[str, Any]]:
    """What is set aside, as the daemon tells it."""
    changes: list[dict[str, Any]] = here.ask("GET", "set-aside")["changes"]
    return changes


def waiting(here: Site) -> list[str]:
    """Who waits to be confirmed."""
    code = "other_person_online"
    return [each["username"] for each in aside(here) if each["reason"]["code"] == code]


def test_nobody_sees_it_who_is_not_signed_in(here: Site, anyone: Browser) -> None:
    """Row 27: neither the screen nor its link, and no button of it does anything."""
    assert "/set-aside" not in anyone.get("/link").html
    seen = anyone.send("GET", "/set-aside")
    assert (seen.status, seen.to) == (303, "/sign-in?then=%2Fset-aside")
    before = (aside(here), here.ask("GET", "guard"))
    for action in ("retry", "accept", "confirm"):
        form = {"number": "1", "username": waiting(here)[0]}
        refused = anyone.send("POST", f"/set-aside/{action}", form)
        assert (refused.status, refused.to) == (303, "/sign-in?then=%2Fset-aside&ended=yes")
    assert (aside(here), here.ask("GET", "guard")) == before


def test_each_reason_once_with_everybody_whom_it_concerns(here: Site, admin: Browser) -> None:
    """Row 20: name, username, course, activity, both sides, and how many changes wait for it."""
    seen = admin.get("/set-aside")
    changes = aside(here)
    assert f"{len(changes)} changes could not be sent." in seen.text
    for sentence in {each["reason"]["sentence"] for each in changes}:
        assert seen.text.count(sentence) == 1
    for each in changes:
        row = row_of(seen, each["username"])
        assert clean(f"{each['first_name']} {each['last_name']}") in seen.text
        assert f"{each['holds']} changes" in row or each["holds"] < 2
    assert "Somebody Else" in seen.text
    (grade,) = [each for each in changes if each["kind"] == "grade"]
    assert (grade["value"], grade["online_value"]) == ("2", "1")
    row = row_of(seen, grade["username"])
    assert grade["part"] in row
    assert f"<small><bdi>{grade['course']}</bdi></small>" in row
    assert '<td data-label="On the box"><span>2</span></td>' in row
    assert '<td data-label="Online"><span>1</span></td>' in row


def test_a_name_is_shown_as_a_name(here: Site, admin: Browser) -> None:
    """Row 27: no markup of it, and no control characters."""
    html = admin.get("/set-aside").html
    assert "&lt;i&gt;Anna&lt;/i&gt;" in html
    assert "<i>" not in html
    assert "\u202e" not in html


def test_what_left_the_box_is_counted(here: Site, admin: Browser) -> None:
    """Row 18: by course and kind."""
    text = admin.get("/set-aside").text
    for each in here.ask("GET", "set-aside")["gone"]:
        assert f"{each['count']} {KIND} {each['course']}" in text


def test_a_question_is_answered(here: Site, admin: Browser) -> None:
    """Row 18: the sentence, what accepting does, and the answer with who gave it.

    The overview says in one notice in how many courses something is asked.
    """
    asked = here.ask("GET", "guard")["guards"]
    assert len(asked) > 1
    overview = admin.get("/").text
    assert f"until somebody answers: {len({each['course'] for each in asked})}." in overview
    assert overview.count("Say whether that is right") == 1
    seen = admin.get("/set-aside")
    for each in asked:
        assert each["reason"]["sentence"] in seen.text
        assert f"Accept for {each['course']}: {each['lost']} {KIND} …" in seen.text
    assert "the next sync then lowers it online as well" in seen.text
    number = str(asked[0]["number"])
    confirming = admin.get(f"/set-aside/accept?number={number}")
    what = f"{asked[0]['lost']} of {asked[0]['known']} {KIND} in {asked[0]['course']}"
    assert f"the next sync lowers online what fell on the box: {what}." in confirming.text
    assert here.ask("GET", "guard")["guards"] == asked
    assert admin.send("GET", "/set-aside/accept?number=99").to == "/set-aside"
    form = form_of(confirming, "/set-aside/accept", number=number)
    after = admin.press("/set-aside/accept", form)
    assert "Accepted: the next sync may lower it online." in after.text
    answer = here.ask("GET", "guard")
    assert [each["number"] for each in answer["guards"]] == [each["number"] for each in asked[1:]]
    (event,) = [each for each in answer["history"] if each["what"] == "accepted"]
    assert (event["course"], event["by"] in after.text) == (asked[0]["course"], True)
    again = admin.post("/set-aside/accept", form)
    assert (again.status, "There is no question" in again.text) == (404, True)


def test_who_is_ticked_is_confirmed_and_the_others_are_not(here: Site, admin: Browser) -> None:
    """Row 16: the same person, by name."""
    usernames = waiting(here)
    seen = admin.get("/set-aside")
    for username in usernames:
        assert f'name="username" value="{username}" form="confirm"' in seen.html
    form = form_of(seen, "/set-aside/confirm")
    answer = admin.post("/set-aside/confirm", form | {"username": usernames[:1]})
    assert "1 learner confirmed" in answer.text
    assert usernames[0] in answer.text
    assert waiting(here) == usernames[1:]
    nobody = admin.post("/set-aside/confirm", form)
    assert "Nobody was confirmed" in nobody.text
    assert waiting(here) == usernames[1:]


def test_a_list_from_any_computer_confirms(here: Site, admin: Browser) -> None:
    """Row 16: with a mark of its encoding, line ends of Windows, empty lines and remarks; of whom
    nothing was waiting is said. More names than the daemon takes at once."""
    first, *others = waiting(here)
    form = form_of(admin.get("/set-aside"), "/set-aside/confirm")
    many = [f"somebody.with.a.long.username.{number:03}" for number in range(500)]
    text = "\r\n".join(["# 6b", "", f"  {first}  ", f"{others[0]}, a friend", "", *many, "nöbody"])
    answer = upload(admin, "/set-aside/confirm", form, "list", b"\xef\xbb\xbf" + text.encode())
    assert answer.status == http.HTTPStatus.OK
    confirmed, unknown = answer.text.split("For these, nothing was waiting")
    assert "2 learners confirmed" in confirmed
    assert first in confirmed
    assert others[0] in confirmed
    assert many[-1] in unknown
    assert "nöbody" in unknown
    assert "# 6b" not in unknown
    assert waiting(here) == others[1:]


def test_try_all_again(here: Site, admin: Browser) -> None:
    """Row 20: nothing is set aside until the next sync looks at it; who was confirmed is sent."""
    assert aside(here)
    after = admin.press("/set-aside/retry", form_of(admin.get("/set-aside"), "/set-aside/retry"))
    assert "All of it will be tried again at the next sync." in after.text
    assert "Nothing is set aside." in after.text
    assert aside(here) == []
    here.sync()
    assert len(waiting(here)) == DOUBTED - 3


def change(number: int, code: str) -> dict[str, Any]:
    """A change that is set aside."""
    reason = {"code": code, "params": {}}
    return {"username": f"u{number}", "reason": reason, "online_value": None}


def test_hundreds_are_turned_page_by_page() -> None:
    """Each on one page, whom a person can confirm first; what is no page is the nearest."""
    changes = [change(n, ("grade_refused", "other_person_online")[n % 2]) for n in range(250)]
    pages = [page_of(changes, str(number)) for number in (1, 2, 3)]
    shown = [row["username"] for page in pages for group in page.groups for row in group.rows]
    assert sorted(shown) == sorted(each["username"] for each in changes)
    counts = [[(group.is_confirmable, len(group.rows)) for group in page.groups] for page in pages]
    assert counts == [[(True, 100)], [(True, 25), (False, 75)], [(False, 50)]]
    assert all(group.count == 125 for page in pages for group in page.groups)
    for asked, number in {"": 1, "x": 1, "0": 1, "-1": 1, "99": 3, "9" * 400: 1, "٢": 2}.items():
        assert page_of(changes, asked).number == number
    assert page_of([], "1").last == 1


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_list_is_read_whatever_its_line_ends(end: str) -> None:
    """A mark at its beginning, remarks and further columns are left out."""
    assert listed(end.join(["\ufeffanna", "", " boris ,6b", "# all"])) == ["anna", "boris"]
