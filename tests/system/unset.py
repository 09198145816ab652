"""A box as it is before set-up: a Moodle on a real server where Moodles are, beekeed's settings as
they were brought, and no daemon. Root's, because /var/www is its own (a mount namespace)."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from beekeed.moodle.login import Login
from tests.servers import Server, execute
from tests.system.keyboard import Conversation
from tests.system.test_databases import CONFIG, copied
from tests.system.world import ROOT, Said, World

DBTYPES = {"mariadb": "mariadb", "postgresql": "pgsql"}
_START_SECONDS = 30
_WITH_WWW = (
    '[ -d /var/www ] || mount -t overlay -o "lowerdir=$0:/var" overlay /var;'  # no web server here
    ' mount --bind "$0/www" /var/www && exec "$@"'
)


class Moodle:
    """The box's Moodle on a server, which all boxes of a file of tests share: it is only read."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.now = int(time.time())
        self._login: Login | None = None

    def login(self, box: Path) -> Login:
        """Give the way into it, with every right; it is made of a box's SQLite the first time."""
        if self._login is None:
            self._login = copied(box, self.server)
        return self._login


class UnsetBox(World):
    """See the module. `www` is what the box has as /var/www, `etc` as /etc/beekeed."""

    def __init__(self, folder: Path, moodle: "Moodle") -> None:
        super().__init__(folder, now=moodle.now)
        self.server = moodle.server
        self.login = moodle.login(self.box)
        self._talks: list[Conversation] = []
        self._daemon: subprocess.Popen[str] | None = None
        self.www, self.etc = folder / "var" / "www", folder / "etc"
        self.www.mkdir(parents=True)
        self.etc.mkdir()
        self.settings_file = self.etc / "beekeed.toml"
        self.extra = self.etc / "beekeed.toml.d" / "10-setup.toml"
        self.password = self.etc / "device_password"
        self.kept_token = self.etc / "token"
        self.given_token = self.token.read_text().strip()
        self.environment |= {"LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT)}
        self._under = (
            *("unshare", "--mount", "--propagation", "private", "sh", "-c"),
            *(_WITH_WWW, str(self.www.parent)),
        )

    def install(self) -> None:
        """Put the settings as a package brings them, but with the sandbox's own needs."""
        self.settings_file.write_text(
            '[device]\nmoodle_config = "/var/www/moodle/config.php"\n'
            '[online]\naddress = "https://moodle.example.org"\n'
            f'token_file = "{self.kept_token}"\nallow_http = true\ntimeout_seconds = 20\n'
            f'[daemon]\nstate_directory = "{self.state.parent}"\n'
            f'control_socket = "{self.socket}"\npage_socket = "{self.page_socket}"\n'
        )
        self.put_moodle()

    def put_moodle(self, place: str = "moodle", site: str = "http://box.local/moodle") -> Path:
        """Put a Moodle's config.php somewhere below /var/www; gives its path on the box."""
        text = CONFIG.format(
            dbtype=DBTYPES[self.login.kind], name=self.login.name, user=self.login.user,
            socket=self.login.socket,
        ).replace("$CFG->prefix", f"$CFG->wwwroot = '{site}';\n$CFG->prefix")  # fmt: skip
        file = self.www / place / "config.php"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return Path("/var/www", place, "config.php")

    def words(self, *more: str) -> tuple[str, ...]:
        """What is typed to set it up."""
        return ("setup", "--config", str(self.settings_file), "--socket", str(self.socket), *more)

    @property
    def program(self) -> Sequence[str]:
        """What runs beekeectl where /var/www is the box's."""
        return (*self._under, sys.executable, "-m", "beekeed.ctl")

    def talk(self, *more: str) -> Conversation:
        """Begin a set-up at a terminal."""
        there = Conversation(self.words(*more), self.environment, program=self.program)
        self._talks.append(there)
        return there

    def set_up(self, answers: str, *more: str, mode: int = 0o600) -> Said:
        """Set up from a file of answers, to the end; what is printed is JSON."""
        file = self.folder / "answers.toml"
        file.write_text(answers)
        file.chmod(mode)
        done = subprocess.run(
            [*self.program, *self.words("--answers", str(file), *more)],
            capture_output=True, text=True, cwd=ROOT, env=self.environment, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return Said(done.returncode, done.stdout, done.stderr)

    def start(self) -> None:
        """Start the daemon as set-up says it is started by hand, or start it again."""
        if self._daemon is not None:
            self._daemon.terminate()
            self._daemon.wait(_START_SECONDS)
        child = self._daemon = self.spawn(
            "run", "--config", str(self.settings_file), under=self._under
        )
        deadline = time.monotonic() + _START_SECONDS
        while not self._listens():
            assert child.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def end(self) -> None:
        """See World."""
        for each in self._talks:
            each.leave()
        super().end()

    def rights(self, user: str = "beekeed") -> str:
        """What the server says the account may do."""
        if self.login.kind == "mariadb":
            rows = execute(self.login, f"SHOW GRANTS FOR {user}@localhost")
            return " ".join(str(row[0]) for row in rows)
        rows = execute(
            self.login,
            "SELECT DISTINCT privilege_type FROM information_schema.role_table_grants"
            f" WHERE grantee = '{user}'",
        )
        return " ".join(sorted(str(row[0]) for row in rows))


@contextmanager
def unset(folder: Path, moodle: Moodle) -> Iterator[UnsetBox]:
    """Make one, with the online Moodle running; the account beekeed goes with it."""
    made = UnsetBox(folder, moodle)
    try:
        made.start_online()
        made.install()
        yield made
    finally:
        made.end()
        _forget(moodle.server, made)


def _forget(server: Server, made: UnsetBox) -> None:
    if server.kind == "mariadb":
        execute(server.admin, "DROP USER IF EXISTS beekeed@localhost")
    elif execute(made.login, "SELECT 1 FROM pg_roles WHERE rolname = 'beekeed'"):
        execute(made.login, "DROP OWNED BY beekeed")
        execute(made.login, "DROP ROLE beekeed")
