"""What set-up makes of answers, and the SQL and the files that come of it; no box is there."""

import base64
import hashlib
import hmac
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from beekeed import config
from beekeed.control import signing
from beekeed.ctl.setup import answers, box, reading, sql
from beekeed.ctl.setup.asking import Wrong
from beekeed.ctl.setup.files import Files
from beekeed.ctl.setup.reading import When
from beekeed.moodle.login import Login, wwwroot
from beekeed.sections import LimitSettings

EXAMPLE = Path(__file__).parent.parent / "packaging" / "answers.example.toml"
MOODLE = "<?php\n$CFG->dbtype = 'mariadb';\n$CFG->wwwroot = {wwwroot};\n"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("https://moodle.example.org", "https://moodle.example.org"),
        ("https://school.org/moodle/", "https://school.org/moodle"),
        ("https://school.org/my", "https://school.org"),
        ("https://school.org/moodle/my/courses.php", "https://school.org/moodle"),
        ("https://school.org/moodle/login/index.php?lang=fr", "https://school.org/moodle"),
        ("https://school.org/course/view.php?id=7#section-2", "https://school.org"),
        ("https://school.org/webservice/rest/server.php", "https://school.org"),
        ("https://school.org/local", "https://school.org/local"),
        ("https://school.org/?redirect=0", "https://school.org"),
        ("https://anna:secret@school.org/x", "https://school.org/x"),
        ("http://school.org:80/x", "https://school.org:80/x"),
        ("school.org/moodle", "https://school.org/moodle"),
        ("mailto:anna@school.org", "https://school.org"),
        ("ftp://school.org", ""),
        ("https://", ""),
        ("https://school.org:x", ""),
        ("https://my school", ""),
        ("https://box.lan/moodle", ""),
        ("", ""),
    ],
)
def test_what_people_take_for_the_address_is_put_right_or_refused(typed: str, meant: str) -> None:
    """What was meant is offered, step by step; the box's own Moodle is not the online one."""
    read = reading.address_where(allow_http=False, box="http://box.lan/other")
    assert followed(read, typed) == meant


def followed(read: Callable[[str], str], text: str) -> str:
    """Take what is offered until it is good, or nothing is; gives what it came to."""
    for _ in range(4):
        try:
            return read(text)
        except Wrong as wrong:
            text = wrong.better
            if not text:
                return ""
    raise AssertionError(text)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("02:00", When(daily_at="02:00")),
        ("7:05", When(daily_at="07:05")),
        ("none", When()),
        ("sat 20", When(hours=("sat-20",))),
        ("MON 08-09", When(hours=("mon-08", "mon-09"))),
    ],
)
def test_one_answer_says_when(typed: str, meant: When) -> None:
    """A time, hours of the week, or never; the daemon is told to switch off what is not meant."""
    found = reading.when(typed)
    assert found == meant
    asked = found.asked
    assert asked["enabled"] == ("daily_at" in asked)
    assert asked["grid_active"] == ("hours" in asked)


def test_the_daemons_own_rules_are_kept_to() -> None:
    """So that it refuses nothing after something was changed already."""
    assert reading.SHORTEST_PASSWORD == signing.SHORTEST_PASSWORD
    most = 10**15
    limits = LimitSettings(bytes=most)
    assert reading.limit(str(limits.bytes)) == most
    with pytest.raises(Wrong):
        reading.limit(str(most + 1))


def test_the_example_has_every_answer_with_a_comment(tmp_path: Path) -> None:
    """Those that are commented out as well; with its files there it is taken as it stands."""
    text = EXAMPLE.read_text()
    every = re.sub(r"^# (\w+ = )", r"\1", text, flags=re.M)
    tables = tomllib.loads(every)
    keys = {f"{section}.{key}" for section, table in tables.items() for key in table}
    assert keys == {*answers._EXAMPLES}
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if re.match(r"(# )?\w+ = ", line):
            assert lines[number - 1].startswith("#"), line
    file = tmp_path / "answers.toml"
    moodle = tmp_path / "config.php"
    moodle.write_text(MOODLE.format(wwwroot="'http://box.lan'"))
    (tmp_path / "token").write_text("0123456789abcdef" * 2 + "\n")
    file.write_text(text.replace("# moodle_config", "moodle_config").replace(
        "/var/www/moodle/config.php", str(moodle)
    ))  # fmt: skip
    file.chmod(0o600)
    found = answers.read_answers(file, {})
    assert found.ask("online.token", "", reading.token) == "0123456789abcdef" * 2
    assert found.choose("sync.start", {"now": "", "later": ""}, "now") == "later"


