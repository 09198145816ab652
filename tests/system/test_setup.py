"""`beekeectl setup`: a box with a Moodle becomes one that synchronizes, in a few questions."""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from beekeed.ctl.exits import Exit
from beekeed.moodle import functions
from tests.servers import Server, execute
from tests.system.installed import SETTINGS, UNIT, Box, installed
from tests.system.installed import TOKEN as TOKEN_FILE
from tests.system.keyboard import END, INTERRUPT, Conversation, Ended
from tests.system.phases import held
from tests.system.test_check import _OF_ROLE, _OF_SERVICE, without
from tests.system.test_databases import CONFIG as CONFIG_PHP
from tests.system.unset import Moodle, UnsetBox, unset

pytestmark = pytest.mark.root

CONFIG = "Its config.php"
CHOICE = "Your choice [1]"
ADDRESS = "Address of the online Moodle"
TOKEN = "Token (it is not shown"
PASSWORD = "Password for the status page"
LIMIT = "Data limit a month"
DAY = "Day of the month"
WHEN = "When: "
_DATABASE = "/srv/database"  # in a machine of ours
PAGE_PASSWORD = "correct horse 3"
_HOUR = datetime.now(UTC).hour
_AWAY = (_HOUR + 12) % 23  # an hour at which none of these tests runs, and not the day's last
DAILY = f"{_AWAY:02}:00"
HOURS = f"mon-fri {_AWAY:02}-{_AWAY + 1:02}, sat {_AWAY:02}"
EARLY = "3:30" if 6 <= _HOUR < 23 else "9:30"


@pytest.fixture(scope="module")
def on_mariadb(server_of: Callable[[str], Server]) -> Moodle:
    """The box's Moodle on MariaDB."""
    return Moodle(server_of("mariadb"))


@pytest.fixture(scope="module")
def on_postgresql(server_of: Callable[[str], Server]) -> Moodle:
    """The box's Moodle on PostgreSQL."""
    return Moodle(server_of("postgresql"))


@pytest.fixture(params=["on_mariadb", "on_postgresql"])
def any_box(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[UnsetBox]:
    """A box with its Moodle on each kind of server."""
    with unset(tmp_path, request.getfixturevalue(request.param)) as made:
        yield made


@pytest.fixture
def box(tmp_path: Path, on_mariadb: Moodle) -> Iterator[UnsetBox]:
    """A box with its Moodle on MariaDB."""
    with unset(tmp_path, on_mariadb) as made:
        yield made


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory, on_mariadb: Moodle) -> Iterator[UnsetBox]:
    """A box on which nothing is ever set, for what must change nothing."""
    with unset(tmp_path_factory.mktemp("untouched"), on_mariadb) as made:
        yield made


def to_the_check(box: UnsetBox, there: Conversation) -> None:
    """Answer with as little as possible, and start the daemon when told to."""
    there.type(CONFIG)
    there.type(CHOICE)  # the account is made
    there.type(ADDRESS, box.address)
    there.type(TOKEN, box.given_token)
    there.until("it runs now: go on")
    box.start()
    there.type(CHOICE)


def to_the_end(there: Conversation, first_sync: str = "2") -> Ended:
    """Take what is offered from the page's password on."""
    there.type(PASSWORD)
    there.type(LIMIT)
    there.type(WHEN + "like 02:00, “mon-fri 08-11, sat 20”, or none [02:00]", DAILY)
    there.type("not now: it begins by the schedule", first_sync)
    return there.end()


def changed(box: UnsetBox) -> set[str]:
    """What set-up has changed on a box: its files, and the account."""
    files = {each.name for each in box.etc.rglob("*") if each.is_file()} - {"beekeed.toml"}
    rows = execute(box.login, "SELECT user FROM mysql.user WHERE user = 'beekeed'")
    return files | {f"account {row[0]}" for row in rows}


