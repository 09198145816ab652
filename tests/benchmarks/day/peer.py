"""Sends a day as others would: a program of its own, with packages that beekeed does not have.

Run inside the box's namespace by the interpreter of .venv/peers, by its file, so that nothing
of ours is needed. What is to be done comes in as one line of JSON: `how` is one of HOWS;
`address`, `token` and `calls` (function and form), or a `file` and where it goes. How long that
took goes out.
"""

import json
import re
import sys
import time
from pathlib import Path
from typing import Any

PATH = "/webservice/rest/server.php"


def plain(job: dict[str, Any], *, is_kept: bool) -> None:
    """Make one call after the other with requests, over one connection or each over its own."""
    import requests

    made: dict[str, int] = {}
    session = requests.Session()
    post = session.post if is_kept else requests.post
    for function, form in job["calls"]:
        own = {"wstoken": job["token"], "wsfunction": function, "moodlewsrestformat": "json"}
        answer = post(job["address"] + PATH, data={**own, **known(form, made)})
        answer.raise_for_status()
        remember(answer.json(), made)
    session.close()


def pymoodle(job: dict[str, Any]) -> None:
    """Make them with pymoodle, by its method for each function."""
    from moodle.session import MoodleClient  # type: ignore[import-not-found]

    made: dict[str, int] = {}
    # Its own time limit, of 5 seconds, is too short for a slow line.
    with MoodleClient(job["address"], job["token"], timeout=120) as client:
        for function, form in job["calls"]:
            remember(getattr(client, function)(**nested(known(form, made))), made)


def upload(job: dict[str, Any]) -> None:
    """Send a file, as webservice/upload.php takes it."""
    import requests

    with Path(job["file"]).open("rb") as file:
        form = {"token": job["token"], "filearea": "draft", "itemid": 0}
        sent = requests.post(job["address"], data=form, files={"file_1": ("backup.mbz", file)})
    sent.raise_for_status()


def known(form: dict[str, Any], made: dict[str, int]) -> dict[str, Any]:
    """Put the ids of new accounts, which nobody could know before, in place of @usernames."""
    return {
        name: made[value[1:]] if isinstance(value, str) and value[:1] == "@" else value
        for name, value in form.items()
    }


def remember(answer: Any, made: dict[str, int]) -> None:
    """Keep the ids of accounts that were made; see that nothing was refused."""
    if isinstance(answer, dict) and "exception" in answer:
        raise SystemExit(f"refused: {answer}")
    if isinstance(answer, list):
        made |= {each["username"]: each["id"] for each in answer if "username" in each}


def nested(form: dict[str, Any]) -> dict[str, Any]:
    """Give a form's fields as arguments: `users[0][id]` is in the first of a list of users."""
    arguments: dict[str, Any] = {}
    for name, value in form.items():
        first, *keys = re.findall(r"[^\[\]]+", name)
        place, key = arguments, first
        for following in keys:
            place = place.setdefault(key, {})
            key = following
        place[key] = value
    return {name: listed(value) for name, value in arguments.items()}


def listed(value: Any) -> Any:
    """Make lists of what has numbers for keys."""
    if not isinstance(value, dict):
        return value
    inner = {key: listed(each) for key, each in value.items()}
    return list(inner.values()) if all(key.isdigit() for key in inner) else inner


HOWS = {
    "plain": lambda job: plain(job, is_kept=True),
    "unkept": lambda job: plain(job, is_kept=False),
    "pymoodle": pymoodle,
    "upload": upload,
}


def main() -> None:
    """Do what is asked."""
    job = json.loads(sys.stdin.readline())
    began = time.monotonic()
    HOWS[job["how"]](job)
    print(json.dumps({"seconds": time.monotonic() - began}))


if __name__ == "__main__":
    main()
