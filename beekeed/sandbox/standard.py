"""What every fresh Moodle 4.5 has: roles, kinds of activity, capabilities.

The one rule: facts only, each with its source. Ids of roles and modules are those of the
device sample, which are those of every fresh installation.
"""

from dataclasses import dataclass

SYSTEM, USER, CATEGORY, COURSE, MODULE, BLOCK = 10, 30, 40, 50, 70, 80
"""Moodle's context levels (lib/accesslib.php)."""

ADMIN_ID = 2
GUEST_ID = 1
SITE_ID = 1
"""The course that is the site itself."""

ROLES = (
    "manager",
    "coursecreator",
    "editingteacher",
    "teacher",
    "student",
    "guest",
    "user",
    "frontpage",
)
"""Shortnames, each its own archetype, in the order of id and sortorder (device-sample/role)."""


@dataclass(frozen=True)
class Kind:
    """A kind of activity: what `core_course_get_contents` says of each one of it.

    `viewers` are the archetypes that `mod/<name>:view` is given to by default
    (mod/<name>/db/access.php); None where a kind has no such capability.
    """

    name: str
    plural: str
    purpose: str
    viewers: tuple[str, ...] | None
    visible: bool = True
    branded: bool = False


_ANYBODY = ("guest", "user")
_COURSE = ("guest", "student", "teacher", "editingteacher", "manager")
_MEMBERS = ("student", "teacher", "editingteacher", "manager")

KINDS = (
    Kind("assign", "Assignments", "assessment", _COURSE),
    Kind("bigbluebuttonbn", "BigBlueButton", "communication", _MEMBERS, False, True),
    Kind("book", "Books", "content", None),
    Kind("chat", "Chats", "communication", _ANYBODY, visible=False),
    Kind("choice", "Choices", "communication", _ANYBODY),
    Kind("data", "Databases", "collaboration", _COURSE),
    Kind("feedback", "Feedback", "communication", ("frontpage", *_COURSE)),
    Kind("folder", "Folders", "content", _ANYBODY),
    Kind("forum", "Forums", "collaboration", None),
    Kind("glossary", "Glossaries", "collaboration", ("frontpage", *_COURSE)),
    Kind("h5pactivity", "H5P", "interactivecontent", _COURSE, branded=True),
    Kind("imscp", "IMS content packages", "interactivecontent", _ANYBODY),
    Kind("label", "Text and media areas", "content", _ANYBODY),
    Kind("lesson", "Lessons", "interactivecontent", _ANYBODY),
    Kind("lti", "External tools", "other", _MEMBERS),
    Kind("page", "Pages", "content", _ANYBODY),
    Kind("quiz", "Quizzes", "assessment", _COURSE),
    Kind("resource", "Files", "content", _ANYBODY),
    Kind("scorm", "SCORM packages", "interactivecontent", None),
    Kind("subsection", "Subsections", "content", None, visible=False),
    Kind("survey", "Surveys", "communication", None, visible=False),
    Kind("url", "URLs", "content", _ANYBODY),
    Kind("wiki", "Wikis", "collaboration", None),
    Kind("workshop", "Workshops", "assessment", _COURSE),
)
"""In the order of their ids (device-sample/modules); plural and purpose: mod/<name>/lib.php."""


@dataclass(frozen=True)
class Capability:
    """A capability that the sandbox asks for, its English name, and who has it by default.

    The name is what a refusal says (`get_capability_string`); archetypes: db/access.php.
    """

    name: str
    title: str
    level: int
    archetypes: tuple[str, ...] = ()