def test_from_a_moodle_to_a_box_that_synchronizes(any_box: UnsetBox) -> None:
    """Whatever is wrong is said and asked again; a right that is missing is clicked meanwhile, and
    tried again; no secret is shown, and the server's log has none; the work arrives."""
    box = any_box
    box.server.log_statements()
    there = box.talk()
    with without(box, _OF_SERVICE, functions.ENROL):
        _answer_with_mistakes(box, there)
        box.start()
        there.type(CHOICE)
        said = there.until("try again: it is mended now")
        assert f"lacks a function: {functions.ENROL}." in said
        assert "External services, add the function to the service" in said
    with without(box, _OF_ROLE, "moodle/grade:viewhidden"):
        there.type(CHOICE)
        said = there.until("leave that for later")
        assert "allow it the capability moodle/grade:viewhidden" in said
        assert "The web service has more functions" not in said, "what was well is not repeated"
    there.type(CHOICE)
    _wish_with_mistakes(there)
    there.type("start it now", "1")
    ended = there.end()
    assert ended.code == Exit.OK
    assert "Nothing is left to do: this box synchronizes." in ended.shown
    assert f"http://{Path('/proc/sys/kernel/hostname').read_text().strip()}.local:8088" in (
        ended.shown
    )
    _nothing_is_given_away(box, ended.shown)
    _is_set_up(box)
    box.sync()
    assert box.compare().verified


def _answer_with_mistakes(box: UnsetBox, there: Conversation) -> None:
    there.type(CONFIG, "moodle/config.php")
    assert "is not a full path" in there.type(CONFIG, "/nowhere")
    assert "There is no file /nowhere." in there.type(CONFIG, "/var/www/moodle")
    said = there.type(CHOICE, "9")
    assert "Site: http://box.local/moodle" in said
    assert "beekeed's user may read that file." in said
    assert "Type a number from 1 to 3." in there.type(CHOICE)
    assert "reads Moodle 4.5.6" in there.type(ADDRESS)
    assert "Type its address" in there.type(ADDRESS, "moodle.example.org")
    assert "https:// is missing" in there.type(
        f"{ADDRESS} [https://moodle.example.org]", f"{box.address}/login/index.php"
    )
    assert "That is a page of it" in there.type(f"{ADDRESS} [{box.address}]", "http://box.local/x")
    assert "That is the Moodle of this box" in there.type(ADDRESS, box.address)
    assert "Manage tokens" in there.type(TOKEN, "hunter22")
    assert "A token has 32 letters" in there.type(TOKEN, box.given_token)
    there.until("it runs now: go on")


def _wish_with_mistakes(there: Conversation) -> None:
    there.type(PASSWORD, "short")
    assert "fewer than 8 letters" in there.type(PASSWORD, PAGE_PASSWORD)
    there.type("The same again", "something else")
    assert "are not the same" in there.type(PASSWORD, PAGE_PASSWORD)
    there.type("The same again", PAGE_PASSWORD)
    there.type(LIMIT, "much")
    assert "“much” is not a size" in there.type(LIMIT, "200MB")
    there.type(DAY, "31")
    assert "from 1 to 28" in there.type(DAY, "5")
    there.type(WHEN, "at noon")
    assert "“at noon” is not understood" in there.type(WHEN, EARLY)


def _nothing_is_given_away(box: UnsetBox, shown: str) -> None:
    made_up = box.password.read_text().strip()
    logged = " ".join([*box.server.statements(), (box.server.folder / "server.log").read_text()])
    for secret in (made_up, box.given_token, PAGE_PASSWORD, "hunter22", "something else"):
        assert secret not in shown
        assert secret not in logged + box.log()
    assert "beekeed" in logged, "the log would have it"


def _is_set_up(box: UnsetBox) -> None:
    for file, text in ((box.kept_token, box.given_token), (box.password, "")):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert text in file.read_text()
    assert stat.S_IMODE(box.extra.stat().st_mode) == 0o644
    assert not {box.given_token, box.password.read_text().strip()} & {
        *box.extra.read_text().split('"')
    }
    granted = box.rights()
    assert "SELECT" in granted
    assert not {"INSERT", "UPDATE", "DELETE", "CREATE", "ALL"} & {*granted.replace(",", "").split()}
    limit, schedule = box.ctl("limit", "--json").json, box.ctl("schedule", "--json").json
    assert (limit["enabled"], limit["limit_bytes"], limit["billing_day"]) == (True, 200 * 10**6, 5)
    assert (schedule["enabled"], schedule["daily_at"]) == (True, f"0{EARLY}")
    assert box.ctl("password", "--json").json["is_set"]
    execute(box.login, "CREATE TABLE mdl_of_a_later_plugin (id bigint)")
    ours = replace(box.login, user="beekeed", password=box.password.read_text().strip())
    assert execute(ours, "SELECT COUNT(*) FROM mdl_of_a_later_plugin") == [(0,)]
    execute(box.login, "DROP TABLE mdl_of_a_later_plugin")


