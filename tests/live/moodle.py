"""A real Moodle to try against, named by the environment.

BEEKEED_LIVE_ADDRESS     the online site's address
BEEKEED_LIVE_TOKEN_FILE  the file with the service account's token
BEEKEED_LIVE_SQL         a command that runs the SQL on its standard input in the online
                         site's database and prints rows with tabs, e.g. `mariadb -N online`

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
from pathlib import Path
from typing import Any


class LiveMoodle:
    """The online Moodle that the environment names."""

    def __init__(self) -> None:
        self.address = os.environ["BEEKEED_LIVE_ADDRESS"]
        self.token_file = Path(os.environ["BEEKEED_LIVE_TOKEN_FILE"])

    def call(self, function: str, **arguments: Any) -> Any:
        """Call one web service function; an error of Moodle's fails the test."""
        fields = {
            "wstoken": self.token_file.read_text().strip(),
            "wsfunction": function,
            "moodlewsrestformat": "json",
        } | dict(_flat(arguments))
        body = urllib.parse.urlencode(fields).encode()
        url = f"{self.address}/webservice/rest/server.php"
        with urllib.request.urlopen(url, body, timeout=60) as answer:
            value = json.load(answer)
        assert not (isinstance(value, dict) and "exception" in value), value
        return value

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
    elif isinstance(value, list):
        parts = [(f"{name}[{index}]", inner) for index, inner in enumerate(value)]
    else:
        return [(name, str(value))]
    return [pair for key, inner in parts for pair in _flat(inner, key)]
