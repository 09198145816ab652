"""A box with everything that waits for a person: strangers online, and courses that fell."""

from tests.page.site import Site

STRANGERS = 4


def bring_doubts(here: Site) -> None:
    """Let some learners be somebody else online, and synchronize before and after a fall."""
    world = here.world
    for username in usernames(here)[:STRANGERS]:
        world.on_online(
            "INSERT INTO mdl_user (username, firstname, lastname, email, confirmed, mnethostid,"
            " idnumber, timecreated, timemodified) VALUES (?, 'Ottilie', 'Xanthippe', ?, 1, 1,"
            " '', 1, 1)",
            username, f"{username}@zqschool.example",
        )  # fmt: skip
    here.sync()
    world.on_box("UPDATE mdl_course_modules_completion SET completionstate = 0")
    here.sync()
    assert len(here.ask("GET", "guard")["guards"]) >= 2


def usernames(here: Site) -> list[str]:
    """The learners."""
    found = here.world.on_box("SELECT username FROM mdl_user WHERE id > 3 ORDER BY id")
    return [row[0] for row in found]
