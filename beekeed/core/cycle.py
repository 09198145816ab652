"""The phases of the daemon, as one table.

`TRANSITIONS` lists every phase and every event that it takes; `advance` is the
only reader. An event that a phase does not list is our own mistake.
"""

from enum import StrEnum


class Phase(StrEnum):
    """What the daemon is doing."""

    IDLE = "idle"
    READING = "reading"
    """Reading the box's Moodle and noting what is pending."""
    CONTACTING = "contacting"
    """Asking the online Moodle who it is; settling what a lost answer left open."""
    MATCHING = "matching"
    """Checking courses and people before anything is sent."""
    SENDING = "sending"
    STOPPING = "stopping"
    """Asked to stop; the request in flight is being settled."""


class Event(StrEnum):
    """What moves it on."""

    STARTED = "started"
    READ = "read"
    CONTACTED = "contacted"
    MATCHED = "matched"
    STOP_ASKED = "stop_asked"
    ENDED = "ended"


TRANSITIONS: dict[Phase, dict[Event, Phase]] = {
    Phase.IDLE: {Event.STARTED: Phase.READING},
    Phase.READING: {
        Event.READ: Phase.CONTACTING,
        Event.STOP_ASKED: Phase.STOPPING,
        Event.ENDED: Phase.IDLE,
    },
    Phase.CONTACTING: {
        Event.CONTACTED: Phase.MATCHING,
        Event.STOP_ASKED: Phase.STOPPING,
        Event.ENDED: Phase.IDLE,
    },
    Phase.MATCHING: {
        Event.MATCHED: Phase.SENDING,
        Event.STOP_ASKED: Phase.STOPPING,
        Event.ENDED: Phase.IDLE,
    },
    Phase.SENDING: {Event.STOP_ASKED: Phase.STOPPING, Event.ENDED: Phase.IDLE},
    Phase.STOPPING: {
        Event.READ: Phase.STOPPING,
        Event.CONTACTED: Phase.STOPPING,
        Event.MATCHED: Phase.STOPPING,
        Event.STOP_ASKED: Phase.STOPPING,
        Event.ENDED: Phase.IDLE,
    },
}


def advance(phase: Phase, event: Event) -> Phase:
    """Tell the phase that follows. Raises KeyError for an event the phase does not take."""
    return TRANSITIONS[phase][event]
