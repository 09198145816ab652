"""One run: read the box, see what is pending, and bring it online.

`run.py` has the run from beginning to end, `reading.py` the box's side, `matching.py`
the courses, `sending.py` what goes, `meeting.py` who is who, `wire.py` the requests.
Each kind of change has its own file: `grading.py`, `completing.py`, `joining.py`,
`enrolling.py`, `editing.py`. `preview.py` tells what a run would do, and does nothing.
"""

from beekeed.engine.facts import FactRules
from beekeed.engine.meeting import Rules
from beekeed.engine.run import Engine, Stores
from beekeed.engine.stopping import Stop, Stopped

__all__ = ["Engine", "FactRules", "Rules", "Stop", "Stopped", "Stores"]
