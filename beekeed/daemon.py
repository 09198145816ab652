"""The only wiring: builds every part in one visible order, and takes it down again."""

import asyncio
import hashlib
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from beekeed import __version__
from beekeed.clock import Clock, SystemBoot, SystemClock
from beekeed.config import LimitSettings, Settings, load, read, read_password, read_token
from beekeed.control.api import Api
from beekeed.control.sockets import serve_control
from beekeed.core.budget import Terms
from beekeed.core.clocktrust import counts_date
from beekeed.core.cycle import Phase
from beekeed.core.model import Category, Charge
from beekeed.engine import Engine, FactRules, Policy, Rules, Stores
from beekeed.errors import Code
from beekeed.link.clocktrust import BoxClockTrust
from beekeed.link.diagnosis import Diagnosis
from beekeed.link.line import PaidLine
from beekeed.link.meter import RunMeter
from beekeed.link.networkmanager import NetworkManager
from beekeed.link.route import KernelRoute
from beekeed.link.timedate import Timedate
from beekeed.link.uplink import Uplink
from beekeed.link.waiting import SiteArrival
from beekeed.link.watch import KernelWatch
from beekeed.loop import Loop
from beekeed.moodle.calls import Manner
from beekeed.moodle.device import SqlDevice
from beekeed.moodle.login import Login, complete
from beekeed.moodle.online import MoodleWebServices
from beekeed.moodle.patience import Patience
from beekeed.moodle.transport import Transport
from beekeed.ports.clocktrust import ClockTrust
from beekeed.say import word
from beekeed.sqlite.catalogue import SqliteCatalogue
from beekeed.sqlite.changes import SqliteChanges
from beekeed.sqlite.days import SqliteDays
from beekeed.sqlite.guard import SqliteGuards
from beekeed.sqlite.history import SqliteHistory
from beekeed.sqlite.journal import SqliteJournal
from beekeed.sqlite.ledger import SqliteLedger
from beekeed.sqlite.outlook import SqliteOutlook
from beekeed.sqlite.settings import SqliteSettings
from beekeed.sqlite.store import Store, open_store
from beekeed.sqlite.targets import SqliteTargets
from beekeed.sqlite.usage import SqliteUsage
from beekeed.tuning import Tuning

log = logging.getLogger(__name__)

_LOOK_EVERY_SECONDS = 900  # how often we see whether the box is quiet; once a day suffices
_QUIET_LOAD = 0.5


async def run(settings: Settings, file: Path) -> None:
    """Run until SIGTERM or SIGINT, then stop cleanly: the request in flight is settled.

    `file` is where the settings came from. Raises ConfigError and StoreBroken.
    """
    token = read_token(settings)
    store = await open_store(Path(settings.daemon.state_directory) / "beekeed.sqlite")
    try:
        await _serve(settings, file, token, store)
    finally:
        await store.close()


