"""The answers for a set-up without questions: a TOML text is all right, or Refused with a reason.

`@HERE@` stands for a folder with a Moodle's config.php, which the second part of the text is,
after a line `====`, where there is one.
"""

import tempfile
from pathlib import Path

from beekeed.client import Refused
from beekeed.ctl.setup.answers import read_answers
from beekeed.errors import BeekeedError, Code, DeviceUnreadable
from beekeed.moodle.login import Login, complete
from tests.endurance.fuzz.target import Target, check_kept, check_told

_CONFIG = b"<?php $CFG = new stdClass(); $CFG->dbtype = 'mariadb'; $CFG->wwwroot = 'http://box';"
_SECTIONS = ("device", "online", "page", "limit", "schedule", "sync")
_NAMES = (
    *("moodle_config", "account", "user", "password", "password_file", "address", "token"),
    *("token_file", "size", "billing_day", "when", "start"),
)
_PHP = (
    *("$CFG->", "dbtype", "dboptions", "wwwroot", "dbpass", "array(", "'dbport' => ", "// ", "/*"),
    *("*/", "#", "\\'", '"', "$a", "= 'pgsql';", "prefix", "dbsocket", "['dbschema']", "[[[["),
)


def target() -> Target:
    """Give the target."""
    here = Path(tempfile.mkdtemp(prefix="fuzz-answers-"))

    def taste(data: bytes) -> None:
        _taste(here, data)

    lines = (*(f"[{each}]\n" for each in _SECTIONS), *(f"{each} = " for each in _NAMES))
    values = ('"500MB"', '"none"', '"02:00"', '"random"', '"make"', '"given"', '"@HERE@/token"')
    return Target(taste, (*lines, *values, *_PHP, "\n====\n", "true", "28", "nan", '"""'))


def _taste(here: Path, data: bytes) -> None:
    text, _, php = data.partition(b"\n====\n")
    (here / "config.php").write_bytes(php or _CONFIG)
    (here / "token").write_bytes(b"0123456789abcdef0123456789abcdef")
    file = here / "answers.toml"
    file.write_bytes(text.replace(b"@HERE@", str(here).encode()))
    file.chmod(0o600)
    try:
        check_kept(dict(read_answers(file, {}).values))
    except Refused as refused:
        check_told(BeekeedError(Code(refused.code), **refused.params))
    for kind in ("", "postgresql"):
        try:
            check_kept(complete(Login(kind=kind), here / "config.php"))
        except DeviceUnreadable as error:
            check_told(error)