CAPABILITIES = (
    Capability("webservice/rest:use", "Use REST protocol", COURSE),
    Capability("moodle/webservice:createtoken", "Generate a web service token", SYSTEM),
    Capability("moodle/site:maintenanceaccess", "Access site in maintenance mode", SYSTEM),
    Capability("moodle/site:accessallgroups", "Access all groups", MODULE, _MEMBERS[2:]),
    Capability(
        "moodle/site:viewuseridentity", "See full user identity in lists", MODULE, _MEMBERS[1:]
    ),
    Capability("moodle/site:config", "Change site configuration", SYSTEM),
    Capability("moodle/user:create", "Create users", SYSTEM, ("manager",)),
    Capability("moodle/user:delete", "Delete users", SYSTEM, ("manager",)),
    Capability("moodle/user:loginas", "Login as other users", COURSE, ("manager",)),
    Capability("moodle/user:update", "Update user profiles", SYSTEM, ("manager",)),
    Capability("moodle/user:editprofile", "Edit user profile", USER, ("manager",)),
    Capability("moodle/user:viewdetails", "View user profiles", COURSE, _COURSE),
    Capability("moodle/user:viewalldetails", "View user full information", USER, ("manager",)),
    Capability(
        "moodle/user:viewhiddendetails", "View hidden details of users", COURSE, _MEMBERS[1:]
    ),
    Capability("moodle/user:manageownfiles", "Manage files", SYSTEM, ("user",)),
    Capability("moodle/course:useremail", "Enable/disable email address", COURSE, _MEMBERS[2:]),
    Capability("moodle/course:view", "View courses without participation", COURSE, ("manager",)),
    Capability("moodle/course:create", "Create courses", CATEGORY, ("manager",)),
    Capability("moodle/course:delete", "Delete courses", COURSE, ("manager",)),
    Capability("moodle/course:manageactivities", "Manage activities", COURSE, _MEMBERS[2:]),
    Capability("moodle/restore:restorecourse", "Restore courses", COURSE, _MEMBERS[2:]),
    Capability("moodle/course:update", "Update course settings", COURSE, _MEMBERS[2:]),
    Capability("moodle/course:viewhiddencourses", "View hidden courses", COURSE, ("manager",)),
    Capability(
        "moodle/course:viewhiddenactivities", "View hidden activities", COURSE, _MEMBERS[1:]
    ),
    Capability("moodle/course:viewparticipants", "View participants", COURSE, _MEMBERS),
    Capability("moodle/course:enrolreview", "Review course enrolments", COURSE, _MEMBERS[2:]),
    Capability("moodle/course:managegroups", "Manage groups", COURSE, _MEMBERS[2:]),
    Capability(
        "moodle/course:viewhiddenuserfields", "View hidden user fields", COURSE, _MEMBERS[1:]
    ),
    Capability("moodle/course:viewhiddengroups", "View hidden groups", COURSE, _MEMBERS[1:]),
    Capability(
        "moodle/course:overridecompletion",
        "Override activity completion status",
        COURSE,
        _MEMBERS[1:],
    ),
    Capability(
        "moodle/course:isincompletionreports",
        "Be shown on completion reports",
        COURSE,
        ("student",),
    ),
    Capability("moodle/category:viewhiddencategories", "See hidden categories", CATEGORY),
    Capability("moodle/role:assign", "Assign roles to users", COURSE, _MEMBERS[2:]),
    Capability("moodle/role:manage", "Create and manage roles", SYSTEM, ("manager",)),
    Capability("moodle/role:override", "Override permissions for others", COURSE, ("manager",)),
    Capability("moodle/role:review", "Review permissions for others", COURSE, _MEMBERS[1:]),
    Capability("moodle/grade:manage", "Manage grade items", COURSE, _MEMBERS[2:]),
    Capability("moodle/grade:edit", "Edit grades", COURSE, _MEMBERS[2:]),
    Capability("moodle/grade:viewall", "View grades of other users", COURSE, _MEMBERS[1:]),
    Capability("moodle/grade:view", "View own grades", COURSE, ("student",)),
    Capability("moodle/grade:viewhidden", "View hidden grades for owner", COURSE, _MEMBERS[1:]),
    Capability("enrol/manual:enrol", "Enrol users", COURSE, _MEMBERS[2:]),
    Capability("enrol/manual:unenrol", "Unenrol users from the course", COURSE, _MEMBERS[2:]),
    Capability("report/completion:view", "View course completion report", COURSE, _MEMBERS[1:]),
    Capability("report/progress:view", "View activity completion reports", COURSE, _MEMBERS[1:]),
    Capability("gradereport/user:view", "View user report", COURSE, _MEMBERS),
    Capability("mod/assign:grade", "Grade assignment", MODULE, _MEMBERS[1:]),
    Capability("mod/assign:viewgrades", "View grades", MODULE, _MEMBERS[1:]),
    *(
        Capability(f"mod/{kind.name}:view", f"View {kind.plural.lower()}", MODULE, kind.viewers)
        for kind in KINDS
        if kind.viewers is not None
    ),
)

_COUNTRIES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR "
    "BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ "
    "EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW "
    "GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY "
    "KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV "
    "MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY "
    "QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG "
    "TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM "
    "ZW "
)


def is_country(code: str) -> bool:
    """Whether Moodle knows a country (lang/en/countries.php), which it writes in capitals."""
    return code in _COUNTRIES.split()
