"""core_webservice_*: what the site says of itself.

The one rule: the functions of the service, the account, and the switches of the site come from
its rows; what the sandbox has no rows for is as recorded (site info).
"""

from typing import Any

from beekeed.sandbox.access import can, system_context
from beekeed.sandbox.call import Call, Parameters
from beekeed.sandbox.database import one, rows, value
from beekeed.sandbox.standard import SITE_ID

_FEATURES = (
    "usecomments",
    "usetags",
    "enablenotes",
    "messaging",
    "enableblogs",
    "enablecompletion",
    "enablebadges",
    "messagingallusers",
    "enablecustomreports",
    "enableglobalsearch",
)


def get_site_info(call: Call, _parameters: Parameters) -> dict[str, Any]:
    """core_webservice_get_site_info: who I am, what I may call, which release this is."""
    service = one(call.db, "SELECT * FROM mdl_external_services WHERE id = ?", call.service_id)
    assert service is not None  # noqa: S101  (the call was let in through it)
    account = call.account
    return {
        "sitename": value(call.db, "SELECT fullname FROM mdl_course WHERE id = ?", SITE_ID),
        "username": account["username"],
        "firstname": account["firstname"],
        "lastname": account["lastname"],
        "fullname": f"{account['firstname']} {account['lastname']}",
        "lang": account["lang"],
        "userid": account["id"],
        "siteurl": call.wwwroot,
        "userpictureurl": f"{call.wwwroot}/theme/image.php/boost/core/1/u/f1",
        "functions": _functions(call),
        "downloadfiles": service["downloadfiles"],
        "uploadfiles": service["uploadfiles"],
        "release": call.config["release"],
        "version": call.config["version"],
        "mobilecssurl": "",
        "advancedfeatures": _advanced_features(call),
        "usercanmanageownfiles": can(call, "moodle/user:manageownfiles", system_context(call.db)),
        "userquota": 104857600,
        "usermaxuploadfilesize": 2097152,
        "userhomepage": 1,
        "userprivateaccesskey": "0" * 32,
        "siteid": SITE_ID,
        "sitecalendartype": "gregorian",
        "usercalendartype": account["calendartype"],
        "userissiteadmin": str(account["id"]) in call.config.get("siteadmins", "").split(","),
        "theme": "boost",
        "limitconcurrentlogins": 0,
        "policyagreed": account["policyagreed"],
    }


def _functions(call: Call) -> list[dict[str, str]]:
    """The functions of the service, each with the version of its component."""
    sql = (
        "SELECT f.name, f.component FROM mdl_external_functions f "
        "JOIN mdl_external_services_functions sf ON sf.functionname = f.name "
        "WHERE sf.externalserviceid = ? ORDER BY sf.id"
    )
    core = call.config["version"]
    return [
        # Every plugin of 4.5.6 that the service needs has 2024100700 (recorded: site info).
        {"name": row["name"], "version": core if row["component"] == "moodle" else "2024100700"}
        for row in rows(call.db, sql, call.service_id)
    ]


def _advanced_features(call: Call) -> list[dict[str, object]]:
    site = [
        {"name": name, "value": int(call.config[name] or 0)}
        for name in _FEATURES
        if name in call.config
    ]
    fixed = [
        {"name": "mnet_dispatcher_mode", "value": 0},
        {"name": "enablecompetencies", "value": 1},
    ]
    return [*site, *fixed]
