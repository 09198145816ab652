"""Synchronizes the sample with every oddity to an online Moodle, and gives what came of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.sample import fill
from tests.system.world import World
from tests.variety import trials
from tests.variety.compare import LEARNERS, compare_all, differing
from tests.variety.online import Online
from tests.variety.trials import Trials

MAILS = {
    "notices of graded assignments waiting": (
        "SELECT count(*) FROM mdl_assign_user_flags WHERE mailed = 0"
    ),
    "notifications": "SELECT count(*) FROM mdl_notifications",
}


class Variety(World):
    """A world whose box is the recorded device with every oddity."""

    def __init__(self, folder: Path, online: Online) -> None:
        super().__init__(folder)
        self.box.unlink()
        fill(self.box, "device-variety")
        self.address = online.address
        self.token = online.token_file


def synchronize(folder: Path, online: Online, **settings: str) -> dict[str, Any]:
    """Prepare the trials, synchronize twice, and give a table of what came of it."""
    here = Variety(folder, online)
    try:
        names = {row[0]: (row[1], row[2]) for row in here.on_box(LEARNERS)}
        tried = Trials(online, names)
        tried.prepare()
        before = _mails(online)
        here.start_daemon(**settings)
        run = here.sync()
        compared = compare_all(here, online)
        again = here.sync()
        return {
            "status": run["status"],
            "actions": _actions(run),
            "uncarried": {each["what"]: each["count"] for each in run["uncarried"]},
            "set aside": here.ctl("set-aside", "--json").json["changes"],
            "facts": {kind: each.count for kind, each in compared.items()},
            "differing": differing(compared),
            "trials": tried.observe(),
            "mails": {name: (before[name], now) for name, now in _mails(online).items()},
            "second": _actions(again),
        }
    finally:
        here.end()


def _actions(run: dict[str, Any]) -> dict[tuple[str, str, str], int]:
    return {
        (each["kind"], each["verdict"], (each["reason"] or {}).get("code", "")): each["count"]
        for each in run["actions"]
    }


def _mails(online: Online) -> dict[str, int]:
    return {name: int(online.sql(query)[0][0]) for name, query in MAILS.items()}


def show(table: dict[str, Any], say: Callable[[str], None] = print) -> None:
    """Print the table for the closing note."""
    for part in ("status", "actions", "uncarried", "facts", "trials", "mails", "second"):
        say(f"{part}: {table[part]}")


def check(table: dict[str, Any]) -> None:
    """Hold a table against what must be true on every online Moodle."""
    assert table["trials"] == {
        "a grade overridden online": 7.0,
        "a grade locked online": 1.0,
        "the grade beside a teacher's comment": 54.0,
        "a teacher's comment": trials.COMMENT,
        "a quiz failed on the box, its grade": 2.25,
        "a quiz failed on the box, done online": 0,
        "an enrolment suspended online": 1,
    }
    assert {
        (row["username"], row["kind"], row["reason"]["code"]) for row in table["set aside"]
    } == {
        (trials.OVERRIDDEN, "grade", "grade_fixed_online"),
        (trials.LOCKED, "grade", "grade_fixed_online"),
    }
    assert table["actions"]["grade", "done", "comment_kept_online"] == 1
    assert all(before == after for before, after in table["mails"].values()), table["mails"]
    assert table["second"].keys() <= {("completion", "unsent", "not_enrolled_on_box")}
    differs = table["differing"]
    assert differs.keys() == {"active", "grades", "profiles"}, differs
    assert differs["active"] == ({(trials.SUSPENDED, "BK-MATH")}, set())
    changed = {(fact[0], fact[1]) for side in differs["grades"] for fact in side}
    assert changed == {
        (trials.OVERRIDDEN, "BK-MATH"),
        (trials.LOCKED, "BK-MATH"),
        (trials.COMMENTED, "BK-FR"),
    }
    # Accounts that somebody else made keep their own profiles.
    assert {fact[0] for side in differs["profiles"] for fact in side} == {
        trials.OVERRIDDEN, trials.LOCKED, trials.COMMENTED, trials.SUSPENDED,
    }  # fmt: skip
