"""Step 1: the box's own Moodle, by its config.php, which is read and never run."""

import grp
import pwd
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from beekeed.config import Input
from beekeed.ctl.language import _
from beekeed.ctl.setup import reading
from beekeed.ctl.setup.asking import Answers, Wrong
from beekeed.ctl.setup.record import Record
from beekeed.errors import Code, DeviceUnreadable
from beekeed.moodle.login import Login, complete, wwwroot

_PLACES = (  # Moodle's own guides, Debian's package, MoodleBox, and what hosts make of it
    *("var/www/*/config.php", "var/www/html/*/config.php", "var/www/*/public*/config.php"),
    *("var/www/*/moodle/config.php", "usr/share/moodle/config.php", "srv/*/config.php"),
    *("srv/www/*/config.php", "opt/*/config.php", "opt/*/moodle/config.php"),
)
_USER, _GROUPS = "beekeed", ("beekee", "www-data")  # of beekeed.service
_NOBODY = 65534
_HIDDEN = ("/home", "/root", "/run/user")  # from the unit (ProtectHome=)
_ELSEWHERE = "elsewhere"
_ANY = "-"  # stands for an account that comes later
_SERVERS = {"mariadb": "MariaDB", "mysql": "MySQL", "postgresql": "PostgreSQL"}


@dataclass(frozen=True, slots=True)
class Box:
    """The box's Moodle. `login` has no account yet; `owner`: Moodle's own, where it is plain.

    `site`: its address, empty where only PHP can tell.
    """

    config: Path
    site: str
    login: Login
    owner: str
    is_readable: bool
    """Whether beekeed's user may read config.php."""

    @property
    def is_here(self) -> bool:
        """Whether its database server is on this machine."""
        return self.login.host in ("", "localhost", "127.0.0.1", "::1")

    def settings(self) -> dict[str, str | int]:
        """Give what beekeed's settings must say of it, the account left out."""
        if self.is_readable:
            return {"device.moodle_config": str(self.config)}
        login = self.login
        told: dict[str, str | int] = {
            "device.moodle_config": "",
            "device.database": login.kind,
            "device.name": login.name,
            "device.prefix": login.prefix,
        }
        given: dict[str, str | int] = {
            "device.host": login.host,
            "device.port": login.port,
            "device.socket": login.socket,
        }
        return told | {key: value for key, value in given.items() if value}


def choose(
    answers: Answers, record: Record, by_hand: Mapping[str, Input], before: Mapping[str, Any]
) -> Box:
    """Find the box's Moodle, or ask for it, and say what it is. Raises DeviceUnreadable."""
    record.say(_("beekeed reads what learners did from its database; config.php says where."))
    found = candidates(Path("/"))
    offered = _offered(found, by_hand, before)
    while True:
        path = _asked(answers, record, found, offered)
        try:
            box = _read(path, by_hand)
        except DeviceUnreadable as error:
            if not answers.is_typed:
                raise
            record.reason(error.code, error.params)
        else:
            _tell(record, box)
            return box


def candidates(root: Path) -> list[Path]:
    """Find the config.php of every Moodle where Moodles are, each once."""
    found: dict[Path, Path] = {}
    for place in _PLACES:
        for path in sorted(root.glob(place)):
            if _is_moodle(path):
                found.setdefault(path.resolve(), path)
    return list(found.values())


def _is_moodle(path: Path) -> bool:
    """Tell a Moodle's config.php from other programs' files of that name."""
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return False
    return "$CFG" in text and "dbtype" in text


def _offered(found: Sequence[Path], by_hand: Mapping[str, Input], before: Mapping[str, Any]) -> str:
    """Give what set-up settled on before, else what the settings name, else what was found."""
    said = str(before.get("device.moodle_config", ""))
    named = by_hand.get("device.moodle_config")
    if not said and named and Path(str(named.value)).is_file():
        said = str(named.value)
    return said or (str(found[0]) if found else "")


