"""What is generated from the code: the manual pages, completions, schemas."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import structs

from beekeed.control.routes import ROUTES
from beekeed.ctl import COMMANDS
from beekeed.ctl.exits import EXITS
from beekeed.sections import SECTIONS

ROOT = Path(__file__).parent.parent
PAGES = ("beekeectl.1", "beekeed.8", "beekeed-page.8", "beekeed.toml.5")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all of them."""
    folder = tmp_path_factory.mktemp("documents")
    generate(folder)
    return folder


def generate(folder: Path) -> None:
    """Generate them as a build does."""
    environment = {
        "PYTHONPATH": str(ROOT), "SOURCE_DATE_EPOCH": "1700000000", "PATH": "/usr/bin",
        "LANG": "en_XA",  # they are in English all the same
    }  # fmt: skip
    words = [sys.executable, str(ROOT / "packaging" / "documents.py"), str(folder)]
    subprocess.run(words, check=True, env=environment, cwd=folder)


def page(made: Path, name: str = "beekeectl.1") -> str:
    """A manual page as a person reads it."""
    words = ["mandoc", "-T", "utf8", "-O", "width=78", str(made / name)]
    shown = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    plain = subprocess.run(["col", "-b"], input=shown, capture_output=True, text=True, check=True)
    return " ".join(plain.stdout.split())


def test_the_manual_page_names_every_command_and_exit_code(made: Path) -> None:
    """What a script may meet is written down where people look."""
    said = page(made)
    for name, command in COMMANDS.items():
        assert f"beekeectl {name}" in said
        assert command.SUMMARY in said
    for code, text in EXITS.items():
        assert f"{code.value} {text}" in said


def test_the_daemon_s_page_names_what_starts_ends_and_feeds_it(made: Path) -> None:
    """Every program, its options, signals, exit status and secrets; under both its names."""
    said = page(made, "beekeed.8")
    unit = (ROOT / "systemd/beekeed.service").read_text()
    for name in ("run", "put-back", "install-units", "demo", "sandbox-online", "sandbox-box"):
        assert f"beekeed {name}" in said
    for option in ("--config FILE", "--schema NUMBER", "--root FOLDER", "--listen HOST:PORT"):
        assert option in said
    for credential in re.findall(r"LoadCredential=(\w+):(\S+)", unit):
        assert all(each in said for each in credential)
    assert "SIGHUP" in said
    assert "78 The settings are wrong" in said
    assert (made / "beekeed-page.8").read_bytes() == (made / "beekeed.8").read_bytes()


def test_the_settings_page_has_every_setting_with_its_type_and_default(made: Path) -> None:
    """In the words of the shipped file, in its order."""
    said = page(made, "beekeed.toml.5")
    for name, section in SECTIONS.items():
        part = said.partition(f" [{name}]")[2]
        for field in structs.fields(section):
            described = part.partition(f" {field.name} ")[2]
            ending = "must be set" if field.required else "default: "
            assert ending in described[:800], f"{name}.{field.name}"
            part = described
    assert "reserve_percent The last part of the limit" in said
    assert "(a whole number from 0 to 90; default: 10; may be changed while beekeed runs)" in said
    assert "may be changed" not in said.partition(" [daemon]")[2]


@pytest.mark.parametrize("name", PAGES)
def test_nothing_warns_of_a_manual_page(made: Path, name: str) -> None:
    """Neither mandoc nor, where it is there, man."""
    file = str(made / name)
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", file],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert (lint.returncode, lint.stdout) == (0, "")
    if shutil.which("man"):
        words = ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", file]
        shown = subprocess.run(words, capture_output=True, text=True, check=True)
        assert shown.stderr == ""


def test_bash_completes_commands_and_their_words(made: Path) -> None:
    """Sourced into a shell and asked as the Tab key asks it."""
    file = str(made / "beekeectl.bash")
    subprocess.run(["bash", "-n", file], check=True)

    def completed(*words: str) -> list[str]:
        script = (f"source {file}; COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1};"
                  f" _shtab_beekeectl '' '{words[-1]}' ''; echo ${{COMPREPLY[@]}}")  # fmt: skip
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
        return done.stdout.split()

    assert completed("beekeectl", "st") == ["status", "stop"]
    assert completed("beekeectl", "set-aside", "re") == ["retry"]
    assert completed("beekeectl", "sync", "--dry") == ["--dry-run"]


def test_zsh_reads_its_completion(made: Path) -> None:
    """It is good zsh, and knows every command."""
    file = made / "_beekeectl"
    subprocess.run(["zsh", "-n", str(file)], check=True)
    for name in COMMANDS:
        assert f"{name})" in file.read_text()


def test_every_answer_of_the_api_is_described(made: Path) -> None:
    """By the name that it carries; every reference leads somewhere."""
    text = (made / "beekeectl.schema.json").read_text()
    described = json.loads(text)
    assert len(described["answers"]) >= len({route.answer for route in ROUTES}) - 1
    assert "beekeed.status/1" in described["answers"]
    for part in text.split('"#/$defs/')[1:]:
        assert part.split('"')[0] in described["$defs"]


def test_the_same_code_gives_the_same_bytes(made: Path, tmp_path: Path) -> None:
    """So that a package can be built again."""
    generate(tmp_path)
    for file in made.iterdir():
        assert (tmp_path / file.name).read_bytes() == file.read_bytes()