def test_a_moodle_is_found_once_where_moodles_are(tmp_path: Path) -> None:
    """Whatever links there are; files of that name that other programs have are none."""
    for place in ("var/www/html", "var/www/school/public", "opt/lms/moodle", "usr/share/moodle"):
        folder = tmp_path / place
        folder.mkdir(parents=True)
        (folder / "config.php").write_text(MOODLE.format(wwwroot="'http://x'"))
    (tmp_path / "var/www/moodle").symlink_to(tmp_path / "var/www/html")
    (tmp_path / "var/www/blog").mkdir()
    (tmp_path / "var/www/blog/config.php").write_text("<?php $db = 'wordpress';")
    found = {str(path.relative_to(tmp_path)) for path in box.candidates(tmp_path)}
    assert found == {
        "var/www/html/config.php", "var/www/school/public/config.php",
        "opt/lms/moodle/config.php", "usr/share/moodle/config.php",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "site"),
    [
        ("'http://box.lan'", "http://box.lan"),
        ('"https://box.lan/moodle"', "https://box.lan/moodle"),
        ("'http://' . $_SERVER['HTTP_HOST']", ""),
        ("\"http://{$_SERVER['HTTP_HOST']}\"", ""),
    ],
)
def test_the_site_is_told_where_config_php_says_it_plainly(
    tmp_path: Path, said: str, site: str
) -> None:
    """What PHP makes up is not guessed."""
    file = tmp_path / "config.php"
    file.write_text(MOODLE.format(wwwroot=said))
    assert wwwroot(file) == site


def test_names_in_sql_are_quoted() -> None:
    """A database's name is no pattern in a GRANT, and closes no quote."""
    login = Login(kind="mariadb", name="m_o%o`dle")
    assert sql.for_mysql(login, ["localhost"], "'x'")[-1] == (
        "GRANT SELECT ON `m\\_o\\%o``dle`.* TO 'beekeed'@'localhost'"
    )
    statements = sql.for_postgresql(Login(name='a"b', schema='c"d'), 'e"f', "x")
    assert 'GRANT CONNECT ON DATABASE "a""b" TO beekeed' in statements
    assert statements[-1].startswith('ALTER DEFAULT PRIVILEGES FOR ROLE "e""f" IN SCHEMA "c""d"')


@pytest.mark.parametrize("kind", ["mariadb", "postgresql"])
def test_the_guide_has_the_same_sql(kind: str) -> None:
    """As set-up shows it to whoever makes the account by hand."""
    guide = (EXAMPLE.parent.parent / "docs" / "technician.md").read_text()
    for statement in sql.shown(Login(kind=kind, name="moodle"), "moodle", ("localhost",)):
        assert f"{statement};" in guide


def test_a_servers_log_has_no_password() -> None:
    """Statements have what the server itself keeps of one, by its own rule."""
    assert sql.native_hash("password") == "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19"
    kept = sql.scram_verifier("pencil")
    found = re.fullmatch(r"SCRAM-SHA-256\$(\d+):(.+)\$(.+):(.+)", kept)
    assert found is not None
    salted = hashlib.pbkdf2_hmac("sha256", b"pencil", base64.b64decode(found[2]), int(found[1]))
    client = hmac.digest(salted, b"Client Key", "sha256")
    assert base64.b64decode(found[3]) == hashlib.sha256(client).digest()


def test_what_is_written_is_read_back_as_it_was(tmp_path: Path) -> None:
    """Quotes and the like in a name do no harm, and what others set stays."""
    main = tmp_path / "beekeed.toml"
    main.write_text('[online]\naddress = "https://moodle.example.org"\n[limit]\nenabled = true\n')
    files = Files(main)
    values: dict[str, str | int] = {
        "device.user": 'a "b" \\ c é\t', "device.moodle_config": "/x", "device.port": 3307,
        "online.address": "https://school.org", "online.token_file": "/t",
    }  # fmt: skip
    files.examine(values)
    files.write(values)
    assert files.set_before() == values
    settings = config.load(main)
    assert (settings.online.address, settings.limit.enabled) == ("https://school.org", True)
    assert main.read_text().startswith("[online]")
