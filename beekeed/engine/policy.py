"""What the settings say of every sync."""

from dataclasses import dataclass, field

from beekeed.engine.facts import FactRules
from beekeed.engine.meeting import Rules


@dataclass(frozen=True, slots=True)
class Policy:
    """What goes, what may be touched, and what a sync may spend beside."""

    fact_rules: FactRules = field(default_factory=FactRules)
    rules: Rules = field(default_factory=Rules)
    audit_bytes: int = 0
    """What reading a few learners back may cost a sync, both ways; 0: nobody is."""
    holds_late: bool = True
    """Late work waits until somebody asks for it."""
