"""Our own state, as a run uses it: one port for each thing that is kept."""

from dataclasses import dataclass

from beekeed.ports.days import Days
from beekeed.ports.guard import Guards
from beekeed.ports.outlook import Outlook
from beekeed.ports.stores import Catalogue, Changes, History, Journal, Targets


@dataclass(frozen=True, slots=True)
class Stores:
    """Our own state, as the engine uses it."""

    catalogue: Catalogue
    changes: Changes
    targets: Targets
    journal: Journal
    history: History
    guards: Guards
    outlook: Outlook
    days: Days
