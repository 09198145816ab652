"""Calls a real Moodle and keeps each exchange, without what tells of the machine.

The one rule: a record begins with the provisioned state, down to the ids, because that is what
the sandbox's tests build as well. No token, address or private key is kept, and the service's
account has the name that the provision gives it.
"""

import json
import re
from typing import Any
from urllib.parse import urlsplit

from tests.live import steps
from tests.live.moodle import LiveMoodle
from tests.live.steps import Step

_ACCOUNT = ("beekeesync", "Beekee", "Sync")
_KEY = re.compile(r'(\\*"userprivateaccesskey\\*": ?\\*")\w*')
_BASE = (
    "SELECT count(*), max(id), (SELECT max(id) FROM mdl_course), (SELECT count(*) FROM mdl_groups),"
    " (SELECT count(*) FROM mdl_grade_grades) FROM mdl_user"
)
_PROVISIONED = ["3", "3", "4", "0", "0"]


class Recorder:
    """Makes the calls and takes the steps that a script asks for."""

    def __init__(self, moodle: LiveMoodle) -> None:
        found = moodle.sql(_BASE)
        if found != [_PROVISIONED]:
            raise SystemExit(
                "The site is not as it was provisioned: users, last user, last course, groups, "
                f"grades are {found}, not {_PROVISIONED}. Bring it back to that first."
            )
        self.exchanges: list[dict[str, Any]] = []
        self._moodle = moodle
        self._before: list[Step] = []
        self._replaced = _replaced(moodle)

    def step(self, name: str, /, **arguments: Any) -> None:
        """Take a step on the site itself; the next exchange tells of it."""
        step = {"step": name, **arguments}
        steps.take(self._moodle, step)
        self._before.append(step)

    def __call__(self, note: str, function: str, /, **params: Any) -> Any:
        """Make one call, keep the exchange, and give the answer."""
        answer = self._moodle.ask(function, params)
        exchange = {
            "note": note, "before": self._before, "function": function, "params": params,
            "token": "valid", "status": answer.status, "content_type": answer.content_type,
            "response": answer.body,
        }  # fmt: skip
        if not self._before:
            del exchange["before"]
        self.exchanges.append(self._stripped(exchange))
        self._before = []
        return answer.body

    def _stripped(self, exchange: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps(exchange, ensure_ascii=False)
        for old, new in self._replaced:
            text = text.replace(old, new)
        stripped: dict[str, Any] = json.loads(_KEY.sub(rf"\g<1>{'0' * 32}", text))
        return stripped


def _replaced(moodle: LiveMoodle) -> list[tuple[str, str]]:
    """What is written otherwise: the token, the host, the account's names where they differ."""
    who = moodle.call("core_webservice_get_site_info")
    names = (who["username"], who["firstname"], who["lastname"])
    pairs = [
        (moodle.token_file.read_text().strip(), "0" * 32),
        (urlsplit(moodle.address).netloc, "site"),
        *zip(names, _ACCOUNT, strict=True),
    ]
    return [(old, new) for old, new in pairs if old != new]
