"""The disk with our state as a power cut leaves it."""

import random
from pathlib import Path

from tests.adapters.powercut import Disk, events_of
from tests.endurance.chaos.place import Place

_KEPT = (0.0, 0.3, 0.7, 1.0)
_OURS = "beekeed."


def lay_out_after_a_cut(place: Place, chance: random.Random) -> int:
    """Put in place what a power cut may have left, by what was recorded.

    The daemon is gone. Gives how many writes were not flushed.
    """
    folder = place.here.state.parent
    disk = Disk()
    for path in place.base.glob(f"{_OURS}*"):
        if not path.name.endswith(("-shm", ".lock")):
            disk.files[str(folder / path.name)] = bytearray(path.read_bytes())
    for event in events_of(place.trace, str(folder / _OURS)):
        disk.do(event)
    left = disk.after_a_cut(chance, chance.choice(_KEPT))
    for path in folder.glob(f"{_OURS}*"):
        path.unlink()
    for name, content in left.items():
        Path(name).write_bytes(content)
    return sum(event.file.startswith(str(folder)) for event in disk.pending)
