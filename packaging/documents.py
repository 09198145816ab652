"""Writes the manual pages, and beekeectl's completions and schemas, generated from the code.

    python packaging/documents.py FOLDER

gives beekeectl.1, beekeed.8, beekeed-page.8 (the same page), beekeed.toml.5, beekeectl.bash and
_beekeectl (zsh) there, and beekeectl.schema.json, which describes what `--json` prints: the
control API's answers, by the name in their `schema`. Run with what packaging/check installs. None
of them is kept: a build makes them anew, the same for the same SOURCE_DATE_EPOCH.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import shtab
from argparse_manpage.manpage import Manpage
from manual_pages import daemon_page, plain, settings_page, terms

import beekeed
from beekeed.control.routes import ROUTES
from beekeed.ctl import DEFAULT_SOCKET, parser
from beekeed.ctl.exits import EXITS

_FILES = frozenset({"FILE", "PATH"})
_EXAMPLES = (
    ("beekeectl status", "How it stands."),
    ("beekeectl sync --wait && echo safe", "Synchronize now, and do something after it."),
    ("beekeectl sync --dry-run", "What a sync would send, and about how many bytes."),
    ("beekeectl limit set 500MB --billing-day 15", "Never more than that in a month."),
    ("beekeectl history --json | jq .runs[0]", "The latest sync, for another program."),
)
_JSON = (
    "With --json a command prints the control API's answer as it is, on standard output. Its"
    " member schema names its shape and the version of that, like beekeed.status/1; members may be"
    " added under the same version, and none is taken away or changes its meaning. An error is"
    " {error: {code, params, sentence}}. beekeectl.schema.json describes every answer."
)


def main() -> int:
    """Write them: in English, whatever who builds beekeed speaks."""
    os.environ["LC_ALL"] = "C"
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    page, date = manual()
    (folder / "beekeectl.1").write_text(page, "utf-8")
    for name in ("beekeed.8", "beekeed-page.8"):
        (folder / name).write_text(daemon_page(date), "utf-8")
    (folder / "beekeed.toml.5").write_text(settings_page(date), "utf-8")
    (folder / "beekeectl.bash").write_text(completions("bash"), "utf-8")
    (folder / "beekeectl.schema.json").write_bytes(schemas())
    (folder / "_beekeectl").write_text(completions("zsh"), "utf-8")
    return 0


def manual() -> tuple[str, str]:
    """Give beekeectl's manual page (man(7)), and the date of all pages."""
    top = parser()
    top.epilog = None  # its exit codes have a section here
    data = {
        "project_name": "beekeed",
        "version": beekeed.__version__,
        "description": "operate beekeed, which brings a Beekee box's work online",
        "manual_title": "beekeed",
    }
    page = Manpage(top, data)
    page.add_section("exit status", ">", terms((str(code.value), EXITS[code]) for code in EXITS))
    page.add_section("json", ">", plain(_JSON))
    page.add_section(
        "environment", ">",
        terms([("BEEKEED_SOCKET", "The daemon's control socket, where --socket names none.")]),
    )  # fmt: skip
    page.add_section("files", ">", terms([(DEFAULT_SOCKET, "The daemon's control socket.")]))
    page.add_section("examples", ">", terms(_EXAMPLES))
    # Its maker escapes the hyphens of the date, which no reader of pages then takes for one.
    return str(page).replace(page.date.replace("-", r"\-"), page.date, 1), page.date


def schemas() -> bytes:
    """Describe each answer as a JSON Schema, by its name and version."""
    given = [route.answer for route in ROUTES if route.answer is not None]
    answers = {_schema_of(answer): answer for answer in given}
    described, components = msgspec.json.schema_components(
        answers.values(), ref_template="#/$defs/{name}"
    )
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "answers": dict(zip(answers, described, strict=True)),
        "$defs": components,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=1)


def _schema_of(answer: type[msgspec.Struct]) -> str:
    """Give the name that an answer carries itself."""
    fields = {field.name: field for field in msgspec.structs.fields(answer)}
    return str(fields["schema"].default)


def completions(shell: str) -> str:
    """Give the completion for a shell; what names a file completes as one."""
    top = parser()
    for action in _actions(top):
        if action.metavar in _FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    return shtab.complete(top, shell)


def _actions(top: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in top._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)


sys.exit(main())
