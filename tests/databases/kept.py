"""What is kept of a release: its database as a power cut left it, and what beekeectl said of it.

`python -m tests.databases.kept` makes it with the real daemon on the sandbox, from some days with
all that a box may meet. Once, from the code that is released: what is there is never made again.

VERSION.tar.xz has what was said, the daemon's database with its log of writes, and the box's and
the online Moodle's, so that a later version can sync on. Nobody in it is real, and its token
opens nothing but the sandbox in it.
"""

import json
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beekeed import __version__
from beekeed.ctl.exits import Exit
from tests.system.asking import ask
from tests.system.test_kill import COMPLETE
from tests.system.test_set_aside import doubtful
from tests.system.world import World, world

FOLDER = Path(__file__).parent

_END = ".tar.xz"
_SAID = "said.json"
TOKEN = "0" * 32
PASSWORD = "a kept password"
Row = tuple[Any, ...]

_QUESTIONS = (
    ("set-aside",),
    ("guard",),
    ("settings",),
    ("settings", "history"),
    ("password",),
)
"""Their answers follow from the database alone, also after a sync that a power cut ended. Besides
these, each sync is asked for, and the days of its month that were over."""


@dataclass(frozen=True)
class Kept:
    """A release. `at`: when it was left, in Unix seconds; `said`: answers by beekeectl's words.

    `made_by`: the version that the code called itself: the release's own once it is released.
    """

    version: str
    made_by: str
    at: int
    waiting_mails: int
    said: dict[str, Any]

    def unpack(self, here: World) -> None:
        """Put its databases where the programs of a world look for them."""
        here.state.parent.mkdir(parents=True, exist_ok=True)
        for file in _files(here):
            file.write_bytes(_packed(self.version, file.name))
        here.token.write_text(TOKEN)


def releases() -> list[Kept]:
    """Give all that are kept."""
    versions = sorted(file.name.removesuffix(_END) for file in FOLDER.glob(f"*{_END}"))
    return [Kept(each, **json.loads(_packed(each, _SAID))) for each in versions]


def _packed(version: str, name: str) -> bytes:
    with tarfile.open(FOLDER / f"{version}{_END}") as archive:
        member = archive.extractfile(name)
        assert member is not None
        return member.read()


def _files(here: World) -> tuple[Path, ...]:
    log = here.state.with_name(f"{here.state.name}-wal")
    return here.box, here.online, here.state, log


def _done(here: World, *words: str, ends: Sequence[Exit] = (Exit.OK,)) -> None:
    done = here.ctl(*words)
    assert done.code in ends, (words, done)


def _yet_to_come(here: World) -> Sequence[Row]:
    """Take completions of pages off the box, to come later; none of who will be set aside."""
    held = here.on_box(
        "SELECT done.* FROM mdl_course_modules_completion done"
        " JOIN mdl_course_modules cm ON cm.id = done.coursemoduleid"
        " JOIN mdl_modules m ON m.id = cm.module AND m.name = 'page'"
        " WHERE done.completionstate = 1 AND done.id % 2 = 0"
        " AND done.userid <> (SELECT id FROM mdl_user WHERE username = ?)",
        doubtful(here),
    )
    for row in held:
        here.on_box("DELETE FROM mdl_course_modules_completion WHERE id = ?", row[0])
    return held


def _live(here: World) -> None:
    """Have a box meet the online Moodle, with somebody set aside, a guard, mails and a schedule."""
    later = f"{time.strftime('%H', time.gmtime(time.time() + 12 * 3600))}:30"
    _done(here, "settings", "set", "mail.to=school@example.org", "mail.sender=box@example.org",
          "mail.server=mail.invalid", "mail.notify=all")  # fmt: skip
    _done(here, "limit", "set", "50MB", "--billing-day", "5")
    _done(here, "limit", "top-up", "5MB")
    _done(here, "schedule", "set", "--daily", later)
    asked = ask(here.socket, "POST", "/v1/password", {"password": PASSWORD})
    assert asked.status == 200
    _done(here, "sync", "--wait", ends=[Exit.PARTLY])
    here.on_box("UPDATE mdl_user SET city = 'Gao' WHERE username LIKE '%a%'")
    here.on_box("UPDATE mdl_grade_grades SET rawgrade = rawgrade * 0.99 WHERE rawgrade > 0")
    _done(here, "sync", "--wait", ends=[Exit.PARTLY])
    _done(here, "disable")
    _done(here, "sync", "--wait", ends=[Exit.DISABLED])
    _done(here, "enable")
    _done(here, "verify", "--wait", ends=[Exit.OK, Exit.PARTLY])


def _cut_off(here: World, daemon: "subprocess.Popen[str]", work: Sequence[Row]) -> None:
    """End with a power cut: what was sent arrived, and no answer came."""
    now = int(time.time())
    for row in work:
        slots = ", ".join("?" * len(row))
        here.on_box(f"INSERT INTO mdl_course_modules_completion VALUES ({slots})", *row)
        here.on_box(
            "UPDATE mdl_course_modules_completion SET timemodified = ? WHERE id = ?", now, row[0]
        )
    here.switch("hold_after", COMPLETE)
    _done(here, "sync")
    here.until(
        "SELECT count(*) FROM sandbox_request WHERE functions LIKE ? AND status IS NULL",
        f"%{COMPLETE}%",
    )
    time.sleep(1)
    daemon.kill()
    daemon.wait()
    here.switch("hold_after", None)


def _sayings(here: World) -> dict[str, Any]:
    """Ask all questions, also of each sync."""
    runs = here.ctl("history", "--json").json["runs"]
    shown = [("show", each["event_id"], *more) for each in runs for more in ((), ("--actions",))]
    months = sorted({each["started_at"][:7] for each in runs})
    questions = [*_QUESTIONS, *shown, *(("calendar", month) for month in months)]
    said = {" ".join(words): here.ctl(*words, "--json").json for words in questions}
    for month in months:
        days = said[f"calendar {month}"]["days"]
        days[:] = [each for each in days if not (each["is_today"] or each["is_to_come"])]
    return said


def make(version: str) -> None:
    """Keep the present state of the code as a release."""
    file = FOLDER / f"{version}{_END}"
    if file.exists():
        raise SystemExit(f"{version} is kept already, and stays as it is")
    with tempfile.TemporaryDirectory() as folder, world(Path(folder)) as here:
        here.on_online("UPDATE mdl_external_tokens SET token = ?", TOKEN)
        here.token.write_text(TOKEN)
        work = _yet_to_come(here)
        daemon = here.start_daemon()
        _live(here)
        said = _sayings(here)
        waiting = here.ctl("mail", "--json").json["waiting"]
        _cut_off(here, daemon, work)
        kept = {
            "made_by": __version__,
            "at": int(time.time()),
            "waiting_mails": waiting,
            "said": said,
        }
        (here.folder / _SAID).write_text(json.dumps(kept))
        with tarfile.open(file, "w:xz") as archive:
            for each in (here.folder / _SAID, *_files(here)):
                archive.add(each, each.name, filter=_nobodys)


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out who made it."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    make(__version__.partition(".dev")[0])
