"""What the parts of one run's sending share: the courses, who is there, and the wire."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from beekeed.core.guard import Area
from beekeed.core.model import Account, Key
from beekeed.engine.matching import MatchedCourse
from beekeed.engine.meeting import Rules, There
from beekeed.engine.stopping import Stop
from beekeed.engine.wire import Wire
from beekeed.ports.online import OnlineMoodle
from beekeed.ports.stores import Catalogue, Changes, Targets

Accounts = Mapping[int, Account]
"""The accounts of a slice's learners, by our numbers for them."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """Sending to one target in one run."""

    target_id: int
    courses: Mapping[int, MatchedCourse]
    guarded: Collection[Area]
    """Where nothing is lowered in this run."""
    there: There
    wire: Wire
    stop: Stop
    online: OnlineMoodle
    catalogue: Catalogue
    changes: Changes
    targets: Targets
    rules: Rules

    def is_enrolled(self, key: Key, accounts: Accounts) -> bool:
        """Tell whether a change's learner has any enrolment in its course online."""
        return accounts[key.learner_id].online_id in self.there.enrolled[key.course_id]