def test_again_everything_is_there_already(box: UnsetBox) -> None:
    """Enter all the way changes nothing."""
    there = box.talk()
    to_the_check(box, there)
    assert to_the_end(there).code == Exit.OK
    files = [box.kept_token, box.password]
    settings = box.extra.read_text()
    before = [(file.read_text(), file.stat().st_ino) for file in files]
    granted = box.rights()
    there = box.talk()
    there.type(f"{CONFIG} [/var/www/moodle/config.php]")
    assert "keep the account “beekeed”, which works" in there.type(CHOICE)
    there.type(f"{ADDRESS} [{box.address}]")
    there.type("Enter keeps the one that is there")
    there.type(CHOICE)
    assert "Enter keeps the one that is set" in there.type(PASSWORD)
    there.type(f"{LIMIT}, like 500MB, or none [none]")
    there.type(f"[{DAILY}]")
    late = box.ctl("schedule", "--json").json["jitter_seconds"]
    assert ("This box starts" in there.type("not now", "2")) is bool(late)
    assert there.end().code == Exit.OK
    assert [(file.read_text(), file.stat().st_ino) for file in files] == before
    assert box.extra.read_text() == settings
    assert box.rights() == granted


def test_a_sync_that_runs_already_is_the_first_one(box: UnsetBox) -> None:
    """The time that was just set is now, for example: nobody is told to wait, and none is asked
    whether one is to begin."""
    there = box.talk()
    to_the_check(box, there)
    there.type(PASSWORD)
    there.type(LIMIT)
    there.until(WHEN)
    with held(box, "hold_before", functions.SITE_INFO):
        there.type("[02:00]", DAILY)
        ended = there.end()
    assert ended.code == Exit.OK
    assert "A sync is running already. beekeectl watch shows how it goes on." in ended.shown
    assert "Wait for it" not in ended.shown
    assert "Nothing is left to do: this box synchronizes." in ended.shown


def test_a_sync_that_begins_while_the_question_stands_there_is_named(box: UnsetBox) -> None:
    """Whoever starts it then joins it."""
    there = box.talk()
    to_the_check(box, there)
    there.type(PASSWORD)
    there.type(LIMIT)
    there.type(WHEN, DAILY)
    there.until("start it now")
    with held(box, "hold_before", functions.SITE_INFO):
        there.type(CHOICE, "1")
        ended = there.end()
        (event_id,) = [each["event_id"] for each in box.ctl("history", "--json").json["runs"]]
    assert ended.code == Exit.OK
    assert f"Sync {event_id} runs already. beekeectl watch shows" in ended.shown


ANSWERS = """
[device]
account = "make"

[online]
address = "{address}"
token_file = "{token}"

[page]
password = "random"

[limit]
size = "1.5GB"
billing_day = 7

[schedule]
when = "{hours}"

[sync]
start = true
"""


def answers(box: UnsetBox) -> str:
    """A file of answers for a box."""
    return ANSWERS.format(address=box.address, token=box.token, hours=HOURS)


def test_from_a_file_nothing_is_asked(box: UnsetBox) -> None:
    """What was done at each step is JSON, also where the daemon does not run yet; used again it
    goes on."""
    done = box.set_up(answers(box), "--json")
    assert (done.code, done.err) == (Exit.NOT_RUNNING, "")
    told = done.json
    assert [step["step"] for step in told["steps"]] == [
        *("moodle", "account", "online", "written", "started")
    ]
    assert told["left"] == [{"step": "started", "codes": ["daemon_not_running"]}]
    assert box.given_token not in done.out
    made = box.password.read_text()
    assert made.strip() not in done.out
    box.start()
    for start in (True, False):
        text = answers(box).replace("start = true", f"start = {str(start).lower()}")
        done = box.set_up(text, "--json")
        assert (done.code, done.err) == (Exit.OK, "")
        told = done.json
        steps = {step["step"]: step for step in told["steps"]}
        assert told["left"] == []
        assert steps["check"]["ok"]
        assert steps["limit"] == {
            "step": "limit",
            "enabled": True,
            "bytes": 1_500_000_000,
            "billing_day": 7,
        }
        assert len(steps["schedule"]["hours"]) == 11
        assert steps["sync"]["started"] is start
        assert len(steps["password"].get("made_up", "")) == (23 if start else 0)
        assert steps["password"]["kept"] is not start
        assert box.password.read_text() == made, "what works is not changed"
        box.ctl("sync", "--wait")
    assert box.compare().verified


