"""No command speaks English to whoever reads another language: all is tried in one that is none.

In the pseudo-language each text of ours stands in brackets and has accents. What has neither is
hard-coded, unless it is a value: a name, a time, a code, a word of the command line.
"""

import argparse
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from beekeed.ctl import COMMANDS, parser
from tests.system.test_commands import on_terminal
from tests.system.world import World, world

PLAIN = set("aeiouyAEIOUYcnsz")
"""Letters that a text of ours has only with an accent."""

VALUE = re.compile(
    r"[ЖШЩ]\d*"  # a name
    r"|\d{4}-[a-z0-9]{5}"  # a Sync Event ID
    r"|\w+\.[a-z_]+(?:=\w*)?"  # a setting
    r"|--?[a-z-]+"  # an option
    r"|[a-z]+(?:_[a-z]+)+|[a-z]+/[a-z]+:[a-z]+"  # Moodle's functions and capabilities
    r"|https?://\S+|/[\w/.-]+|[0-9a-f:]*::?[0-9a-f:]*"  # addresses and files
    r"|(?:mon|tue|wed|thu|fri|sat|sun)(?:-[a-z]{3}|-\d\d)?|\d+(?:kB|MB|GB)|xyzzy\S*"  # as typed
)
NOT_OURS = re.compile(r"beekeectl\s+[a-z-]+|No\s+such\s+file\s+or\s+directory")
"""A command that a text names, and what the operating system says."""
KNOWN = {
    *("beekeectl", "UTC", "Etc/UTC"),
    *("Online", "school", "beekeesync", "Build"),  # of the sandbox's Moodle
}
OF_SETTINGS = {
    *("on", "off", "hold", "send", "random", "ignore", "starttls", "en", "assignment", "sync"),
    *("to", "school@example.org"),
}

HELP = [[], *([name] for name in COMMANDS)]
WRONG = (
    "", "xyzzy", "status --xyzzy", "show", "sync --day", "sync --day 2026-11-01 --month",
    "sync --day 2026-11-01 --month 2026-11", "sync --limit xyzzy", "sync --limit 5",
    "limit xyzzy", "limit set", "limit set xyzzy", "limit top-up", "limit off 5MB",
    "limit off --pacing on", "limit set --reserve xyzzy", "limit set --billing-day xyzzy",
    "schedule set", "schedule show --daily 02:00", "schedule set --daily xyzzy",
    "schedule set --hours xyzzy", 'schedule set --hours "mon 25"', "schedule set --jitter xyzzy",
    "history --page 0", "history --limit xyzzy", "settings set", "settings reset",
    "settings set xyzzy", "settings show xyzzy", "settings set sync.enabled=xyzzy",
    "settings set limit.bytes=xyzzy", "set-aside confirm", "guard accept", "guard accept xyzzy",
    "guard accept --kind grade xyzzy", "calendar 2026-13", "sync --to 2026-11-03",
    "sync --from 2026-11-03 --to 2026-11-02", "sync --day 2999-01-01", "sync --day xyzzy",
    "usage --month 2026-00", "show 0000-xyzzy", "history --limit 99", "limit set --billing-day 40",
    "schedule set --jitter 50", "settings set limit.billing_day=40", "settings set mail.notify=all",
    "settings set limit.xyzzy=5", "settings set daemon.log_level=info", "mail test",
    "set-aside confirm xyzzy", "set-aside confirm --file /xyzzy", "report /xyzzy/xyzzy",
)  # fmt: skip
SAID = (
    "status", "sync --dry-run", "sync --dry-run --limit 500 --month 2026-11",
    "sync --force --wait", "calendar",
    "history --limit 1", "history --page 9", "show latest", "show latest --actions", "usage",
    "usage --month 2026-11", "limit set 500MB --pacing on", "limit top-up 20MB", "usage", "status",
    "limit off", "schedule set --daily 02:00", "schedule set --hours 'mon-fri 08-11'", "schedule",
    "schedule reset", "disable", "sync", "enable", "waiting", "set-aside", "set-aside retry",
    "guard", "settings set sync.late_changes=send", "settings", "settings history", "link",
    "link --try", "mail", "password", "password off", "password unlock", "check", "stop",
    "report /dev/null", "sync --wait", "verify --wait", "verify", "stop --wait",
)  # fmt: skip


