"""The phases of the daemon, as one table.

`TRANSITIONS` lists every phase and every event that it takes; `advance` is the
only reader. An event that a phase does not list is our own mistake. `diagram` draws
the table for the README.
"""

from enum import StrEnum


class Phase(StrEnum):
    """What the daemon is doing."""

    IDLE = "idle"
    AWAITING = "awaiting"
    """A selected hour has come, and its sync begins as soon as there is a link."""
    OFF = "off"
    """Enable Sync is off: nothing runs."""
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

    LINK_MISSED = "link_missed"
    """An hour has come, and there is no link."""
    HOUR_OVER = "hour_over"
    """Nothing waits for a link any more."""
    SWITCHED_OFF = "switched_off"
    SWITCHED_ON = "switched_on"
    STARTED = "started"
    READ = "read"
    CONTACTED = "contacted"
    MATCHED = "matched"
    STOP_ASKED = "stop_asked"
    ENDED = "ended"


TRANSITIONS: dict[Phase, dict[Event, Phase]] = {
    Phase.IDLE: {
        Event.STARTED: Phase.READING,
        Event.LINK_MISSED: Phase.AWAITING,
        Event.SWITCHED_OFF: Phase.OFF,
    },
    Phase.AWAITING: {
        Event.STARTED: Phase.READING,
        Event.HOUR_OVER: Phase.IDLE,
        Event.SWITCHED_OFF: Phase.OFF,
    },
    Phase.OFF: {Event.SWITCHED_ON: Phase.IDLE},
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
        Event.ENDED: Phase.IDLE,
    },
}

RESTS = frozenset({Phase.IDLE, Phase.AWAITING, Phase.OFF})
"""The phases in which nothing runs."""


def advance(phase: Phase, event: Event) -> Phase:
    """Tell the phase that follows. Raises KeyError for an event the phase does not take."""
    return TRANSITIONS[phase][event]


def rest(phase: Phase, *, enabled: bool, awaits_link: bool) -> Event | None:
    """Tell what has to happen next so that the phase in which nothing runs is the right one."""
    if not enabled:
        return None if phase is Phase.OFF else Event.SWITCHED_OFF
    if phase is Phase.OFF:
        return Event.SWITCHED_ON
    if awaits_link:
        return None if phase is Phase.AWAITING else Event.LINK_MISSED
    return Event.HOUR_OVER if phase is Phase.AWAITING else None


def diagram() -> str:
    """Draw the table as a Mermaid state diagram; events of the same two phases share an arrow."""
    lines = ["stateDiagram-v2", f"    [*] --> {Phase.IDLE}"]
    for phase, events in TRANSITIONS.items():
        for target in dict.fromkeys(events.values()):
            names = [event for event, following in events.items() if following is target]
            lines.append(f"    {phase} --> {target}: {', '.join(names)}")
    return "\n".join(lines)
