"""One run: read the box, see what is pending, and bring it online.

`run.py` has the run from beginning to end, `reading.py` the box's side, `matching.py`
the courses, `sending.py` what goes, `meeting.py` who is who, `wire.py` the requests.
"""

from beekeed.engine.meeting import Rules
from beekeed.engine.run import Engine, Stores
from beekeed.engine.stopping import Stop

__all__ = ["Engine", "Rules", "Stop", "Stores"]
