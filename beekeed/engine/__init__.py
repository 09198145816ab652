"""One run: read the box, see what is pending, and bring it online.

`run.py` has the run from beginning to end, `reading.py` the box's side,
`matching.py` the courses, `sending.py` the steps on the wire.
"""

from beekeed.engine.run import Engine, Stores
from beekeed.engine.sending import Rules

__all__ = ["Engine", "Rules", "Stores"]