async def _serve(settings: Settings, file: Path, token: str, store: Store) -> None:
    clock = SystemClock()
    days = SqliteDays(store=store)
    trust = BoxClockTrust(
        clock=clock,
        known=await days.known(),
        counts_date=counts_date(settings.online.address),
        asks_ntp=Timedate().is_synchronized,
    )
    tuning = Tuning(inputs=read(file), file=file, store=SqliteSettings(store=store, clock=clock))
    await tuning.restore()

    def terms() -> Terms:
        return _terms(tuning.settings.limit)

    ledger = SqliteLedger(store=store, clock=clock, trust=trust, boot=SystemBoot(), terms=terms)
    uplink = Uplink()
    route = KernelRoute(urlsplit(settings.online.address).hostname or "")

    def line_for(category: Category, uplink: Uplink) -> PaidLine:
        """Give a line of its own to whoever wants one: one request at a time goes over it."""
        return PaidLine(
            ledger=ledger,
            category=category,
            encrypted=settings.online.address.startswith("https:"),
            uplink=uplink,
            charge=lambda: Charge(tuning.settings.limit.charge),
        )

    line = line_for(Category.SYNC, uplink)
    diagnosis = Diagnosis(
        address=settings.online.address,
        clock=clock,
        trust=trust,
        route=route,
        line=line_for(Category.CHECK, Uplink()),
        timeout_seconds=settings.online.timeout_seconds,
    )
    patience = Patience(clock=clock)

    def online_over(line: PaidLine) -> MoodleWebServices:
        return _online(settings, token, line, clock, trust, patience)

    device = _device(settings)
    stores = Stores(
        catalogue=SqliteCatalogue(store=store),
        changes=SqliteChanges(store=store),
        targets=SqliteTargets(store=store),
        journal=SqliteJournal(store=store),
        history=SqliteHistory(store=store),
        guards=SqliteGuards(store=store),
        outlook=SqliteOutlook(store=store),
        days=days,
    )
    engine = Engine(
        clock=clock,
        device=device,
        online=online_over(line),
        stores=stores,
        meter=RunMeter(line=line, uplink=uplink),
        route=route,
        ledger=ledger,
        trust=trust,
        policy=_policy(settings),
        address=settings.online.address,
        token_digest=token_digest(token),
        is_quiet=is_quiet,
    )
    notify = notifier()
    loop = Loop(
        engine=engine,
        announce=lambda phase: notify(_status(phase)),
        look_every_seconds=_LOOK_EVERY_SECONDS,
    )
    api = Api(
        version=__version__,
        clock=clock,
        runner=loop,
        device=device,
        open_online=lambda: online_over(line_for(Category.CHECK, Uplink())),
        history=stores.history,
        changes=stores.changes,
        targets=stores.targets,
        guards=stores.guards,
        days=stores.days,
        usage=SqliteUsage(store=store, ledger=ledger, clock=clock, terms=terms),
        tuner=tuning,
        trust=trust,
        diagnosis=diagnosis,
        arrival=SiteArrival(
            watch=KernelWatch(route=route, clock=clock), diagnosis=diagnosis, clock=clock
        ),
        manager=NetworkManager(),
        address=settings.online.address,
        token_digest=token_digest(token),
        mail_consents=_mail_consents(settings),
        recheck_settings=lambda: _unchanged(settings, token, file),
    )
    interrupted = await stores.history.close_interrupted(clock.now())
    if interrupted:
        log.warning("%d sync was cut off before this start", interrupted)
    socket_path = Path(settings.daemon.control_socket)
    async with serve_control(api, socket_path, settings.daemon.control_group):
        await _until_stopped(loop, notify)


def _device(settings: Settings) -> SqlDevice:
    return SqlDevice(
        login=lambda: _login(settings),
        learner_archetypes=settings.device.learner_archetypes,
        statement_seconds=settings.device.statement_seconds,
    )


def _login(settings: Settings) -> Login:
    """Tell how to log in to the box's database. Raises ConfigError and DeviceUnreadable."""
    device = settings.device
    given = Login(
        kind=device.database,
        path=device.path,
        socket=device.socket,
        host=device.host,
        port=device.port,
        name=device.name,
        user=device.user,
        password=read_password(settings),
    )
    if device.moodle_config and not device.path:
        return complete(given, Path(device.moodle_config), device.prefix)
    kind = "sqlite" if device.path else given.kind or "mariadb"
    prefix = "mdl_" if device.prefix is None else device.prefix
    return replace(given, kind=kind, host=given.host or "localhost", prefix=prefix)


def _online(
    settings: Settings,
    token: str,
    line: PaidLine,
    clock: Clock,
    trust: ClockTrust,
    patience: Patience,
) -> MoodleWebServices:
    return MoodleWebServices(
        transport=Transport(
            address=settings.online.address,
            token=token,
            timeout_seconds=settings.online.timeout_seconds,
            line=line,
            trust=trust,
        ),
        clock=clock,
        patience=patience,
        max_input_vars=settings.online.max_input_vars,
        learner_role=settings.online.learner_role,
        learner_role_id=settings.online.learner_role_id,
        manner=Manner(
            mailed_passwords=settings.accounts.password == "mailed",  # noqa: S105
            tells_learners=settings.online.tell_learners,
        ),
    )


