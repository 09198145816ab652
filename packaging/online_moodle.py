"""Writes what the administrator of the online Moodle imports and ticks, from what beekeed calls.

    python packaging/online_moodle.py [FOLDER]

writes, into packaging/online-moodle unless it is told where, a role for the whole site
(beekeed.xml), the small one that goes with it where it is given in a course category only
(beekeed-accounts.xml), and the functions of the service, one a line (functions.txt). They are
kept: who sets the online Moodle up has no Python there. A test holds them to the code.
"""

import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from beekeed.moodle.functions import FUNCTIONS
from beekeed.moodle.rights import OF_SITE, VIEWED, needed
from beekeed.sections import default

FOLDER = Path(__file__).parent / "online-moodle"


def main() -> int:
    """Write them."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    required, useful = needed(VIEWED)
    rights = {*required, *useful}
    (folder / "beekeed.xml").write_text(
        role(
            "beekeed",
            "beekeed (a Beekee box)",
            "Sends what learners did on a Beekee box: for the account of one box. See"
            " packaging/online-moodle/README.md of beekeed for the reason of each right.",
            levels=("system", "coursecat"),
            assigns=(default("online.learner_role"),),
            rights=rights,
        )
    )
    (folder / "beekeed-accounts.xml").write_text(
        role(
            "beekeedaccounts",
            "beekeed, accounts only",
            "What the account of a Beekee box needs in the whole site where the role beekeed is"
            " given to it in a course category only: finding, making and updating accounts.",
            levels=("system",),
            assigns=(),
            rights=rights & OF_SITE,
        )
    )
    (folder / "functions.txt").write_text("".join(f"{name}\n" for name in FUNCTIONS))
    return 0


def role(
    shortname: str,
    name: str,
    description: str,
    *,
    levels: Collection[str],
    assigns: Collection[str],
    rights: Collection[str],
) -> str:
    """Give a role as Moodle reads it (admin/roles/role_schema.xml, 4.5; the order is its own)."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<role>",
        f"  <shortname>{shortname}</shortname>",
        f"  <name>{escape(name)}</name>",
        f"  <description>{escape(description)}</description>",
        "  <archetype></archetype>",
        *_listed("contextlevels", "level", levels),
        *_listed("allowassign", "shortname", assigns),
        "  <allowoverride/>",
        "  <allowswitch/>",
        "  <allowview/>",
        *_listed("permissions", "allow", sorted(rights)),
        "</role>",
    ]
    return "\n".join(lines) + "\n"


def _listed(name: str, each: str, values: Collection[str]) -> Iterator[str]:
    yield f"  <{name}>"
    yield from (f"    <{each}>{escape(value)}</{each}>" for value in values)
    yield f"  </{name}>"


if __name__ == "__main__":
    sys.exit(main())
