"""The manual pages beekeed(8) and beekeed.toml(5), in roff (man(7)).

What the parsers and the settings know is taken from there; packaging/documents.py writes the
pages. The comments of config/beekeed.toml are the descriptions of the settings.
"""

import argparse
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

import beekeed
from beekeed.__main__ import parser as daemon_parser
from beekeed.config import toml
from beekeed.page.__main__ import parser as page_parser
from beekeed.sections import SECTIONS, default, field_of
from beekeed.starting import DEFAULT_CONFIG, EX_CONFIG
from beekeed.tuning import is_open

SETTINGS = Path(__file__).parents[1] / "config" / "beekeed.toml"

_RUNS = (
    "beekeed reads what learners did on this box from the database of its Moodle, and sends what is"
    " new to the online Moodle, by its schedule or when somebody asks for it. It never writes to"
    " the box's Moodle.",
    "beekeed run is the daemon. systemd starts it (beekeed.service); beekeectl(1) speaks to it.",
    "beekeed-page is the status page. It has no network but the connections that systemd hands it"
    " (beekeed-page.socket, port 8088), and asks the daemon for all that it shows. systemd starts"
    " it for the first browser, and it ends two minutes after the last.",
)
_SIGNALS = (
    ("SIGTERM, SIGINT", "The daemon settles the request that is under way, writes down what"
     " arrived, and ends. What is left waits for the next sync."),
    ("SIGHUP", "The daemon reads its settings again, while a sync goes on. What may be changed"
     " while it runs holds at once; the log names what holds from the next start on. With a"
     " mistake in a file everything stays as it was."),
)  # fmt: skip
_EXITS = (
    ("0", "It was asked to end."),
    ("1", "It failed, and said of what. systemd starts it again."),
    ("2", "Wrong usage."),
    (str(EX_CONFIG), "The settings are wrong, or there is no token. systemd does not start it again"
     " before somebody does: the mistakes are in the journal, each with what to do."),
)  # fmt: skip
_CREDENTIALS = (
    "Secrets are root's files, which the daemon's user cannot read: systemd hands them on"
    " (LoadCredential=). Each comes before the file that the settings name."
)
_SECRETS = (
    ("token", "The token of beekeed's account on the online Moodle: /etc/beekeed/token. Must be"
     " there. beekeectl token set writes it."),
    ("device_password", "The password of the database account: /etc/beekeed/device_password."),
    ("mail_password", "The password for the mail server: /etc/beekeed/mail_password."),
)  # fmt: skip
_WATCHDOG = (
    "The daemon tells systemd every few seconds that it is alive, and only while it is. Where its"
    " event loop does not come round for five seconds, its own database does not answer for two"
    " minutes, or a sync or mail shows no sign of life for six hours, systemd ends it and starts it"
    " again, and the journal has where each thread stood. What was under way is found out then, as"
    " after a power cut: nothing is sent twice blindly."
)
_FILES = (
    (DEFAULT_CONFIG, "The settings, beekeed.toml(5), and the folder beekeed.toml.d beside it."),
    ("/var/lib/beekeed", "The daemon's own database and its copies."),
    ("/run/beekeed/control.sock", "Where beekeectl reaches the daemon: root and the group beekee."),
    ("/run/beekeed-page/page.sock", "Where the status page reaches it."),
)
_HOW_READ = (
    f"{DEFAULT_CONFIG} holds the settings of beekeed(8), in TOML. After it the files of the folder"
    " beekeed.toml.d beside it whose names end in .toml are read, in order of name. Where several"
    " set the same key, the last one counts. beekeectl setup writes 10-setup.toml there, and leaves"
    " the main file as the package brought it.",
    "What no file sets has its default. Some of that may be changed while beekeed runs, with"
    " beekeectl settings, limit, schedule and mail or on the status page; it is then kept in"
    " beekeed's own database. What a file sets is fixed: nobody changes it in any other way.",
    "Every mistake is reported at once, each with its file, its key and an example: beekeed then"
    f" ends with {EX_CONFIG}. systemctl reload beekeed reads the files again.",
)


def daemon_page(date: str) -> str:
    """Give beekeed(8), which is beekeed-page(8) as well."""
    page, runs = page_parser(), programs()
    return _page(
        _head("beekeed", 8, date, "brings the work of a Beekee box to its online Moodle"),
        _section("synopsis", _synopsis(page)),
        _section("description", *_RUNS),
        _section("commands", terms(runs.items())),
        _section("options", _options(daemon_parser(), page)),
        _section("signals", terms(_SIGNALS)),
        _section("exit status", terms(_EXITS)),
        _section("credentials", _CREDENTIALS, terms(_SECRETS)),
        _section("watchdog", _WATCHDOG),
        _section("files", terms(_FILES)),
        _section("see also", "beekeectl(1), beekeed.toml(5), systemd.exec(5)"),
    )