WRONG = (
    ('account = "make"', "", "the answer device.account is missing"),
    ('account = "make"', 'acount = "make"', "device.acount. Nothing was changed. Did you mean"
     " device.account?"),
    ('token_file = "{token}"', 'token = "hunter22"', "A token has 32 letters"),
    ('address = "{address}"', 'address = "http://box.local"', "That is the Moodle of this box"),
)  # fmt: skip
WRONG_TOO = (
    ('account = "make"', 'account = "given"', "the answer device.user is missing"),
    ('account = "make"', 'account = "root"', "device.account: “root”."),
    ("[online]", "[on line]", "Expected ']'"),
    ("[online]\naddress", "[online]\nadress", "Did you mean online.address?"),
    ('token_file = "{token}"', "", 'in [online]: token_file = "/root/beekeed/token"'),
    ('token_file = "{token}"', 'token_file = "/nowhere"', "/nowhere: No such file"),
    ('"random"', '"short"', "page.password: It has fewer than 8 letters"),
    ('"1.5GB"', "1500", 'limit.size: "500MB"?'),
    ("billing_day = 7", "billing_day = 31", "from 1 to 28"),
    ("{hours}", "mon-fri 08-99", "is not understood"),
    ("start = true", 'start = "yes"', "sync.start: false?"),
    ("[sync]", "[sync.more]", "sync.more"),
)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [*WRONG, *(pytest.param(*each, marks=pytest.mark.full) for each in WRONG_TOO)],
)
def test_what_is_wrong_with_a_file_is_said_before_anything_is_changed(
    untouched: UnsetBox, before: str, after: str, says: str
) -> None:
    """With the name of the answer, and what was meant."""
    assert before in ANSWERS
    text = ANSWERS.replace(before, after)
    text = text.format(address=untouched.address, token=untouched.token, hours=HOURS)
    done = untouched.set_up(text)
    said = " ".join(done.err.split())
    assert done.code == Exit.USAGE, said
    assert says in said
    assert "hunter22" not in said
    assert changed(untouched) == set()


def test_a_file_that_everybody_may_read_is_refused(untouched: UnsetBox) -> None:
    """It holds secrets, and the program that reads the answer knows why."""
    done = untouched.set_up(answers(untouched), "--json", mode=0o644)
    assert done.code == Exit.USAGE
    assert done.json["error"]["code"] == "answers_open"
    assert changed(untouched) == set()


def test_a_mistake_in_the_settings_is_said_before_anything_is_asked(untouched: UnsetBox) -> None:
    """As the daemon would say it when it starts."""
    file = untouched.settings_file
    before = file.read_text()
    file.write_text(before + "[limit]\nbytez = 5\n")
    done = untouched.set_up(answers(untouched))
    file.write_text(before)
    assert done.code == Exit.SETTINGS
    assert "Did you mean limit.bytes?" in " ".join(done.err.split())
    assert changed(untouched) == set()


def test_who_cannot_type_and_who_is_not_root_are_told(untouched: UnsetBox) -> None:
    """Each with an exit code of its own, before anything is asked."""
    done = untouched.ctl("setup", "--config", str(untouched.settings_file))
    assert done.code == Exit.USAGE
    assert "there is no terminal here" in done.err
    under = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
    there = Conversation(
        untouched.words(), untouched.environment,
        program=[*under, sys.executable, "-m", "beekeed.ctl"],
    )  # fmt: skip
    ended = there.end()
    assert ended.code == Exit.NOT_PERMITTED
    assert "Only root may do that" in ended.shown
    assert untouched.ctl("setup", "--json").code == Exit.USAGE
    assert changed(untouched) == set()


@pytest.mark.parametrize(
    "steps",
    [pytest.param(steps, marks=[] if steps == 3 else pytest.mark.full) for steps in range(5)],
)
@pytest.mark.parametrize("key", [INTERRUPT, pytest.param(END, marks=pytest.mark.full)])
def test_interrupted_it_goes_on_the_next_time(box: UnsetBox, steps: int, key: str) -> None:
    """At each question: nothing is half done, what was made is kept, and the end is the same."""
    typed = [(CONFIG, ""), (CHOICE, ""), (ADDRESS, box.address), (TOKEN, box.given_token)]
    there = box.talk()
    for question, line in typed[:steps]:
        there.type(question, line)
    there.until([CONFIG, CHOICE, ADDRESS, TOKEN, CHOICE][steps])
    ended = there.break_off(key)
    assert ended.code == Exit.INTERRUPTED
    assert "nothing is half done. Use beekeectl setup again" in ended.shown
    assert not list(box.etc.rglob(".*")), "a file that is half written"
    made = box.password.read_text() if steps >= 2 else ""
    there = box.talk()
    there.type(CONFIG)
    assert ("keep the account" in there.type(CHOICE)) == bool(made)
    there.type(ADDRESS, "" if steps == 4 else box.address)
    there.type(TOKEN, "" if steps == 4 else box.given_token)
    there.until("it runs now: go on")
    box.start()
    there.type(CHOICE)
    assert to_the_end(there).code == Exit.OK
    assert not made or box.password.read_text() == made


