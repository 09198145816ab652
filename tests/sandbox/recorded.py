"""Recorded exchanges: reading them, and holding a sandbox's answers against them."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data" / "moodle-4.5.6"

Exchange = dict[str, Any]

# What only the recorded machine knows: its clock, its caches, its contexts, its php.ini.
_VOLATILE = re.compile(
    r"^(time(created|modified)|cacherev|contextid|lastmodified|gradedate(graded|submitted)"
    r"|usermaxuploadfilesize|timeupdated)$"
)
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
_MACHINE = re.compile(r"(pluginfile\.php/|image\.php/boost/\w+/)\d+")


def exchanges(name: str) -> list[Exchange]:
    """The exchanges of a file, in their order."""
    content = (DATA / name).read_bytes()
    text = (gzip.decompress(content) if name.endswith(".gz") else content).decode()
    # Not splitlines: names hold other line ends, which JSON leaves as they are.
    return [json.loads(line) for line in text.split("\n") if line]


def normal(value: Any, key: str = "") -> Any:
    """An answer without what only its machine knows; times become "some" or 0."""
    if isinstance(value, dict):
        # A failed write shows the database's own words and the whole row.
        hides = value.get("errorcode") == "dmlwriteexception"
        kept = {name: below for name, below in value.items() if not hides or name != "debuginfo"}
        return {name: normal(below, name) for name, below in kept.items()}
    if isinstance(value, list):
        return [normal(below) for below in value]
    if _VOLATILE.match(key) or (key == "timecompleted" and value):
        return "some" if value else value
    if isinstance(value, str):
        return _normal_text(value, key)
    return value


def _normal_text(text: str, key: str) -> Any:
    if key in ("data", "exception") and text.startswith(("{", "[")):
        return normal(json.loads(text))
    if text.startswith("Error writing to database"):
        return "Error writing to database"
    text = _ADDRESS.sub("http://site", text)
    return _MACHINE.sub(r"\1N", text)


def as_text(answer: Any) -> str:
    """As text: to Python, true and 1 are the same; to who reads JSON, they are not."""
    return json.dumps(answer, sort_keys=True)


def differences(recorded: Any, actual: Any, path: str = "$") -> Iterator[str]:
    """Where a sandbox's answer is not the recorded one, both normal."""
    if isinstance(recorded, dict) and isinstance(actual, dict):
        for key in recorded.keys() | actual.keys():
            missing = "(nothing)"
            yield from differences(
                recorded.get(key, missing), actual.get(key, missing), f"{path}.{key}"
            )
    elif isinstance(recorded, list) and isinstance(actual, list) and len(recorded) == len(actual):
        for number, (one, other) in enumerate(zip(recorded, actual, strict=True)):
            yield from differences(one, other, f"{path}[{number}]")
    elif recorded != actual or type(recorded) is not type(actual):
        yield f"{path}: Moodle {recorded!r}, sandbox {actual!r}"