def _asked(answers: Answers, record: Record, found: Sequence[Path], offered: str) -> Path:
    if len(found) > 1 and answers.is_typed:
        record.say(_("There are several Moodles here. Which is the one that learners use?"))
        options = {str(path): _listed(path) for path in found}
        options[_ELSEWHERE] = _("another one")
        offered = offered if offered in options else str(found[0])
        chosen = answers.choose("device.moodle_config", options, offered)
        if chosen != _ELSEWHERE:
            return Path(chosen)
    elif not found:
        record.say(_("No Moodle was found where Moodles usually are."))
    question = _("Its config.php")
    return answers.ask("device.moodle_config", question, reading.moodle_config, offered)


def _listed(path: Path) -> str:
    site = ""
    with suppress(DeviceUnreadable):
        site = wwwroot(path)
    return f"{path} ({site})" if site else str(path)


def _read(path: Path, by_hand: Mapping[str, Input]) -> Box:
    """Read config.php; what the settings say of the database comes first, as for the daemon."""
    said = {
        name: by_hand[f"device.{name}"].value
        for name in ("database", "host", "port", "socket", "name", "prefix")
        if f"device.{name}" in by_hand
    }
    prefix = said.pop("prefix", None)
    given = Login(kind=said.pop("database", ""), **said)
    # An account of our own comes: that PHP makes up Moodle's own must not matter.
    given = replace(given, password=_ANY)
    login = complete(replace(given, user=_ANY), path, prefix)
    owner = ""
    with suppress(DeviceUnreadable):
        owner = complete(given, path, prefix).user
    is_readable = can_read(path)
    if login.schema and not is_readable:
        detail = "beekeed's user may not read it"
        raise DeviceUnreadable(Code.MOODLE_CONFIG_UNREADABLE, path=str(path), detail=detail)
    return Box(path, wwwroot(path), replace(login, user="", password=""), owner, is_readable)


def can_read(path: Path) -> bool:
    """Tell whether beekeed.service may read a file, as its user and in its groups."""
    if any(path.resolve().is_relative_to(place) for place in _HIDDEN):
        return False
    try:
        user = pwd.getpwnam(_USER).pw_uid
    except KeyError:
        user = _NOBODY
    groups = list(_group_ids())
    done = subprocess.run(  # noqa: S603 - only whether it can be read
        ["/usr/bin/test", "-r", str(path)],
        user=user,
        group=groups[0] if groups else _NOBODY,
        extra_groups=groups,
        check=False,
    )
    return done.returncode == 0


def _group_ids() -> Iterator[int]:
    for each in _GROUPS:
        with suppress(KeyError):
            yield grp.getgrnam(each).gr_gid


def _tell(record: Record, box: Box) -> None:
    login, server = box.login, _SERVERS.get(box.login.kind, box.login.kind)
    record.say(_("Found: {path}", path=box.config))
    if box.site:
        record.say(_("Site: {site}", site=box.site))
    where = login.socket or login.host or _("this machine")
    record.say(
        _("Database: {name} on {server}, {where}", name=login.name, server=server, where=where)
    )
    if box.is_readable:
        record.say(_("beekeed's user may read that file."))
    else:
        record.say(
            _(
                "beekeed's user may not read that file, so where the database is goes into"
                " beekeed's own settings: use this command again where it moves."
            )
        )
    record.done(
        "moodle", config=str(box.config), site=box.site, database=login.kind, name=login.name,
        where=login.socket or login.host, readable=box.is_readable,
    )  # fmt: skip


def must_be_one(found: Sequence[Path]) -> Path:
    """Give the one Moodle that is there. Raises Wrong where there is none, or several."""
    if len(found) == 1:
        return found[0]
    if not found:
        raise Wrong(_("No Moodle was found where Moodles usually are."))
    paths = ", ".join(map(str, found))
    raise Wrong(_("There are several Moodles here: {paths}.", paths=paths))
