"""The only wiring: builds every part in one visible order, and takes it down again."""

import asyncio
import hashlib
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from beekeed import __version__, disclosure, host, meaning
from beekeed.clock import Clock, SystemBoot, SystemClock, local_zone
from beekeed.config import load, read
from beekeed.control.api import Api, Surroundings, Way
from beekeed.control.caller import Door
from beekeed.control.signing import Signing
from beekeed.control.sockets import serve
from beekeed.control.watchers import Watchers
from beekeed.core.budget import Terms
from beekeed.core.clocktrust import counts_date
from beekeed.core.cycle import Phase
from beekeed.core.mail import Mailing, Security
from beekeed.core.model import Category, Charge, Reason
from beekeed.credentials import read_mail_password, read_token
from beekeed.engine import Engine, Schedule, Stores
from beekeed.errors import Code, ConfigError
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
from beekeed.moodle.device import SqlDevice
from beekeed.moodle.online import MoodleWebServices
from beekeed.moodle.patience import Patience
from beekeed.moodle.transport import Transport
from beekeed.notify.content import Place
from beekeed.notify.mail import RunMailer
from beekeed.ports.clocktrust import ClockTrust
from beekeed.say import language_of
from beekeed.sections import Settings
from beekeed.sqlite.backups import Backups
from beekeed.sqlite.catalogue import SqliteCatalogue
from beekeed.sqlite.changes import SqliteChanges
from beekeed.sqlite.days import SqliteDays
from beekeed.sqlite.dimensions import dimensions
from beekeed.sqlite.guard import SqliteGuards
from beekeed.sqlite.history import SqliteHistory
from beekeed.sqlite.journal import SqliteJournal
from beekeed.sqlite.ledger import SqliteLedger
from beekeed.sqlite.mail import SqliteMailBook
from beekeed.sqlite.opening import open_store
from beekeed.sqlite.outlook import SqliteOutlook
from beekeed.sqlite.password import SqlitePassword
from beekeed.sqlite.recovery import SqliteRecoveries
from beekeed.sqlite.schedule import SqliteSlots
from beekeed.sqlite.settings import SqliteSettings
from beekeed.sqlite.store import Store
from beekeed.sqlite.targets import SqliteTargets
from beekeed.sqlite.usage import SqliteUsage
from beekeed.sqlite.waiting import SqliteWaitingLearners
from beekeed.systemd import Manager, manager
from beekeed.tuning import Tuning
from beekeed.watchdog import Pulse, Watchdog, guarding

log = logging.getLogger(__name__)

_LOOK_EVERY_SECONDS = 900  # how often we see whether the box is quiet; once a day suffices
_QUIET_LOAD = 0.5


async def run(settings: Settings, file: Path) -> None:
    """Run until SIGTERM or SIGINT, then stop cleanly: the request in flight is settled.

    `file` is where the settings came from. Raises ConfigError and StoreBroken.
    """
    token = read_token(settings)
    systemd = manager()
    systemd.status(language_of("en").word("opening"))
    async with systemd.extending(SystemClock()):
        store = await open_store(database_of(settings))
    try:
        await _serve(settings, file, token, store, systemd)
    finally:
        await store.close()


async def _serve(
    settings: Settings, file: Path, token: str, store: Store, systemd: Manager
) -> None:
    if await SqliteRecoveries(store=store).settle_on(host.digest()):
        log.warning("the database came from another box")
    base = await _base(settings, file, token, store)
    device = _device(settings)
    engine = _engine(base, device)
    watchers = Watchers(clock=base.clock)
    mailer = _mailer(base)
    backups = Backups(store=store, path=database_of(settings), clock=base.clock)

    def announce(phase: Phase) -> None:
        systemd.status(language_of("en").word(phase))
        watchers.wake()
        if phase is Phase.IDLE:
            mailer.wake()
            backups.wake()

    lookout = _lookout(base)
    schedule = _schedule(base, engine, mailer)
    loop = Loop(
        engine=engine,
        schedule=schedule,
        clock=base.clock,
        route=base.route,
        arrival=lookout.arrival,
        is_enabled=lambda: base.tuning.settings.sync.enabled,
        announce=announce,
        look_every_seconds=_LOOK_EVERY_SECONDS,
    )
    base.tuning.tell(loop.settings_changed)
    base.tuning.tell(backups.want)
    api = _api(base, device, loop, watchers, schedule, lookout, mailer)
    await api.signing.restore()
    interrupted = await base.stores.history.close_interrupted(base.clock.now())
    if interrupted:
        log.warning("%d sync was cut off before this start", interrupted)
    ours = settings.daemon
    async with (
        serve(api, Door.PAGE, Path(ours.page_socket), ours.page_group),
        serve(api, Door.CONTROL, Path(ours.control_socket), ours.control_group),
    ):
        await _until_stopped(base, loop, mailer, backups, systemd)


