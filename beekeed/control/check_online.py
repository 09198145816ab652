"""The check of the online Moodle: the site, the token, what we may do there, each course.

Nothing is written there, and nothing is asked that could be.
"""

from collections.abc import Mapping, Sequence

from beekeed.control.api import Way
from beekeed.control.findings import Findings
from beekeed.core.course import header_differs, match
from beekeed.core.model import Course, OnlineCourse, Reason, Site
from beekeed.errors import BeekeedError, Code, Param, RemoteRefused
from beekeed.ports.online import OnlineMoodle

ONLINE_STEPS = ("target", "token", "functions", "capabilities", "courses")
_TOKEN_CODES = frozenset({Code.TOKEN_REFUSED, Code.ACCESS_REFUSED, Code.ACCOUNT_SUSPENDED})


async def check_online(way: Way, courses: Sequence[Course], findings: Findings) -> None:
    """Check one step after the other; `courses`: the box's."""
    site = await _check_site(way.online, findings)
    if site is None:
        return
    _check_functions(site, findings)
    await _check_capabilities(way, courses, findings)
    if site.missing or not courses:
        findings.not_tried("courses")
    else:
        await _check_courses(way.online, courses, findings)


async def _check_site(online: OnlineMoodle, findings: Findings) -> Site | None:
    """Ask who it is; what answers that our token is no good is the right Moodle all the same."""
    try:
        site = await online.probe()
    except RemoteRefused as error:
        if error.code in _TOKEN_CODES:
            findings.add("target", "ok")
            findings.add_error("token", error)
            findings.not_tried(*ONLINE_STEPS[2:])
            return None
        findings.add_error("target", error)
    except BeekeedError as error:
        findings.add_error("target", error)
    else:
        findings.add("target", "ok", facts={"name": site.name, "release": site.release})
        findings.add("token", "ok", facts={"account": site.account})
        return site
    findings.not_tried(*ONLINE_STEPS[1:])
    return None


def _check_functions(site: Site, findings: Findings) -> None:
    """Name each function that the service lacks, or has beyond need."""
    for name in site.missing:
        findings.add("functions", "failed", Reason(Code.FUNCTION_MISSING, {"function": name}))
    for name in site.wanted:
        findings.add("functions", "warning", Reason(Code.FUNCTION_MISSING, {"function": name}))
    if site.more:
        params: dict[str, Param] = {"functions": ", ".join(site.more)}
        findings.add("functions", "warning", Reason(Code.FUNCTIONS_BEYOND, params))
    if not (site.missing or site.wanted or site.more):
        findings.add("functions", "ok")


async def _check_capabilities(way: Way, courses: Sequence[Course], findings: Findings) -> None:
    """Name each right that the account lacks, or has beyond need."""
    kinds = {activity.key.modname for course in courses for activity in course.activities}
    try:
        rights = await way.rights.rights(kinds, [course.shortname for course in courses])
    except BeekeedError as error:
        findings.add("capabilities", "not_tried", Reason(error.code, error.params))
        return
    for name, needs in rights.missing.items():
        findings.add("capabilities", "failed", _lacking(name, needs))
    for name, needs in rights.wanted.items():
        findings.add("capabilities", "warning", _lacking(name, needs))
    if rights.more:
        params: dict[str, Param] = {"capabilities": ", ".join(rights.more)}
        findings.add("capabilities", "warning", Reason(Code.CAPABILITIES_BEYOND, params))
    if not (rights.missing or rights.wanted or rights.more):
        findings.add("capabilities", "ok")


def _lacking(capability: str, function: str) -> Reason:
    return Reason(Code.CAPABILITY_MISSING, {"capability": capability, "function": function})


async def _check_courses(
    online: OnlineMoodle, courses: Sequence[Course], findings: Findings
) -> None:
    """Say of each course whether it is the same on both sides."""
    try:
        headers = await online.courses([course.shortname for course in courses])
        found = {each.shortname: await _difference(online, each, headers) for each in courses}
    except BeekeedError as error:
        findings.add_error("courses", error)
        return
    for shortname, reason in found.items():
        facts = {"course": shortname}
        findings.add("courses", "warning" if reason else "ok", reason, facts)
    if all(found.values()):
        findings.add("courses", "failed", Reason(Code.NO_COURSE_MATCHED))


async def _difference(
    online: OnlineMoodle, course: Course, headers: Mapping[str, OnlineCourse]
) -> Reason | None:
    """Tell why a course would be left out, or None. Raises what is the whole site's."""
    header = headers.get(course.shortname)
    if header is None:
        return Reason(Code.COURSE_NOT_ONLINE, {"course": course.shortname})
    differs = header_differs(course, header)
    if differs is not None:
        return differs
    try:
        contents = await online.contents(header)
    except RemoteRefused as error:
        if error.of_site:
            raise
        return Reason(error.code, error.params)
    return match(course, header, contents).doubt