def _policy(settings: Settings) -> Policy:
    through_assignments = settings.online.assignment_grades == "assignment"
    return Policy(
        fact_rules=FactRules(
            comments=through_assignments,
            removals=settings.accounts.removed_enrolments == "suspend",
        ),
        rules=Rules(
            username_prefix=settings.accounts.username_prefix,
            never_touch=frozenset(settings.accounts.never_touch),
            learner_roles=frozenset({settings.online.learner_role}),
            learner_role_id=settings.online.learner_role_id,
            through_assignments=through_assignments,
        ),
        audit_bytes=settings.sync.audit_bytes,
        holds_late=settings.sync.late_changes == "hold",
    )


def _terms(limit: LimitSettings) -> Terms:
    return Terms(
        limit_bytes=limit.bytes if limit.enabled else None,
        billing_day=limit.billing_day,
        pacing=limit.pacing,
        reserve_percent=limit.reserve_percent,
    )


def _mail_consents(settings: Settings) -> list[Code]:
    """Name what the settings allow that makes the online Moodle mail learners."""
    allowed = {
        Code.MAILED_PASSWORDS: settings.accounts.password == "mailed",  # noqa: S105
        Code.ASSIGNMENT_NOTICES: settings.online.tell_learners,
    }
    return [code for code, is_allowed in allowed.items() if is_allowed]


async def _until_stopped(loop: Loop, notify: Callable[[str], None]) -> None:
    """Run the loop until a signal asks to stop; a second signal does not hurry it."""

    def stop() -> None:
        notify("STOPPING=1")
        loop.stop()

    running = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        running.add_signal_handler(each, stop)
    notify(f"READY=1\n{_status(Phase.IDLE)}")
    log.info("beekeed %s is ready", __version__)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(loop.run(), name="loop")


def is_quiet() -> bool:
    """Tell whether the box has little to do: its load of five minutes is under half its cores."""
    return os.getloadavg()[1] < _QUIET_LOAD * (os.cpu_count() or 1)


def notifier() -> Callable[[str], None]:
    """Give what tells systemd; it does nothing where systemd did not start us."""
    if "NOTIFY_SOCKET" not in os.environ:
        return lambda _: None
    import sdnotify

    return sdnotify.SystemdNotifier().notify  # type: ignore[no-any-return]


def _status(phase: Phase) -> str:
    return f"STATUS={word(phase)}"


def _unchanged(settings: Settings, token: str, file: Path) -> bool:
    """Tell whether a start would find the same settings and token. Raises ConfigError."""
    now = load(file)
    return (now, read_token(now)) == (settings, token)


def token_digest(token: str) -> str:
    """Give what tells, offline, whether a token is the one we used before.

    A token is 128 random bits: half of its SHA-256 gives nothing of it away.
    """
    return hashlib.sha256(token.encode()).hexdigest()[:32]


def set_up_logging(level: str) -> None:
    """Log to standard error, with the priority that the journal reads where it listens."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JournalFormatter(in_journal="JOURNAL_STREAM" in os.environ))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # At its own debug level aiosqlite logs every value, learners' names among them.
    logging.getLogger("aiosqlite").setLevel(logging.WARNING)
    # It logs a traceback for each request that is no HTTP; what fails in ours is logged by us.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)


_PRIORITY = {"DEBUG": 7, "INFO": 6, "WARNING": 4, "ERROR": 3, "CRITICAL": 2}  # sd-daemon(3)


class _JournalFormatter(logging.Formatter):
    """`<priority>message` for the journal, which has the time; plain elsewhere."""

    def __init__(self, *, in_journal: bool) -> None:
        super().__init__("%(message)s" if in_journal else "%(asctime)s %(levelname)s %(message)s")
        self._in_journal = in_journal

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return f"<{_PRIORITY.get(record.levelname, 6)}>{text}" if self._in_journal else text
