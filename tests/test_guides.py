"""README and the guides, held to the programs: what a reader types or clicks is there."""

import re
import shlex
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from beekeed import ctl
from beekeed.__main__ import parser as daemon_parser
from beekeed.config import Input, build
from beekeed.ctl.exits import EXITS
from beekeed.moodle import functions, rights
from beekeed.page.__main__ import parser as page_parser
from beekeed.sections import SECTIONS, default, field_of, setting_keys
from tests.category import ON_SITE
from tests.guides import (
    GUIDES,
    ONLINE,
    OURS,
    ROOT,
    commands,
    headings,
    inline,
    links,
    shell,
    table,
    ways,
)

TECHNICIAN = ROOT / "docs" / "technician.md"
PARSERS = {"beekeectl": ctl.parser, "beekeed": daemon_parser, "beekeed-page": page_parser}
OTHERS = frozenset({"apt", "cp", "chmod", "curl", "python3", "pip", "php", "python"})
"""Programs of others that the guides call."""
NOT_SETTINGS = frozenset({"page.sock"})
each_guide = pytest.mark.parametrize("guide", GUIDES, ids=lambda each: str(each.relative_to(ROOT)))


@each_guide
def test_every_command_is_one_that_the_program_takes(guide: Path) -> None:
    """With every option and word that the guide gives it."""
    for program, *words in commands(guide):
        assert takes(program, shlex.split(" ".join(words))), f"{program} {' '.join(words)}"


def takes(program: str, words: list[str]) -> bool:
    """Tell whether a program understands a command; help is one as well."""
    try:
        _, rest = PARSERS[program]().parse_known_args(words)
    except SystemExit as ended:
        return ended.code == 0
    return rest == [] or "demo" in words


def test_a_guide_is_read_as_a_person_reads_it() -> None:
    """Brackets may be left out, of choices one is taken, and words in capitals are replaced."""
    assert [*ways("/opt/beekeectl sync [--wait]")] == ["beekeectl sync", "beekeectl sync --wait"]
    assert [*ways("beekeectl sync --day D|--month M")] == [
        "beekeectl sync --day 2026-11-02", "beekeectl sync --month 2026-11",
    ]  # fmt: skip
    assert [*ways("beekeectl mail [show|test]")] == [
        "beekeectl mail", "beekeectl mail show", "beekeectl mail test",
    ]  # fmt: skip
    assert not takes("beekeectl", ["sink"])
    assert not takes("beekeectl", ["sync", "--limit", "much"])


@each_guide
def test_every_line_of_a_shell_is_checked_or_somebody_elses(guide: Path) -> None:
    """Ours are parsed; a program or a module of this repository is there."""
    for line in shell(guide):
        words = shlex.split(line)
        name = words[0].rpartition("/")[2]
        if words[0].startswith("./packaging/"):
            assert (ROOT / words[0]).exists(), line
        elif name == "python" and words[1] != "-m":
            assert (ROOT / words[1]).exists(), line
        else:
            assert name in {*OURS, *OTHERS}, line


@each_guide
def test_every_program_that_is_named_in_passing_is_there(guide: Path) -> None:
    """Modules that are run, and files of this repository."""
    for text in inline(guide):
        if module := re.match(r"python -m ([\w.]+)", text):
            file = ROOT / module[1].replace(".", "/")
            assert file.with_suffix(".py").exists(), text
        path = re.match(r"(?:\./|python )?((?:packaging|tests|systemd)/[\w./-]+)", text)
        if path and "VERSION" not in text:
            assert (ROOT / path[1]).exists(), text


@each_guide
def test_every_setting_is_one(guide: Path) -> None:
    """Named by its section, or with a value that the settings take."""
    for text in inline(guide):
        dotted = re.fullmatch(r"([a-z]+)\.([a-z_]+)", text)
        if dotted and dotted[1] in SECTIONS and text not in NOT_SETTINGS:
            assert field_of(text) is not None, text
        if section := re.fullmatch(r"\[([a-z]+)\]", text):
            assert section[1] in SECTIONS, text
        if assigned := re.fullmatch(r"([a-z_]+) = (.+)", text):
            loads(assigned[1], tomllib.loads(text)[assigned[1]])


