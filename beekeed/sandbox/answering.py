"""Answers one web service request from the database: Moodle's webservice/rest/server.php.

The one rule: no I/O but the database, and what the database holds decides; each request reads
the site's settings anew.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from beekeed.sandbox.authentication import (
    find_account,
    find_token,
    require_function,
    rest_is_on,
)
from beekeed.sandbox.call import Call, read_config
from beekeed.sandbox.errors import (
    MoodleError,
    NotBuilt,
    as_answer,
    developer,
    invalid_parameter,
    write_failed,
)
from beekeed.sandbox.functions import BATCH, FUNCTIONS
from beekeed.sandbox.parameters import Contract, shape, validate
from beekeed.sandbox.rest import Form, encode_error_xml, encode_json

PATH = "/webservice/rest/server.php"

_JSON_HEADERS = (
    ("Cache-Control", "private, must-revalidate, pre-check=0, post-check=0, max-age=0"),
    ("Expires", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ("Pragma", "no-cache"),
    ("Accept-Ranges", "none"),
    ("Access-Control-Allow-Origin", "*"),
)
_SETTINGS = ("raw", "fileurl", "filter", "lang", "timezone")


@dataclass(frozen=True)
class Answer:
    """What goes back: a status, its type, headers beyond the usual ones, and a body.

    `phrase`: the words of the status line, where they are not the usual ones.
    """

    status: int
    content_type: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    phrase: str | None = None


@dataclass(frozen=True)
class Asked:
    """A request to the web service, as its form says it.

    `functions` are the asked one and, of a batch, those inside: what a fault is matched with.
    """

    function: str
    functions: frozenset[str]
    calls: int
    form: Form


def read_asked(form: Form) -> Asked:
    """What a form asks for, as far as it says so at all."""
    function = form.get("wsfunction")
    name = function if isinstance(function, str) else ""
    requests = form.get("requests")
    inside = list(requests.values()) if name == BATCH and isinstance(requests, dict) else []
    names = {str(item.get("function", "")) for item in inside if isinstance(item, dict)}
    return Asked(name, frozenset({name, *names}), len(inside) if inside else 1, form)


def answer(
    db: sqlite3.Connection,
    contract: Contract,
    asked: Asked,
    *,
    host: str,
    remote: str,
    now: int,
) -> Answer:
    """Moodle's answer to a request, after having done what it asks for.

    `host` is the Host header, `remote` the caller's address, `now` in Unix seconds. Raises
    NotBuilt where the sandbox has no such function though the service does.
    """
    config = read_config(db)
    if not _is_host_of(config["wwwroot"], host):
        return _redirection(config["wwwroot"])
    if not rest_is_on(config):
        return Answer(403, "text/html; charset=utf-8")
    as_json = asked.form.get("moodlewsrestformat") == "json"
    try:
        result = _served(db, config, contract, asked, remote=remote, now=now)
    except MoodleError as error:
        said = as_answer(error, config)
        if as_json:
            return Answer(200, "application/json", encode_json(said), _JSON_HEADERS)
        xml = encode_error_xml(said)
        return Answer(200, "application/xml; charset=utf-8", xml, _JSON_HEADERS)
    if not as_json:
        raise NotBuilt("answers in XML")
    return Answer(200, "application/json", encode_json(result), _JSON_HEADERS)


def _is_host_of(wwwroot: str, host: str) -> bool:
    """Whether a request came to the site's own address; its port counts where it has one."""
    own, called = urlsplit(wwwroot), urlsplit(f"//{host}")
    if own.hostname != called.hostname:
        return False
    return own.port is None or own.port == called.port


def _redirection(wwwroot: str) -> Answer:
    """Moodle sends who called it by another name to its own (seen on a real site: 303)."""
    page = (
        '<!DOCTYPE html>\n<html lang="en"><head><title>Redirect</title></head><body>'
        f'<a href="{wwwroot}{PATH}">Continue</a></body></html>'
    )
    headers = (("X-Redirect-By", "Moodle"), ("Location", f"{wwwroot}{PATH}"))
    return Answer(303, "text/html; charset=UTF-8", page.encode(), headers)


def _served(
    db: sqlite3.Connection,
    config: Mapping[str, str],
    contract: Contract,
    asked: Asked,
    *,
    remote: str,
    now: int,
) -> Any:
    token = find_token(db, asked.form.get("wstoken"), remote, now)
    account = find_account(db, config, token)
    if not asked.function:
        raise invalid_parameter("Missing function name")
    require_function(db, config, token, asked.function, remote, now)
    call = Call(
        db=db,
        config=config,
        contract=contract,
        account=account,
        service_id=token["externalserviceid"],
        now=now,
        run=run,
        raw=asked.form.get("moodlewssettingraw") == "1",
    )
    return run(call, asked.function, _arguments(asked.form))


def _arguments(form: Form) -> Form:
    """The fields that are the function's own."""
    own = {"wstoken", "wsfunction", "moodlewsrestformat"}
    own |= {f"moodlewssetting{name}" for name in _SETTINGS}
    return {key: value for key, value in form.items() if key not in own}


def run(call: Call, function: str, arguments: object) -> Any:
    """Runs one function: checks its parameters, does it, shapes its answer by the contract.

    What writes is a transaction where Moodle has one: there, and nowhere around it. A row that
    the database refuses is a dmlwriteexception.
    """
    if function not in FUNCTIONS:
        raise NotBuilt(function)
    described = call.contract[function]
    debugs = developer(call.config)
    parameters = validate(described["parameters"], arguments, developer=debugs)
    try:
        returned = FUNCTIONS[function](call, parameters)
    except sqlite3.IntegrityError as error:
        raise write_failed(str(error)) from error
    return shape(described["returns"], returned, developer=debugs)