def test_sql_that_is_shown_makes_the_account_by_hand(any_box: UnsetBox) -> None:
    """Copied as it stands with a password put in; a wrong one is said, and asked again."""
    box = any_box
    there = box.talk()
    there.type(CONFIG)
    there.type(CHOICE, "2")
    said = there.type("Its name")
    there.type("Its password", "not made yet")
    sql = said.partition("password of your own: ")[2].rpartition("; ")[0]
    there.until("refused the account")
    for statement in sql.split("; "):
        execute(box.login, statement.replace("'...'", "'it''s mine'"))
    there.type(CHOICE, "3")
    there.type("Its name")
    there.type("Its password", "it's mine")
    assert "reads Moodle 4.5.6" in there.until(ADDRESS)
    assert there.break_off(INTERRUPT).code == Exit.INTERRUPTED
    assert "SELECT" in box.rights()


def test_an_account_that_may_write_is_said_and_left_to_do(box: UnsetBox) -> None:
    """It works all the same: whoever set it up may not be who administers the database."""
    writer = box.server.reader(box.login, "SELECT, UPDATE")
    secret = box.folder / "secret"
    secret.write_text(writer.password)
    given = f'account = "given"\nuser = "{writer.user}"\npassword_file = "secret"'
    done = box.set_up(answers(box).replace('account = "make"', given))
    said = " ".join(done.out.split())
    assert "its database account could change it too" in said
    assert "Take from the database account all rights but SELECT." in said.partition("Still")[2]
    assert writer.password not in said


def test_of_several_moodles_one_is_chosen(box: UnsetBox) -> None:
    """Each is listed once, with its address; other programs' config.php are none. From a file, the
    answer must name one."""
    box.put_moodle("old/public", "http://old.local")
    (box.www / "html" / "wordpress").mkdir(parents=True)
    (box.www / "html" / "wordpress" / "config.php").write_text("<?php $table_prefix = 'wp_';")
    (box.www / "link").symlink_to("moodle")
    done = box.set_up(answers(box))
    assert done.code == Exit.USAGE
    said = " ".join(done.err.split())
    assert "several Moodles here: /var/www/link/config.php, /var/www/old/public/config.php." in said
    there = box.talk()
    said = there.type(CHOICE, "2")
    assert "1 /var/www/link/config.php (http://box.local/moodle)" in said
    assert "3 another one" in said
    assert "wordpress" not in said
    assert "Site: http://old.local" in there.until(CHOICE)
    there.break_off(INTERRUPT)


def test_a_config_php_that_beekeed_may_not_read_is_copied_into_the_settings(box: UnsetBox) -> None:
    """The daemon needs it no more; with none where Moodles are, the path is asked for."""
    (box.www / "moodle").rename(box.www / "hidden")
    (box.www / "hidden" / "config.php").rename(box.www / "hidden" / "settings.php")
    (box.www / "hidden").chmod(0o700)
    there = box.talk()
    there.type(CONFIG, "/var/www/hidden/settings.php")
    said = there.type(CHOICE)
    assert "No Moodle was found where Moodles usually are." in there.shown
    assert "beekeed's user may not read that file" in said
    there.type(ADDRESS, box.address)
    there.type(TOKEN, box.given_token)
    there.until("it runs now: go on")
    assert f'name = "{box.login.name}"' in box.extra.read_text()
    (box.www / "hidden" / "settings.php").unlink()
    box.start()
    there.type(CHOICE)
    assert to_the_end(there).code == Exit.OK


