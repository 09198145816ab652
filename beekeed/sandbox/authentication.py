"""Who is calling: the token, the account behind it, and the service it opens.

The one rule: checked in Moodle's order (webservice/lib.php), from rows read at each request, so
that a token, a service or the site can be changed while the sandbox runs.
"""

import ipaddress
import sqlite3
from collections.abc import Mapping

from beekeed.sandbox.access import has_capability, system_context
from beekeed.sandbox.database import one
from beekeed.sandbox.errors import MoodleError, access_denied, missing_record, moodle_error

_REASONS = """Access to the function {}() is not allowed.
                     There could be multiple reasons for this:
                     1. The service linked to the user token does not contain the function.
                     2. The service is user-restricted and the user is not listed.
                     3. The service is IP-restricted and the user IP is not listed.
                     4. The service is time-restricted and the time has expired.
                     5. The token is time-restricted and the time has expired.
                     6. The service requires a specific capability which the user does not have.
                     7. The function is called with username/password (no user token is sent)
                     and none of the services has the function to allow the user.
                     These settings can be found in Administration > Site administration
                     > Server > Web services > External services and Manage tokens."""


def rest_is_on(config: Mapping[str, str]) -> bool:
    """Whether the site has web services and REST switched on; else it answers an empty 403."""
    on = config.get("enablewebservices", "0") not in ("", "0")
    return on and "rest" in config.get("webserviceprotocols", "").split(",")


def find_token(db: sqlite3.Connection, sent: object, remote: str, now: int) -> sqlite3.Row:
    """The row of a permanent token that is good here and now.

    Raises invalidtoken where there is none; accessexception where it has expired (it is deleted
    at that call, so that the next one finds none) or is for another address.
    """
    sql = "SELECT * FROM mdl_external_tokens WHERE token = ? AND tokentype = 0"
    token = one(db, sql, sent if isinstance(sent, str) else None)
    if token is None:
        raise moodle_error("invalidtoken", "Invalid token - token not found", module="webservice")
    if token["validuntil"] and token["validuntil"] < now:
        db.execute("DELETE FROM mdl_external_tokens WHERE id = ?", (token["id"],))
        raise access_denied("Invalid token - token expired - check validuntil time for the token")
    if token["iprestriction"] and not is_among(remote, token["iprestriction"]):
        raise access_denied(
            f"Invalid service - IP:{remote} is not supported - check this allowed user"
        )
    db.execute("UPDATE mdl_external_tokens SET lastaccess = ? WHERE id = ?", (now, token["id"]))
    return token


def is_among(remote: str, allowed: str) -> bool:
    """Whether an address is in a list of addresses, networks and beginnings of addresses."""
    address = ipaddress.ip_address(remote)
    for part in (part.strip() for part in allowed.split(",")):
        try:
            if part and address in ipaddress.ip_network(part, strict=False):
                return True
        except ValueError:
            if remote.startswith(part.rstrip(".") + "."):
                return True
    return False


def find_account(
    db: sqlite3.Connection, config: Mapping[str, str], token: sqlite3.Row
) -> sqlite3.Row:
    """The account of a token, where the site lets it in just now."""
    account = one(db, "SELECT * FROM mdl_user WHERE id = ?", token["userid"])
    if account is None:
        raise missing_record("user", "id", token["userid"])
    system = system_context(db)
    maintenance = config.get("maintenance_enabled", "0") not in ("", "0")
    if maintenance and not has_capability(
        db, config, account["id"], "moodle/site:maintenanceaccess", system
    ):
        message = "The site is undergoing maintenance and is currently not available"
        raise moodle_error("sitemaintenance", message, module="admin")
    refusal = _refusal(account)
    if refusal is not None:
        raise refusal
    if not has_capability(db, config, account["id"], "webservice/rest:use", token["contextid"]):
        raise access_denied(
            "You are not allowed to use the rest protocol (missing capability: webservice/rest:use)"
        )
    return account


def _refusal(account: sqlite3.Row) -> MoodleError | None:
    """Why an account may use no web service at all."""
    refused = (
        (account["deleted"], "wsaccessuserdeleted", "deleted"),
        (not account["confirmed"], "wsaccessuserunconfirmed", "unconfirmed"),
        (account["suspended"], "wsaccessusersuspended", "suspended"),
        (account["auth"] == "nologin", "wsaccessusernologin", "nologin authentication"),
    )
    for applies, errorcode, word in refused:
        if applies:
            return moodle_error(
                errorcode,
                f"Refused web service access for {word} username: {account['username']}",
                module="webservice",
            )
    return None


def require_function(
    db: sqlite3.Connection,
    config: Mapping[str, str],
    token: sqlite3.Row,
    function: str,
    remote: str,
    now: int,
) -> None:
    """Lets a function pass that exists and is in the token's enabled service.

    `validuntil` of an authorised user is compared the wrong way round, as Moodle 4.5 does: it
    lets in only who has none or one that is over.
    """
    known = one(db, "SELECT 1 FROM mdl_external_functions WHERE name = ?", function)
    if known is None:
        raise missing_record("external_functions", "name", function)
    sql = (
        "SELECT s.requiredcapability, s.restrictedusers, su.id AS listed, su.iprestriction, "
        "su.validuntil FROM mdl_external_services s "
        "JOIN mdl_external_services_functions sf ON sf.externalserviceid = s.id "
        "AND sf.functionname = :function "
        "LEFT JOIN mdl_external_services_users su ON su.externalserviceid = s.id "
        "AND su.userid = :user WHERE s.enabled = 1 AND s.id = :service"
    )
    key = {"function": function, "user": token["userid"], "service": token["externalserviceid"]}
    for service in db.execute(sql, key):
        if _opens(db, config, token, service, remote, now):
            return
    raise access_denied(_REASONS.format(function))


def _opens(
    db: sqlite3.Connection,
    config: Mapping[str, str],
    token: sqlite3.Row,
    service: sqlite3.Row,
    remote: str,
    now: int,
) -> bool:
    needed = service["requiredcapability"]
    if needed and not has_capability(db, config, token["userid"], needed, token["contextid"]):
        return False
    if not service["restrictedusers"]:
        return True
    if not service["listed"] or (service["validuntil"] or 0) >= now:
        return False
    return not service["iprestriction"] or is_among(remote, service["iprestriction"])
