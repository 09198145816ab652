"""Counts histories: the faults that really met them, and the changes that they applied."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.engine.histories.world import World


@dataclass
class Report:
    """The account of many histories. `say` prints a line."""

    say: Callable[[str], object]
    histories: int = 0
    counted: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    applied: Counter[str] = field(default_factory=Counter)
    people: Counter[str] = field(default_factory=Counter)

    def note(self, world: World) -> None:
        """Note a history; it counts where something went wrong and something arrived."""
        self.histories += 1
        counts = bool(world.faults) and bool(world.watch.applied)
        self.counted += counts
        self.faults.update(world.faults)
        self.applied.update(world.watch.applied)
        self.people.update(world.touched_by_people)
        self.say(
            f"{'history' if counts else 'not counted'}: {' '.join(world.runs)};"
            f" faults {dict(world.faults)}; applied {dict(world.watch.applied)};"
            f" online {dict(world.touched_by_people)}"
        )

    def as_json(self) -> str:
        """Give the sums."""
        sums = {name: dict(getattr(self, name)) for name in ("faults", "applied", "people")}
        return json.dumps({"histories": self.histories, "counted": self.counted, **sums})
