"""What is kept of a release: its database, and what beekeectl said of it then.

`python -m tests.databases.kept VERSION` makes it, from a week with all that a box may meet.
Once, when a version is released: what is there is never made again.
"""

import gzip
import json
import sqlite3
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.system.world import World, world

FOLDER = Path(__file__).parent

SAYINGS = (
    ("history", "--limit", "50"),
    ("show", "latest"),
    ("show", "latest", "--actions"),
    ("set-aside",),
    ("guard",),
    ("settings",),
    ("settings", "history"),
    ("mail",),
    ("password",),
)
"""Questions whose answers follow from the database alone, whatever day it is."""


@dataclass(frozen=True)
class Kept:
    """A release. `address` and `token`: of the online Moodle that its receipts are of."""

    version: str
    address: str
    token: str
    said: dict[str, Any]

    def unpack(self, place: Path) -> None:
        """Put its database where a daemon looks for it."""
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(gzip.decompress((FOLDER / f"{self.version}.sqlite.gz").read_bytes()))


def releases() -> list[Kept]:
    """Give all that are kept."""
    return [
        Kept(file.stem, **json.loads(file.read_text())) for file in sorted(FOLDER.glob("*.json"))
    ]


def sayings(here: World) -> dict[str, Any]:
    """Ask all questions."""
    return {" ".join(words): here.ctl(*words, "--json").json for words in SAYINGS}


def _live(here: World) -> None:
    """Have a box meet the online Moodle, with people set aside, limits, mails and a schedule."""
    here.ctl("settings", "set", "mail.to=school@example.org", "mail.sender=box@example.org",
             "mail.server=mail.invalid", "mail.notify=all")  # fmt: skip
    here.ctl("limit", "set", "50MB", "--billing-day", "5")
    here.ctl("schedule", "set", "--daily", "02:30", "--hours", "mon-fri 08-11")
    here.sync()
    with closing(sqlite3.connect(here.box)) as box, box:
        box.execute("UPDATE mdl_user SET city = 'Gao' WHERE username LIKE '%1'")
        box.execute("UPDATE mdl_grade_grades SET rawgrade = rawgrade / 2")
    here.sync()
    here.ctl("disable")
    here.ctl("enable")
    here.ctl("verify", "--wait")
    here.ctl("usage")


def make(version: str) -> None:
    """Keep the present state of the code as a release."""
    if (FOLDER / f"{version}.json").exists():
        raise SystemExit(f"{version} is kept already, and stays as it is")
    with tempfile.TemporaryDirectory() as folder, world(Path(folder)) as here:
        daemon = here.start_daemon()
        _live(here)
        said = sayings(here)
        daemon.terminate()
        daemon.wait(30)
        packed = gzip.compress(here.state.read_bytes(), 9, mtime=0)
        (FOLDER / f"{version}.sqlite.gz").write_bytes(packed)
        kept = {"address": here.address, "token": here.token.read_text(), "said": said}
        (FOLDER / f"{version}.json").write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    make(sys.argv[1])
