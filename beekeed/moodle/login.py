"""Where the box's database is and how to log in: by the settings, or by Moodle's own config.php.

The rule: config.php is read and never run. What cannot be read for certain (a
value that PHP computes, a key that is set twice) is asked for in the settings.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from beekeed.errors import Code, DeviceUnreadable


@dataclass(frozen=True, slots=True)
class Login:
    """A database and an account; empty where nothing is said of it.

    `kind`: "mariadb", "mysql", "postgresql" or "sqlite". `prefix` is what the
    names of Moodle's tables begin with.
    """

    kind: str = ""
    path: str = ""
    """The file of an SQLite database."""
    socket: str = ""
    """A unix socket: of MariaDB the file, of PostgreSQL the folder."""
    host: str = ""
    port: int = 0
    name: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    prefix: str = ""
    schema: str = ""
    """Of PostgreSQL; empty: as the account's search path says."""


def complete(given: Login, moodle_config: Path, prefix: str | None = None) -> Login:
    """Fill what the settings leave open with what a Moodle's config.php says.

    `prefix`: as the settings say, where they do; it may be empty.

    Raises DeviceUnreadable with what to do where that file does not say it.
    """
    said = _said(moodle_config)
    kind = given.kind or said.kind()
    host = given.host or said.text("dbhost", "host", "localhost")
    is_told = bool(given.host or given.socket)  # then config.php's socket is another's
    socket = given.socket if is_told else said.option("dbsocket", "socket")
    return replace(
        given,
        kind=kind,
        host="" if _wants_default_socket(kind, host, socket) else host,
        port=given.port or _port(said.option("dbport", "port")),
        socket=socket if "/" in socket and host in (*_LOCAL, given.host) else "",
        name=given.name or said.text("dbname", "name"),
        user=given.user or said.text("dbuser", "user"),
        password=given.password or said.text("dbpass", "password_file", ""),
        prefix=said.text("prefix", "prefix", "mdl_") if prefix is None else prefix,
        schema=said.option("dbschema", "moodle_config") if kind == "postgresql" else "",
    )


def wwwroot(moodle_config: Path) -> str:
    """Give the address of a Moodle as its config.php says it; empty where only PHP can tell.

    Raises DeviceUnreadable where that file cannot be read.
    """
    expressions = _said(moodle_config).values.get("wwwroot", [])
    texts = {_literal(expression) for expression in expressions}
    return (texts.pop() or "") if len(texts) == 1 else ""


def _said(moodle_config: Path) -> "_Said":
    try:
        text = moodle_config.read_text("utf-8", "replace")
    except OSError as error:
        detail = error.strerror or str(error)
        raise DeviceUnreadable(
            Code.MOODLE_CONFIG_UNREADABLE, path=str(moodle_config), detail=detail
        ) from error
    return _Said(dict(_assignments(text)), moodle_config)


_LOCAL = ("", "localhost", "127.0.0.1")  # where Moodle's drivers heed dbsocket at all


def _wants_default_socket(kind: str, host: str, socket: str) -> bool:
    """Tell whether libpq's own socket is meant: any true value that is no path says so."""
    return kind == "postgresql" and host in _LOCAL and bool(socket) and "/" not in socket


_KINDS = {  # Moodle's dbtype; the others that Moodle knows (oci, sqlsrv) run on no box
    "mariadb": "mariadb",
    "mysqli": "mysql",
    "auroramysql": "mysql",
    "pgsql": "postgresql",
}


@dataclass(frozen=True, slots=True)
class _Said:
    """The expressions that a config.php assigns, by key, in order."""

    values: Mapping[str, list[str]]
    file: Path

    def kind(self) -> str:
        said = self.text("dbtype", "database")
        if said not in _KINDS:
            raise self._unclear("dbtype", "database")
        return _KINDS[said]

    def text(self, key: str, setting: str, default: str | None = None) -> str:
        """Give a value that is plain text; `setting` is what may be set instead."""
        expressions = set(self.values.get(key, []))
        if not expressions and default is not None:
            return default
        texts = {_literal(expression) for expression in expressions}
        text = texts.pop() if len(texts) == 1 else None
        if text is None:
            raise self._unclear(key, setting)
        return text

    def option(self, key: str, setting: str) -> str:
        """Give a value of `$CFG->dboptions` that is plain; empty where none is set."""
        if self.values.get(f"dboptions[{key}]"):
            raise self._unclear(f"dboptions['{key}']", setting)
        texts = {
            dict(_options(expression)).get(key, "")
            for expression in self.values.get("dboptions", [""])
        }
        text = texts.pop() if len(texts) == 1 else None
        if text is None:
            raise self._unclear("dboptions", setting)
        return text

    def _unclear(self, key: str, setting: str) -> DeviceUnreadable:
        return DeviceUnreadable(
            Code.MOODLE_CONFIG_UNCLEAR, path=str(self.file), key=key, setting=f"device.{setting}"
        )


_STRING = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_TOKEN = re.compile(rf"(?P<string>{_STRING})|(?P<comment>//[^\n]*|#(?!\[)[^\n]*|/\*.*?\*/)", re.S)
_ASSIGNMENT = re.compile(
    rf"\$CFG\s*->\s*(\w+(?:\s*\[\s*'\w+'\s*\])?)\s*=(?!=)\s*((?:{_STRING}|[^;'\"])*);", re.S
)
_OPTION = re.compile(rf"({_STRING})\s*=>\s*({_STRING}|[^,\)\]]*)", re.S)


def _assignments(text: str) -> Iterator[tuple[str, list[str]]]:
    """Find `$CFG->key = expression;` outside of comments."""
    code = _TOKEN.sub(lambda found: found["string"] or " ", text)
    found: dict[str, list[str]] = {}
    for key, expression in _ASSIGNMENT.findall(code):
        plain = re.sub(r"[\s']", "", key)
        found.setdefault(plain, []).append(expression.strip())
    yield from found.items()


def _options(expression: str) -> Iterator[tuple[str, str | None]]:
    """Read the keys of `$CFG->dboptions` itself; None for a value that only PHP can tell."""
    inner = expression.strip().removeprefix("array").strip()[1:-1]
    while inner != (without := _NESTED.sub("''", inner)):
        inner = without
    for name, value in _OPTION.findall(inner):
        key, text = _literal(name), value.strip()
        if key:
            yield key, _FALSE_OR_TRUE.get(text.lower(), _literal(text))


_NESTED = re.compile(rf"(?:array\s*)?[\[(](?:{_STRING}|[^\[\]()'\"])*[\])]", re.S)
_FALSE_OR_TRUE = {"false": "", "null": "", "0": "", "true": "1"}


def _literal(expression: str) -> str | None:
    """Read a PHP string or number; None for what only PHP can tell."""
    if re.fullmatch(r"\d+", expression):
        return expression
    if not re.fullmatch(_STRING, expression, re.S):
        return None
    quote, inner = expression[0], expression[1:-1]
    if quote == "'":
        return re.sub(r"\\([\\'])", r"\1", inner)
    if "$" in re.sub(r"\\.", "", inner) or re.search(r"\\[^\\\"$]", inner):
        return None
    return re.sub(r"\\(.)", r"\1", inner)


def _port(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
