"""What the handlers of the control API share."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from beekeed.clock import Clock, Zone
from beekeed.control.signing import Signing
from beekeed.control.watchers import Watchers
from beekeed.core.cost import Preview
from beekeed.core.cycle import Phase
from beekeed.core.model import Bytes
from beekeed.core.progress import Progress
from beekeed.core.request import Request
from beekeed.errors import Code, Param
from beekeed.ports.clocktrust import ClockTrust
from beekeed.ports.days import Days
from beekeed.ports.device import DeviceMoodle
from beekeed.ports.guard import Guards
from beekeed.ports.ledger import UsageBook
from beekeed.ports.link import Arrival, Diagnosis, Manager
from beekeed.ports.mail import MailBook, Mailer
from beekeed.ports.online import OnlineMoodle
from beekeed.ports.recovery import Recoveries
from beekeed.ports.rights import RightsReader
from beekeed.ports.schedule import Timetable
from beekeed.ports.settings import NotedChange, Setting, Value
from beekeed.ports.stores import Changes, History, Targets
from beekeed.ports.waiting import WaitingLearners


class StartedRun(Protocol):
    """The run that a request led to."""

    @property
    def event_id(self) -> str:
        """Its Sync Event ID."""
        ...

    @property
    def joined(self) -> bool:
        """Whether it was running already."""
        ...


class Runner(Protocol):
    """What starts runs: the daemon's loop."""

    @property
    def phase(self) -> Phase:
        """What it is doing."""
        ...

    @property
    def event_id(self) -> str | None:
        """The run under way, if there is one."""
        ...

    @property
    def progress(self) -> Progress | None:
        """How far the run under way is, or how the latest since the start ended, if one did."""
        ...

    @property
    def is_ready(self) -> bool:
        """Whether it serves whoever asks for a sync: not before it began, nor once it ends."""
        ...

    async def request(self, request: Request) -> StartedRun:
        """Have a sync started, or join the one under way."""
        ...

    async def stop_run(self) -> str | None:
        """Ask the run under way, or asked for, to stop; gives its ID, None where there is none."""
        ...

    async def preview(self, request: Request, limit_bytes: int | None = None) -> Preview:
        """Tell what a sync would do now."""
        ...

    async def ended(self, event_id: str, seconds: float) -> None:
        """Wait until a run is over, or so many seconds."""
        ...


class Tuner(Protocol):
    """What changes settings while beekeed runs."""

    def value(self, key: str) -> Value:
        """Give a setting (`section.key`) as it is now."""
        ...

    def fixed(self, key: str) -> str | None:
        """Name the file that fixes a setting, or None where it may be changed."""
        ...

    def all(self) -> Sequence[Setting]:
        """Give every setting that may be changed, or that might if the file did not fix it."""
        ...

    async def change(self, values: Mapping[str, Value | None], by: str) -> None:
        """Change some settings, all or none; None: the default. Raises BeekeedError."""
        ...

    async def changes(self, count: int, before: int | None = None) -> Sequence[NotedChange]:
        """Give the newest changes, or the newest of those with a lower number."""
        ...


@dataclass(frozen=True, slots=True)
class Way:
    """A way to the online Moodle, paid as a check.

    `spent`: what it cost; final once `online` was closed.
    """

    online: OnlineMoodle
    rights: RightsReader
    spent: Callable[[], Bytes]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What support wants to know of the machine, our database and the settings, by name.

    Nothing of it names anybody or is a secret.
    """

    host: Mapping[str, Param]
    store: Mapping[str, int]
    settings: Mapping[str, str | int | bool]


@dataclass(frozen=True, slots=True)
class Api:
    """The daemon's parts, as the handlers see them."""

    version: str
    clock: Clock
    runner: Runner
    watchers: Watchers
    device: DeviceMoodle
    open_online: Callable[[], Way]
    """Give a way to the online Moodle of the caller's own, to be closed by the caller."""
    history: History
    changes: Changes
    waiting: WaitingLearners
    targets: Targets
    guards: Guards
    recoveries: Recoveries
    days: Days
    usage: UsageBook
    timetable: Timetable
    tuner: Tuner
    signing: Signing
    trust: ClockTrust
    diagnosis: Diagnosis
    arrival: Arrival
    manager: Manager
    zone: Callable[[datetime], Zone]
    """The box's own time zone at a moment."""
    address: str
    token_digest: str
    mail_consents: Callable[[], Sequence[Code]]
    """What the settings allow that makes the online Moodle mail learners."""
    surroundings: Callable[[], Awaitable[Surroundings]]
    mailer: Mailer
    mail_book: MailBook
    recheck_settings: Callable[[], bool]
    """Read the settings again; False where they are not those that beekeed started with.

    Raises ConfigError where it would not start with them.
    """

    async def target_id(self) -> int | None:
        """Give the target that the settings name, or None before its first sync."""
        return await self.targets.find(self.address, self.token_digest)