@dataclass(frozen=True, slots=True)
class _Base:
    """What all other parts stand on, and the way to the online Moodle for each that wants one."""

    settings: Settings
    file: Path
    token: str
    store: Store
    stores: Stores
    clock: Clock
    trust: ClockTrust
    mail_book: SqliteMailBook
    tuning: Tuning
    terms: Callable[[], Terms]
    ledger: SqliteLedger
    route: KernelRoute
    patience: Patience

    def line(
        self, category: Category, uplink: Uplink, *, encrypted: bool | None = None
    ) -> PaidLine:
        """Give a line of its own to whoever wants one: one request at a time goes over it.

        `encrypted`: whether connections are; None: as those to the online Moodle.
        """
        if encrypted is None:
            encrypted = self.settings.online.address.startswith("https:")
        return PaidLine(
            ledger=self.ledger,
            category=category,
            encrypted=encrypted,
            uplink=uplink,
            charge=lambda: Charge(self.tuning.settings.limit.charge),
        )

    def online(self, line: PaidLine) -> MoodleWebServices:
        """Give the online Moodle over a line."""
        online = self.settings.online
        return MoodleWebServices(
            transport=Transport(
                address=online.address,
                token=self.token,
                timeout_seconds=online.timeout_seconds,
                line=line,
                trust=self.trust,
            ),
            clock=self.clock,
            patience=self.patience,
            max_input_vars=online.max_input_vars,
            learner_role=online.learner_role,
            learner_role_id=online.learner_role_id,
            manner=lambda: meaning.manner(self.tuning.settings),
        )

    def way(self) -> Way:
        """Give a way to the online Moodle for a check."""
        line = self.line(Category.CHECK, Uplink())
        online = self.online(line)
        return Way(online=online, rights=online, spent=line.spent)

    async def surroundings(self) -> Surroundings:
        """Give what support wants to know of all that is around us."""
        folder = Path(self.settings.daemon.state_directory)
        return Surroundings(
            host=host.facts(folder),
            store=await dimensions(self.store, database_of(self.settings)),
            settings=disclosure.public(self.tuning.settings),
        )


def database_of(settings: Settings) -> Path:
    """Give where beekeed's own database is."""
    return Path(settings.daemon.state_directory) / "beekeed.sqlite"


async def _base(settings: Settings, file: Path, token: str, store: Store) -> _Base:
    clock = SystemClock()
    stores = _stores(store)
    trust = BoxClockTrust(
        clock=clock,
        known=await stores.days.known(),
        counts_date=counts_date(settings.online.address),
        asks_ntp=Timedate().is_synchronized,
    )
    tuning = Tuning(inputs=read(file), file=file, store=SqliteSettings(store=store, clock=clock))
    await tuning.restore()

    def terms() -> Terms:
        return meaning.terms(tuning.settings.limit)

    return _Base(
        settings=settings,
        file=file,
        token=token,
        store=store,
        stores=stores,
        clock=clock,
        trust=trust,
        mail_book=SqliteMailBook(store=store),
        tuning=tuning,
        terms=terms,
        ledger=SqliteLedger(store=store, clock=clock, trust=trust, boot=SystemBoot(), terms=terms),
        route=KernelRoute(urlsplit(settings.online.address).hostname or ""),
        patience=Patience(clock=clock),
    )


def _stores(store: Store) -> Stores:
    return Stores(
        catalogue=SqliteCatalogue(store=store),
        changes=SqliteChanges(store=store),
        targets=SqliteTargets(store=store),
        journal=SqliteJournal(store=store),
        history=SqliteHistory(store=store),
        guards=SqliteGuards(store=store),
        outlook=SqliteOutlook(store=store),
        days=SqliteDays(store=store),
    )


