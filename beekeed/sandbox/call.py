"""What a function of the web service is called with.

The one rule: a function gets its facts from here and from the database, from nowhere else.
"""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from beekeed.sandbox.cleaning import format_string
from beekeed.sandbox.database import rows, value
from beekeed.sandbox.parameters import Contract

Parameters: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """One call: who calls, when (Unix seconds), through which service, on which site.

    `config` is mdl_config as it stood when the request came. `raw`: names come as they are in the
    database. `run` runs a function by its name; it stands here so that the batch needs no import
    of the table that it is itself part of.
    """

    db: sqlite3.Connection
    config: Mapping[str, str]
    contract: Contract
    account: sqlite3.Row
    service_id: int
    now: int
    run: "Callable[[Call, str, object], Any]"
    raw: bool = False

    @property
    def account_id(self) -> int:
        """The id of the service's account."""
        return int(self.account["id"])

    @property
    def wwwroot(self) -> str:
        """The site's address, without a slash at its end."""
        return self.config["wwwroot"]

    def name(self, text: str) -> str:
        """A name (of a course, say) as Moodle shows it: for HTML, unless raw was asked."""
        return text if self.raw else format_string(text)

    def enabled(self, name: str) -> bool:
        """Whether a setting of the site is switched on."""
        return self.config.get(name, "0") not in ("", "0")


def read_config(db: sqlite3.Connection) -> dict[str, str]:
    """The site's settings, read at each request so that a test may change them meanwhile."""
    return {row["name"]: row["value"] for row in rows(db, "SELECT name, value FROM mdl_config")}


def service_has(call: Call, function: str) -> bool:
    """Whether the token's service contains a function."""
    sql = (
        "SELECT 1 FROM mdl_external_services_functions "
        "WHERE externalserviceid = ? AND functionname = ?"
    )
    return value(call.db, sql, call.service_id, function) is not None
