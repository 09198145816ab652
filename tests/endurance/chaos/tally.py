"""What really happened: counted where it took effect, not where it was asked for."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Counts of one round, or of many.

    `struck`: faults that took effect; `asked`: faults that were injected; `pressed`: buttons;
    `worked`: what people did on the box and online; `runs`: by status.
    """

    rounds: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    pressed: Counter[str] = field(default_factory=Counter)
    worked: Counter[str] = field(default_factory=Counter)
    runs: Counter[str] = field(default_factory=Counter)
    facts: int = 0
    """Facts that were the same on both sides in the end."""
    left_open: int = 0
    """What was on its way at a death, or when a sync ended, and had to be read back."""
    bytes_on_line: int = 0
    over_bytes: int = 0
    """What the ledger had more than the line, in sum."""

    def add(self, other: "Tally") -> None:
        """Add another's counts."""
        self.rounds += other.rounds
        self.facts += other.facts
        self.left_open += other.left_open
        self.bytes_on_line += other.bytes_on_line
        self.over_bytes += other.over_bytes
        for name in ("struck", "asked", "pressed", "worked", "runs"):
            getattr(self, name).update(getattr(other, name))

    def told(self) -> list[str]:
        """Say it, for people."""
        return [
            f"chaos: {self.rounds} rounds, {self.runs.total()} syncs {_listed(self.runs)}",
            f"chaos: faults that took effect (of those tried): {self._faults()}",
            f"chaos: buttons {_listed(self.pressed)}; work {_listed(self.worked)}",
            f"chaos: {self.facts} facts the same in the end, {self.left_open} left open and read"
            f" back; {self.bytes_on_line} bytes on the line, {self.over_bytes} more in the ledger",
        ]

    def _faults(self) -> str:
        names = sorted(self.asked)
        return ", ".join(f"{name} {self.struck[name]}/{self.asked[name]}" for name in names)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"
