"""A box where everything is that a screen can show, except what goes by in a moment."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.page.site import Site, site

DOUBTED = 4


@contextmanager
def busy_site(folder: Path, *, zone: str = "UTC") -> Iterator[Site]:
    """Make it: set aside and left out, asked and answered, late, limited, mails that fail."""
    mail = {
        "mail__notify": '"all"', "mail__to": '"head@school.example"', "mail__security": '"none"',
        "mail__sender": '"box@school.example"', "mail__server": '"127.0.0.1"', "mail__port": "1",
        "accounts__never_touch": '["headmistress"]',
    }  # fmt: skip
    with site(folder, learners=14, zone=zone, **mail) as made:
        take_usernames(made)
        made.sync()
        change_a_grade(made)
        made.world.on_online("UPDATE mdl_course SET timemodified = 5 WHERE shortname = 'BK-FR'")
        made.world.on_box("DELETE FROM mdl_course_modules_completion WHERE id % 2")
        _be_late(made)
        values = {"limit.enabled": True, "limit.bytes": 300_000, "schedule.enabled": True,
                  "schedule.hours": ["mon-08", "sun-23"], "mail.language": "fr",
                  "online.tell_learners": True}  # fmt: skip
        made.ask("POST", "settings", {"values": values})
        assert made.sync()["status"] == "partial"
        asked = made.ask("GET", "guard")["guards"]
        made.ask("POST", f"guard/accept?which={asked[0]['number']}", {})
        made.ended(made.ask("POST", "verify")["event_id"])
        yield made


def doubted(here: Site) -> list[str]:
    """The usernames that are somebody else's online."""
    found = here.world.on_box(
        "SELECT DISTINCT username FROM mdl_user u"
        " JOIN mdl_role_assignments ra ON ra.userid = u.id"
        " JOIN mdl_role r ON r.id = ra.roleid WHERE r.archetype = 'student'"
        " ORDER BY username LIMIT ?",
        DOUBTED,
    )
    return [username for (username,) in found]


def take_usernames(here: Site) -> None:
    """Have somebody else online for each of them."""
    for username in doubted(here):
        here.world.on_online(
            "INSERT INTO mdl_user (username, firstname, lastname, email, mnethostid, confirmed)"
            " VALUES (?, 'Somebody', 'Else', ?, 1, 1)",
            username,
            f"{username}@example.org",
        )


def change_a_grade(here: Site) -> None:
    """Have a quiz's grade be another on each side than what was sent, since now."""
    ((grade, username, item),) = here.world.on_box(
        "SELECT g.id, u.username, i.itemname FROM mdl_grade_grades g"
        " JOIN mdl_grade_items i ON i.id = g.itemid JOIN mdl_user u ON u.id = g.userid"
        f" WHERE i.itemmodule = 'quiz' AND g.finalgrade > 2 AND username NOT IN ({_slots()})"
        " ORDER BY g.id LIMIT 1",
        *doubted(here),
    )
    changed = "UPDATE mdl_grade_grades SET rawgrade = ?, finalgrade = ?, timemodified = ? WHERE id "
    here.world.on_box(f"{changed} = ?", 2, 2, int(time.time()), grade)
    here.world.on_online(
        f"{changed} IN (SELECT g.id FROM mdl_grade_grades g"
        " JOIN mdl_grade_items i ON i.id = g.itemid JOIN mdl_user u ON u.id = g.userid"
        " WHERE u.username = ? AND i.itemname = ?)",
        1, 1, int(time.time()), username, item,
    )  # fmt: skip


def _slots() -> str:
    return ", ".join("?" * DOUBTED)


def _be_late(here: Site) -> None:
    """Have work turn up on a day that a sync had closed."""
    day = datetime.now(UTC) - timedelta(days=2)
    here.world.on_box(
        "UPDATE mdl_course_modules_completion SET completionstate = 0, timemodified = ? WHERE id IN"
        " (SELECT id FROM mdl_course_modules_completion WHERE completionstate = 1 LIMIT 2)",
        int(day.timestamp()),
    )