def loads(name: str, value: object) -> None:
    """Have the settings take a value for the one setting of that name."""
    (key,) = [each for each in setting_keys() if each.partition(".")[2] == name]
    file = Path("/beekeed.toml")
    needed = {"device.path": "/box.sqlite", "online.address": "https://moodle.example.org",
              "online.token_file": "/t"}  # fmt: skip
    build({name: Input(each, file) for name, each in {**needed, key: value}.items()}, file)


@each_guide
def test_no_link_is_dead(guide: Path) -> None:
    """The file is there, and the heading in it."""
    for file, heading in links(guide):
        target = guide.parent / file if file else guide
        assert target.exists(), file
        assert not heading or heading in headings(target), f"{file}#{heading}"


def test_the_technician_finds_every_command_and_exit_code() -> None:
    """What a person reads is what the program has: no more, and in its words."""
    listed = [each.split() for row in table(TECHNICIAN, "command") for each in in_ticks(row[0])]
    assert {words[1] for words in listed if words[0] == "beekeectl"} == ctl.COMMANDS.keys()
    rows = table(TECHNICIAN, "code")
    assert [(int(code), text) for code, text, _ in rows] == [
        (code.value, text) for code, text in EXITS.items()
    ]
    assert all(what for _, _, what in rows)


def test_what_the_administrator_imports_is_what_the_code_calls(tmp_path: Path) -> None:
    """Written by packaging/online_moodle.py; where it is not: run that."""
    program = str(ROOT / "packaging" / "online_moodle.py")
    subprocess.run(
        [sys.executable, program, str(tmp_path)], check=True, env={"PYTHONPATH": str(ROOT)}
    )
    made = sorted(file.name for file in tmp_path.iterdir())
    assert made == ["beekeed-accounts.xml", "beekeed.xml", "functions.txt"]
    for name in made:
        assert (ONLINE / name).read_bytes() == (tmp_path / name).read_bytes(), name


def test_the_role_has_what_is_needed_and_nothing_that_is_beyond() -> None:
    """For any kind of activity, in the site or a category; it assigns learners and nobody else."""
    role = ET.parse(ONLINE / "beekeed.xml").getroot()
    allowed = [each.text for each in role.iterfind("permissions/allow")]
    required, useful = rights.needed(rights.VIEWED)
    assert sorted({*required, *useful}) == allowed
    assert not {*allowed} & {*rights.BEYOND}
    assert [each.text for each in role.iterfind("contextlevels/level")] == ["system", "coursecat"]
    assigned = [each.text for each in role.iterfind("allowassign/shortname")]
    assert assigned == [default("online.learner_role")]


def test_the_small_role_has_what_moodle_asks_in_the_whole_site() -> None:
    """And may be given there only."""
    role = ET.parse(ONLINE / "beekeed-accounts.xml").getroot()
    assert {each.text for each in role.iterfind("permissions/allow")} == {*ON_SITE}
    assert [each.text for each in role.iterfind("contextlevels/level")] == ["system"]


def test_each_function_and_each_right_has_its_reason() -> None:
    """In the administrator's tables, once."""
    guide = ONLINE / "README.md"
    required, useful = rights.needed(rights.VIEWED)
    needed = {"function": functions.FUNCTIONS.keys(), "right": {*required, *useful}}
    for column, names in needed.items():
        rows = table(guide, column)
        assert sorted(each for row in rows for each in in_ticks(row[0])) == sorted(names)
        assert all(row[1] for row in rows)


def in_ticks(cell: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`]+)`", cell)


def test_the_pictures_are_few_and_small() -> None:
    """A box on a slow line is where they are read."""
    pictures = [*(ROOT / "docs" / "pictures").iterdir()]
    shown = {(guide.parent / file).resolve() for guide in GUIDES for file, _ in links(guide)}
    assert {*pictures} <= shown
    assert len(pictures) <= 4
    assert all(picture.stat().st_size < 100_000 for picture in pictures)
