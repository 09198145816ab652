"""A real browser walks what only a person can answer: who is who, and whether much may fall."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.page.chromium import go, shoot
from tests.page.hands import Mouse
from tests.page.site import Site, site

STRANGERS = 6


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A box where four learners are somebody else online, and where two courses fell."""
    with site(tmp_path_factory.mktemp("aside"), learners=10) as made:
        world = made.world
        for username in usernames(made)[:STRANGERS]:
            world.on_online(
                "INSERT INTO mdl_user (username, firstname, lastname, email, confirmed, mnethostid,"
                " idnumber, timecreated, timemodified) VALUES (?, 'Ottilie', 'Xanthippe', ?, 1, 1,"
                " '', 1, 1)",
                username, f"{username}@zqschool.example",
            )  # fmt: skip
        made.sync()
        world.on_box("UPDATE mdl_course_modules_completion SET completionstate = 0")
        made.sync()
        assert len(made.ask("GET", "guard")["guards"]) >= 2
        yield made


def usernames(here: Site) -> list[str]:
    """The learners."""
    found = here.world.on_box("SELECT username FROM mdl_user WHERE id > 3 ORDER BY id")
    return [row[0] for row in found]


def in_doubt(here: Site) -> set[str]:
    """Of whom it is not known whether they are the same person online."""
    changes = here.ask("GET", "set-aside")["changes"]
    return {each["username"] for each in changes if each["reason"]["code"] == "other_person_online"}


def test_who_is_the_same_person_is_ticked_or_stands_in_a_list(
    here: Site, page: Page, hands: Mouse, way: str, tmp_path: Path
) -> None:
    """Row 16; and all is tried again (row 20)."""
    ticked, listed = usernames(here)[2 * ["scripts", "no-scripts", "keyboard"].index(way) :][:2]
    go(page, here.host, "/set-aside")
    shoot(page, f"set-aside-full-{way}")
    hands.tick(page.locator(f"input[name=username][value='{ticked}']"))
    hands.press(page.get_by_role("button", name="Confirm", exact=True).first)
    expect(page.get_by_role("main").get_by_text(ticked).first).to_be_visible()
    go(page, here.host, "/set-aside")
    file = tmp_path / "list.txt"
    file.write_text(f"{listed}\r\n")
    hands.attach(page.get_by_label("A list of usernames"), file)
    hands.press(page.locator("form#confirm").get_by_role("button", name="Confirm"))
    expect(page.get_by_role("main").get_by_text(listed).first).to_be_visible()
    assert not in_doubt(here) & {ticked, listed}
    go(page, here.host, "/set-aside")
    if in_doubt(here):
        hands.press(page.get_by_role("button", name="Try all again"))
        expect(page.get_by_text("tried again at the next sync").first).to_be_visible()
        assert not here.ask("GET", "status")["set_aside"]
        here.sync(force=True)  # their days are closed: what is late waits else
        assert in_doubt(here)


def test_a_question_of_the_guard_is_answered(here: Site, page: Page, hands: Mouse) -> None:
    """Row 18: one question each, and what will go down is said before; the other stays asked."""
    before = here.ask("GET", "guard")["guards"]
    go(page, here.host, "/set-aside")
    asked = page.get_by_role("link", name="Accept for").first
    number = (asked.get_attribute("href") or "").partition("number=")[2]
    hands.press(asked)
    (guard,) = [each for each in before if str(each["number"]) == number]
    expect(page.get_by_role("main")).to_contain_text(f"{guard['lost']} of {guard['known']}")
    assert here.ask("GET", "guard")["guards"] == before
    hands.press(page.get_by_role("button", name=f"Accept for {guard['course']}"))
    expect(page.get_by_text("the next sync may lower it online").first).to_be_visible()
    assert len(here.ask("GET", "guard")["guards"]) == len(before) - 1


def test_who_is_not_safe_yet_is_listed_for_printing(here: Site, page: Page) -> None:
    """By name; on paper there is the list, and no menu."""
    go(page, here.host, "/waiting")
    listed = here.ask("GET", "waiting")["learners"]
    assert listed
    rows = page.locator("main tbody tr")
    expect(rows).to_have_count(len(listed))
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(rows.first).to_be_visible()
    page.emulate_media(media="screen")


def test_notifications_are_switched_on_where_it_is_said_to_whom(
    here: Site, page: Page, hands: Mouse
) -> None:
    """Row 7, of the Overview's advanced settings."""
    values = {"mail.to": "school@zqschool.example", "mail.sender": "box@zqschool.example",
              "mail.server": "127.0.0.1", "mail.notify": "off"}  # fmt: skip
    here.ask("POST", "settings", {"values": values})
    go(page, here.host, "/")
    hands.press(page.get_by_text("Show Advanced Settings"))
    notes = page.locator("form[action='/notifications']")
    hands.press(notes.get_by_role("button", name="Switch on"))
    found = here.ask("GET", "settings")["settings"]
    assert {each["key"]: each["value"] for each in found}["mail.notify"] == "all"