def _device(settings: Settings) -> SqlDevice:
    return SqlDevice(
        login=lambda: meaning.login(settings),
        learner_archetypes=settings.device.learner_archetypes,
        statement_seconds=settings.device.statement_seconds,
    )


def _engine(base: _Base, device: SqlDevice) -> Engine:
    uplink = Uplink()
    line = base.line(Category.SYNC, uplink)
    return Engine(
        clock=base.clock,
        device=device,
        online=base.online(line),
        stores=base.stores,
        meter=RunMeter(line=line, uplink=uplink),
        route=base.route,
        ledger=base.ledger,
        trust=base.trust,
        policy=lambda: meaning.policy(base.tuning.settings),
        address=base.settings.online.address,
        token_digest=token_digest(base.token),
        is_quiet=is_quiet,
    )


def _schedule(base: _Base, engine: Engine, mailer: RunMailer) -> Schedule:
    async def skip(reason: Reason) -> None:
        await engine.skip(reason)
        mailer.wake()  # nothing ran, so that no phase tells it

    return Schedule(
        clock=base.clock,
        trust=base.trust,
        slots=SqliteSlots(store=base.store),
        plan=lambda draw: meaning.plan(base.tuning.settings.schedule, draw),
        skip=skip,
    )


@dataclass(frozen=True, slots=True)
class _Lookout:
    """What knows of the way to the online Moodle, without a sync."""

    diagnosis: Diagnosis
    arrival: SiteArrival


def _lookout(base: _Base) -> _Lookout:
    diagnosis = _diagnosis(base)
    watch = KernelWatch(route=base.route, clock=base.clock)
    return _Lookout(diagnosis, SiteArrival(watch=watch, diagnosis=diagnosis, clock=base.clock))


def _mailer(base: _Base) -> RunMailer:
    return RunMailer(
        book=base.mail_book,
        history=base.stores.history,
        mailing=lambda: meaning.mailing(base.tuning.settings.mail),
        password=lambda: _mail_password(base),
        place=lambda: _place(base),
        open_line=lambda mailing: _mail_line(base, mailing),
        is_up=lambda host: KernelRoute(host).is_up(),
        ledger=base.ledger,
        trust=base.trust,
        clock=base.clock,
    )


def _mail_line(base: _Base, mailing: Mailing) -> PaidLine:
    encrypted = mailing.security is not Security.NONE
    return base.line(Category.MAIL, Uplink(), encrypted=encrypted)


def _mail_password(base: _Base) -> str:
    """Read the password for the mail server.

    Whoever may change settings at run time may not have it sent elsewhere. Raises ConfigError.
    """
    password = read_mail_password(base.settings)
    if password and base.tuning.fixed("mail.server") is None:
        raise ConfigError(Code.MAIL_SERVER_OPEN, file=str(base.file))
    return password


async def _place(base: _Base) -> Place:
    """Tell what mails call the box and the site."""
    address, targets = base.settings.online.address, base.stores.targets
    target_id = await targets.find(address, token_digest(base.token))
    return Place(
        box=socket.gethostname(),
        site=await targets.name(target_id) if target_id is not None else "",
        host=urlsplit(address).hostname or "",
    )


def _api(
    base: _Base,
    device: SqlDevice,
    loop: Loop,
    watchers: Watchers,
    schedule: Schedule,
    lookout: _Lookout,
    mailer: RunMailer,
) -> Api:
    clock, stores, settings = base.clock, base.stores, base.settings
    return Api(
        version=__version__,
        clock=clock,
        runner=loop,
        watchers=watchers,
        device=device,
        open_online=base.way,
        history=stores.history,
        changes=stores.changes,
        waiting=SqliteWaitingLearners(store=base.store),
        targets=stores.targets,
        guards=stores.guards,
        recoveries=SqliteRecoveries(store=base.store),
        days=stores.days,
        usage=SqliteUsage(store=base.store, ledger=base.ledger, clock=clock, terms=base.terms),
        tuner=base.tuning,
        signing=Signing(clock=clock, store=SqlitePassword(store=base.store, clock=clock)),
        timetable=schedule,
        zone=local_zone,
        trust=base.trust,
        diagnosis=lookout.diagnosis,
        arrival=lookout.arrival,
        manager=NetworkManager(),
        address=settings.online.address,
        token_digest=token_digest(base.token),
        mail_consents=lambda: meaning.mail_consents(base.tuning.settings),
        surroundings=base.surroundings,
        mailer=mailer,
        mail_book=base.mail_book,
        recheck_settings=lambda: _unchanged(base.tuning.of_file, base.token, base.file),
    )