def test_what_fails_may_be_left_and_is_named_at_the_end(box: UnsetBox) -> None:
    """Another address or token can be given at once; no sync is started before all is well, and
    the exit code is the check's."""
    right = box.given_token
    box.given_token = "0" * 32
    there = box.talk()
    to_the_check(box, there)
    assert "does not know the token" in there.type("give another address or token", "2")
    there.type(ADDRESS)
    there.type(TOKEN, right)
    there.until("it runs now: go on")
    box.start()
    with without(box, _OF_SERVICE, functions.ENROL):
        there.type(CHOICE)
        there.type("leave that for later", "2")
        there.type(PASSWORD, "none")
        there.type(LIMIT)
        there.type(WHEN, "none")
        ended = there.end()
    assert ended.code == Exit.REFUSED
    assert "No sync is started before what failed is mended." in ended.shown
    assert "Still to do: - Mend what the check named" in ended.shown
    assert "Sign in there: nobody can" in ended.shown
    assert box.kept_token.read_text().strip() == right


def test_it_speaks_the_terminals_language(untouched: UnsetBox) -> None:
    """In questions, in what is wrong with an answer, and at the end."""
    french = untouched.environment | {"LC_ALL": "fr_FR.UTF-8"}
    there = Conversation(untouched.words(), french, program=untouched.program)
    there.type("Son config.php [/var/www/moodle/config.php]", "/nulle/part")
    there.until("Il n'y a pas de fichier /nulle/part.")
    assert "Interrompu" in there.break_off(INTERRUPT).shown


@pytest.fixture
def machine(tmp_path: Path, on_mariadb: Moodle) -> Iterator[Box]:
    """A machine with systemd as PID 1 on which beekeed is installed, and a Moodle on MariaDB."""
    folder = tmp_path / "m"
    folder.mkdir()
    with installed(
        folder, more={_DATABASE: str(on_mariadb.server.folder)}, now=on_mariadb.now
    ) as box:
        login = on_mariadb.login(box.box)
        text = CONFIG_PHP.format(
            dbtype="mariadb", name=login.name, user="moodle", socket=f"{_DATABASE}/mysqld.sock"
        )
        box.machine.write("/var/www/moodle/config.php", text, 0o640)
        box.machine.run("chgrp", "www-data", "/var/www/moodle/config.php")
        yield box
    execute(on_mariadb.server.admin, "DROP USER IF EXISTS beekeed@localhost")


@pytest.mark.full
def test_under_systemd_it_runs_from_now_on(machine: Box) -> None:
    """From the package's files to the first sync: the units are enabled and run, the secrets are
    handed on, the page answers; used again with another token, the daemon starts anew."""
    box = machine
    token = box.machine.path(TOKEN_FILE).read_text().strip()
    box.machine.path(TOKEN_FILE).unlink()
    box.machine.write(
        SETTINGS,
        '[device]\nmoodle_config = "/var/www/moodle/config.php"\n[online]\nallow_http = true\n'
        f'address = "https://moodle.example.org"\ntoken_file = "{TOKEN_FILE}"\n',
    )
    there = Conversation(
        ["setup"], {"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]},
        program=box.machine.command("beekeectl"),
    )  # fmt: skip
    there.type(CONFIG)
    assert "beekeed's user may read that file." in there.type(CHOICE)
    there.type(ADDRESS, box.address)
    there.type(TOKEN, token)
    said = there.type(PASSWORD, "none")
    assert "beekeed runs, and will after every start of this box; so does its page." in said
    assert "✓ rights on the box: ok" in said
    there.type(LIMIT)
    there.type(WHEN, DAILY)
    there.type("start it now", "1")
    assert there.end().code == Exit.OK
    for unit in (UNIT, "beekeed-page.socket"):
        assert box.machine.show(unit, "ActiveState") == "active"
        assert box.machine.show(unit, "UnitFileState") == "enabled"
    box.ctl("sync", "--wait")
    assert box.compare().verified
    served = box.machine.run(
        "python3", "-c",
        "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8088/').status)",
    )  # fmt: skip
    assert served.stdout == "200\n"
    _refused_and_given_again(box, token)


def _refused_and_given_again(box: Box, token: str) -> None:
    """Set it up from a file: with a wrong token, and then the right one."""
    for given, ending in (("0" * 32, Exit.REFUSED), (token, Exit.OK)):
        text = ANSWERS.replace("token_file = ", "token = ").format(address=box.address, token=given)
        box.machine.write("/root/answers.toml", text.replace("start = true", ""), 0o600)
        done = box.ctl("setup", "--answers", "/root/answers.toml", "--json")
        steps = {step["step"]: step for step in done.json["steps"]}
        assert done.code == ending, done
        assert steps["started"] == {"step": "started", "by": "systemd", "restarted": True}
        assert steps["sync"]["started"] is False
        assert given not in done.out + box.log()