def settings_page(date: str) -> str:
    """Give beekeed.toml(5)."""
    return _page(
        _head("beekeed.toml", 5, date, "settings of beekeed"),
        _section("description", *_HOW_READ),
        *(_section(f"[{name}]", terms(_settings(name)), heading="SS") for name in SECTIONS),
        _section("see also", "beekeed(8), beekeectl(1)"),
    )


@dataclass(frozen=True)
class _Group:
    """Keys that stand together in the settings' file, and the comment above them."""

    comment: str
    keys: tuple[str, ...]


def groups(section: str) -> list[_Group]:
    """Give the keys of a section as config/beekeed.toml has them."""
    text = SETTINGS.read_text("utf-8").partition(f"\n[{section}]\n")[2].partition("\n[")[0]
    found: list[_Group] = []
    comment: list[str] = []
    keys: list[str] = []
    for line in text.splitlines():
        if key := re.match(r"(?:# )?(\w+) = ", line):
            keys.append(key[1])
            continue
        if keys:
            found.append(_Group(" ".join(comment), tuple(keys)))
            comment, keys = [], []
        comment += [line.removeprefix("#").strip()] if line else []
    return [*found, _Group(" ".join(comment), tuple(keys))]


def _settings(section: str) -> Iterator[tuple[str, str]]:
    for group in groups(section):
        for key in group.keys:
            said = f"{group.comment} " if key == group.keys[0] else ""
            yield key, f"{said}{kind(f'{section}.{key}')}"


def kind(key: str) -> str:
    """Say what a setting may be, what holds where it is not set, and when it may be changed."""
    field = field_of(key)
    if field is None:
        raise KeyError(key)
    words = _kind(msgspec.inspect.type_info(field.type))
    otherwise = "must be set" if field.required else f"default: {_shown(default(key))}"
    changes = "; may be changed while beekeed runs" if is_open(key) else ""
    return f"({words}; {otherwise}{changes})"


def _kind(found: msgspec.inspect.Type) -> str:
    match found:
        case msgspec.inspect.BoolType():
            return "true or false"
        case msgspec.inspect.IntType(ge=low, le=high):
            return f"a whole number from {low}" + (f" to {high}" if high is not None else "")
        case msgspec.inspect.LiteralType(values=values):
            return "one of " + ", ".join(map(toml, values))
        case msgspec.inspect.VarTupleType():
            return "a list of texts"
        case _:
            return "text"


def _shown(value: object) -> str:
    return "not set" if value is None else toml(value)


def programs() -> dict[str, str]:
    """Give each `beekeed ...` with what it is for."""
    chosen = _programs(daemon_parser())
    helps = {each.dest: each.help or "" for each in chosen._choices_actions}
    return {
        f"beekeed {name}": f"{helps[name][0].upper()}{helps[name][1:]}." for name in chosen.choices
    }


def _programs(top: argparse.ArgumentParser) -> "argparse._SubParsersAction[Any]":
    return next(each for each in top._actions if isinstance(each, argparse._SubParsersAction))


def _options(top: argparse.ArgumentParser, page: argparse.ArgumentParser) -> str:
    """Describe each option once, with the programs that take it."""
    takers: dict[tuple[str, str], list[str]] = {}
    for name, each in {**_programs(top).choices, "beekeed-page": page}.items():
        for action in each._actions:
            if not isinstance(action, argparse._HelpAction):
                value = f" {action.metavar}" if action.metavar else ""
                option = (f"{action.option_strings[0]}{value}", str(action.help))
                takers.setdefault(option, []).append(name)
    return terms(
        (option, f"With {', '.join(names)}: {text}.") for (option, text), names in takers.items()
    )


def _synopsis(page: argparse.ArgumentParser) -> str:
    """Give the usage of each program; the sandbox's take their own options."""
    used = [each.format_usage() for each in [*_programs(daemon_parser()).choices.values(), page]]
    lines = [re.sub(r"\s+", " ", each).removeprefix("usage: ").strip() for each in used]
    return "\n.br\n".join(map(plain, lines))


def _head(name: str, number: int, date: str, purpose: str) -> str:
    title = f'.TH {name.upper()} {number} {date} "beekeed {beekeed.__version__}" "beekeed"'
    names = f"{name}, beekeed\\-page" if number == 8 else name
    return f"{title}\n.SH NAME\n{names} \\- {plain(purpose)}"


def _section(name: str, *parts: str, heading: str = "SH") -> str:
    """Give a section; a part that is roff already begins with a dot."""
    title = f".{heading} {name.upper() if heading == 'SH' else name}"
    text = "".join(
        f"\n{part}" if part.startswith((".", "\\&")) else f"\n.PP\n{plain(part)}" for part in parts
    )
    return title + text.replace("\n.PP", "", 1) if text.startswith("\n.PP") else title + text


def _page(*parts: str) -> str:
    return "\n".join(parts) + "\n"


def terms(pairs: Iterable[tuple[str, str]]) -> str:
    """Give a list of terms in roff."""
    return "\n".join(f".TP\n\\fB{plain(term)}\\fR\n{plain(text)}" for term, text in pairs)


def plain(text: str) -> str:
    """Escape what roff would read as its own."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return f"\\&{escaped}"