def _diagnosis(base: _Base) -> Diagnosis:
    return Diagnosis(
        address=base.settings.online.address,
        clock=base.clock,
        trust=base.trust,
        route=base.route,
        line=base.line(Category.CHECK, Uplink()),
        timeout_seconds=base.settings.online.timeout_seconds,
    )


async def _until_stopped(
    base: _Base, loop: Loop, mailer: RunMailer, backups: Backups, systemd: Manager
) -> None:
    """Run the loop, and what works beside it, until a signal asks to stop; a second one hurries
    nothing. SIGHUP has the settings read again."""
    asked = asyncio.Event()

    def stop() -> None:
        systemd.stopping()
        loop.stop()

    running = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        running.add_signal_handler(each, stop)
    running.add_signal_handler(signal.SIGHUP, asked.set)
    systemd.ready(language_of("en").word(Phase.IDLE))
    log.info("beekeed %s is ready", __version__)
    async with asyncio.TaskGroup() as tasks, _watched(base, loop, mailer, systemd, tasks):
        tasks.create_task(mailer.run(), name="mails")
        tasks.create_task(backups.run(), name="backups")
        reloads = tasks.create_task(_reload_when(asked, base, loop, systemd), name="reload")
        await tasks.create_task(loop.run(), name="loop")
        mailer.stop()
        backups.stop()
        reloads.cancel()


@asynccontextmanager
async def _watched(
    base: _Base, loop: Loop, mailer: RunMailer, systemd: Manager, tasks: asyncio.TaskGroup
) -> AsyncIterator[None]:
    """Have systemd's watchdog watch while the body runs, where it is there."""
    if not systemd.watchdog_seconds:
        yield
        return
    pulse = Pulse(clock=base.clock)
    watchdog = Watchdog(
        clock=base.clock,
        ask_store=lambda: base.store.row("PRAGMA schema_version"),
        workers={"the syncs": loop.sign, "the mails": mailer.sign},
        beat=pulse.beat,
    )
    with guarding(pulse, systemd, systemd.watchdog_seconds):
        looks = tasks.create_task(watchdog.run(), name="watchdog")
        try:
            yield
        finally:
            looks.cancel()


async def _reload_when(asked: asyncio.Event, base: _Base, loop: Loop, systemd: Manager) -> None:
    """Read the settings again each time that it is asked for; with a mistake the old ones stay."""
    while True:
        await asked.wait()
        asked.clear()
        systemd.reloading(base.clock)
        try:
            later = await base.tuning.reload()
        except ConfigError as error:
            for problem in error.problems:
                log.error("%s", language_of("en").say(problem.code, problem.params).what)  # noqa: TRY400
            log.warning("the settings stay as they were: there are mistakes in their file")
        else:
            log.info("the settings were read again")
            if later:
                log.warning("from the next start of beekeed on: %s", ", ".join(later))
        systemd.ready(language_of("en").word(loop.phase))


def is_quiet() -> bool:
    """Tell whether the box has little to do: its load of five minutes is under half its cores."""
    return os.getloadavg()[1] < _QUIET_LOAD * (os.cpu_count() or 1)


def _unchanged(settings: Settings, token: str, file: Path) -> bool:
    """Tell whether a start would find the same in the file, and the same token.

    Raises ConfigError.
    """
    now = load(file)
    return (now, read_token(now)) == (settings, token)


def token_digest(token: str) -> str:
    """Give what tells, offline, whether a token is the one we used before.

    A token is 128 random bits: half of its SHA-256 gives nothing of it away.
    """
    return hashlib.sha256(token.encode()).hexdigest()[:32]