def hard_coded(text: str, names: Iterable[str] = ()) -> Iterator[str]:
    """The words of a text that are neither ours in the reader's language nor a value."""
    known, depth = {*KNOWN, *names}, 0
    for word in re.findall(r"[⟦⟧]|[^\s⟦⟧(){}|,;“”\"'`\[\]]+", NOT_OURS.sub("", text)):
        depth += (word == "⟦") - (word == "⟧")
        bare = word.rstrip(".:")
        letters = {letter for letter in bare if letter.isalpha()}
        if not letters or {bare, word} & known or VALUE.fullmatch(bare):
            continue
        if letters & PLAIN or depth == 0:
            yield word


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("⟦Nót ýét⟧: 2026-11-28 08:46 UTC, ⟦pártlý⟧ (0001-dbh5s)", []),
        ("never", ["never"]),
        ("⟦šéé⟧ beekeectl show --actions", []),
        ("⟦Lášt šýñç: never⟧", ["never"]),
        ("⟦Dátá⟧: ⟦5 kB⟧ up", ["up"]),
        ("⟦Dátá⟧ by ⟦ñóbódý⟧", ["by"]),
        ("5 kB", ["kB"]),
    ],
)
def test_a_word_that_is_hard_coded_is_seen(text: str, found: list[str]) -> None:
    """Beside our texts, and within them."""
    assert list(hard_coded(text)) == found


@pytest.fixture(scope="module")
def here() -> Iterator[World]:
    """A daemon that synced: somebody is set aside, a course is left out, names are in Cyrillic."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="b") as folder, world(Path(folder)) as made:
        for change in (made.on_box, made.on_online):
            change("UPDATE mdl_user SET firstname = 'Ж', lastname = 'Ш' || id")
            change("UPDATE mdl_course SET fullname = 'Ж' || id WHERE id > 1")
            for (table,) in change(
                "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c"
                " WHERE m.type = 'table' AND c.name IN ('name', 'course', 'courseid')"
                " GROUP BY m.name HAVING COUNT(*) = 2"
            ):
                change(f"UPDATE {table} SET name = 'Ж' || id")
        made.on_box("UPDATE mdl_grade_grades SET feedback = 'Ж' WHERE feedback IS NOT NULL")
        made.on_box("UPDATE mdl_assignfeedback_comments SET commenttext = 'Ж'")
        made.on_online("UPDATE mdl_course SET timemodified = 5 WHERE shortname = 'BK-FR'")
        name = made.on_box("SELECT username FROM mdl_user WHERE id = 7")[0][0]
        made.on_online(
            "INSERT INTO mdl_user (username, firstname, lastname, email, confirmed, mnethostid,"
            " idnumber, timecreated, timemodified) VALUES (?, 'Щ', 'Щ', 'o@b.ro', 1, 1, '', 1, 1)",
            name,
        )
        made.start_daemon()
        made.sync()
        made.environment = made.environment | {"LC_ALL": "en_XA"}
        yield made


def names(here: World) -> set[str]:
    """What people and the machine named."""
    found = {row[0] for row in here.on_box("SELECT username FROM mdl_user")}
    found |= {row[0] for row in here.on_box("SELECT shortname FROM mdl_course")}
    return found | {each.name for each in Path("/sys/class/net").iterdir()}


def of_the_command_line() -> set[str]:
    """Every word that a command is named or given by, which help and errors repeat."""
    (commands,) = (a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
    found = {"action", *commands.choices}
    for command in commands.choices.values():
        found |= {str(each) for option in command._actions for each in option.choices or ()}
    return found


def words_of(line: str) -> list[str]:
    """The words of a command line, with quotes."""
    return [one or two or plain for one, two, plain in
            re.findall(r"\"([^\"]*)\"|'([^']*)'|(\S+)", line)]  # fmt: skip


def test_nothing_is_hard_coded(here: World) -> None:
    """Help, every command that shows something, and what is said of wrong usage."""
    tried = [[*words, "--help"] for words in HELP] + [words_of(line) for line in (*WRONG, *SAID)]
    shown = on_terminal(here, tried)
    assert len(shown) == len(tried)
    of_help = len(tried) - len(SAID)
    told = []
    for number, ((_, text), words) in enumerate(zip(shown, tried, strict=True)):
        known = names(here) | (of_the_command_line() if number < of_help else set())
        known |= OF_SETTINGS if words[:1] == ["settings"] else set()
        plain = text.replace("\x1b[K", "").replace("\r", "\n")
        told += [f"{' '.join(words)}: {word}" for word in hard_coded(plain, known)]
        assert "⟦" in text, f"{words}: {text}"
    assert not told, "\n".join(told)
