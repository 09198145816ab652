"""One run: read the box, see what is pending, and bring it online.

`run.py` begins and ends a run, `synchronizing.py` has its way, `judging.py` how it ended.
On that way `reading.py` is the box's side, `contacting.py` meets the online Moodle,
`matching.py` the courses, `sending.py` is what goes, `meeting.py` who is who, `wire.py` the
requests, `auditing.py` what is read back, `headway.py` how far it has come. Each kind of
change has its own file: `grading.py`, `completing.py`, `joining.py`, `enrolling.py`,
`editing.py`. `preview.py` tells what a run would do, and does nothing. `schedule.py`
keeps what is due, and `awaiting.py` waits for a link.
"""

from beekeed.engine.awaiting import Waiting
from beekeed.engine.facts import FactRules
from beekeed.engine.meeting import Rules
from beekeed.engine.policy import Policy
from beekeed.engine.run import Engine
from beekeed.engine.schedule import Due, Schedule
from beekeed.engine.stopping import Stop, Stopped
from beekeed.engine.stores import Stores

__all__ = [
    "Due",
    "Engine",
    "FactRules",
    "Policy",
    "Rules",
    "Schedule",
    "Stop",
    "Stopped",
    "Stores",
    "Waiting",
]
