"""A real Moodle to try against, named by the environment.

BEEKEED_LIVE_ADDRESS     the online site's address
BEEKEED_LIVE_TOKEN_FILE  the file with the service account's token
BEEKEED_LIVE_SQL         a command that runs the SQL on its standard input in the online
                         site's database and prints rows with tabs, e.g. `mariadb -N online`
BEEKEED_LIVE_PHP         for recording and the variety: a command that runs the PHP on its standard
                         input in the online site's folder, e.g. `sudo -u www-data php`

The site has the courses of the samples (BK-MATH, BK-FR, BK-SCI) and a service
with beekeed's functions, whose account may see hidden grades (moodle/grade:viewhidden: the
samples' quizzes hide theirs). The reading here is the tests' own: urllib and JSON.
"""

import json
import os
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError


@dataclass(frozen=True)
class Answer:
    """What came back: `body` is parsed where it is JSON, else text."""

    status: int
    content_type: str
    body: Any


class LiveMoodle:
    """The online Moodle that the environment names."""

    def __init__(self) -> None:
        self.address = os.environ["BEEKEED_LIVE_ADDRESS"]
        self.token_file = Path(os.environ["BEEKEED_LIVE_TOKEN_FILE"])

    def call(self, function: str, **arguments: Any) -> Any:
        """Call one web service function; an error of Moodle's fails the test."""
        value = self.ask(function, arguments).body
        assert not (isinstance(value, dict) and "exception" in value), value
        return value

    def ask(self, function: str, arguments: Mapping[str, Any]) -> Answer:
        """Call one function and read its answer, whatever it is."""
        fields = {
            "wstoken": self.token_file.read_text().strip(),
            "wsfunction": function,
            "moodlewsrestformat": "json",
        } | dict(_flat(arguments))
        body = urllib.parse.urlencode(fields).encode()
        url = f"{self.address}/webservice/rest/server.php"
        try:
            answer = urllib.request.urlopen(url, body, timeout=60)
        except HTTPError as error:
            answer = error
        with answer:
            text = answer.read().decode()
            content_type = answer.headers.get("Content-Type", "")
        is_json = content_type.startswith("application/json")
        return Answer(answer.status, content_type, json.loads(text) if is_json else text)

    def php(self, code: str) -> str:
        """Run PHP in its folder, without the opening tag, and answer what it prints."""
        done = subprocess.run(
            os.environ["BEEKEED_LIVE_PHP"],
            shell=True, input=f"<?php {code}", capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def sql(self, statement: str) -> list[list[str]]:
        """Run SQL in its database."""
        done = subprocess.run(
            os.environ["BEEKEED_LIVE_SQL"],
            shell=True, input=statement, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return [line.split("\t") for line in done.stdout.splitlines()]

    def set_modified(self, times: Mapping[str, int]) -> None:
        """Give courses the modification dates that they have on the box."""
        for shortname, time in times.items():
            self.sql(f"UPDATE mdl_course SET timemodified = {time} WHERE shortname = '{shortname}'")


def _flat(value: Any, name: str = "") -> list[tuple[str, str]]:
    if isinstance(value, dict):
        parts = [(f"{name}[{key}]" if name else key, inner) for key, inner in value.items()]
    elif isinstance(value, list | tuple):
        parts = [(f"{name}[{index}]", inner) for index, inner in enumerate(value)]
    else:
        return [(name, str(value))]
    return [pair for key, inner in parts for pair in _flat(inner, key)]
