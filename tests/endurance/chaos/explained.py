"""Why a fact may differ in the end: a teacher online had their say, or beekeed lists it."""

from collections.abc import Iterator

from beekeed.sandbox.compare import Difference
from tests.endurance.chaos.place import Place

_NAME = "coalesce(p.name, q.name, a.name, f.name, ch.name)"
_MODULES = f"""
    SELECT cm.id, i.id, c.shortname, {_NAME}
      FROM mdl_course_modules cm
      JOIN mdl_modules m ON m.id = cm.module
      JOIN mdl_course c ON c.id = cm.course
      LEFT JOIN mdl_page p ON m.name = 'page' AND p.id = cm.instance
      LEFT JOIN mdl_quiz q ON m.name = 'quiz' AND q.id = cm.instance
      LEFT JOIN mdl_assign a ON m.name = 'assign' AND a.id = cm.instance
      LEFT JOIN mdl_forum f ON m.name = 'forum' AND f.id = cm.instance
      LEFT JOIN mdl_choice ch ON m.name = 'choice' AND ch.id = cm.instance
      LEFT JOIN mdl_grade_items i ON i.itemtype = 'mod' AND i.itemmodule = m.name
           AND i.iteminstance = cm.instance
"""
_OF_TEACHERS = (
    "SELECT DISTINCT w.what, u.username, w.part FROM chaos_written w"
    " JOIN mdl_user u ON u.id = w.user WHERE w.who = 'teacher'"
)


class Explained:
    """What explains differences, read once all is quiet."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._of_teachers = set(self._touched())
        aside = place.data("/v1/set-aside")["changes"]
        self._aside = {(each["username"], each["course"], each["part"] or "") for each in aside}

    def has(self, difference: Difference) -> bool:
        """Whether a difference is one that may be."""
        return any(
            learner == difference.learner
            and difference.fact.startswith(f"{course or ''}")
            and (part or "") in difference.fact
            for learner, course, part in self._of_teachers | self._aside
        )

    def _touched(self) -> Iterator[tuple[str, str, str]]:
        """Give whose results of what a teacher wrote online."""
        modules, items = {}, {}
        for module, item, course, name in self._place.here.on_online(_MODULES):
            modules[module] = items[item] = course, name
        for what, username, part in self._place.here.on_online(_OF_TEACHERS):
            found = items if what == "mdl_grade_grades" else modules
            if part in found:
                yield (username, *found[part])
