"""Where the box's database is, by Moodle's own config.php, which is read and never run."""

from pathlib import Path

import pytest

from beekeed.errors import Code, DeviceUnreadable
from beekeed.moodle.login import Login, complete

# As Moodle's installer writes it.
INSTALLED = """<?php  // Moodle configuration file

unset($CFG);
global $CFG;
$CFG = new stdClass();

$CFG->dbtype    = 'mariadb';
$CFG->dblibrary = 'native';
$CFG->dbhost    = 'localhost';
$CFG->dbname    = 'moodle';
$CFG->dbuser    = 'moodleuser';
$CFG->dbpass    = 'it\\'s; a "secret"';
$CFG->prefix    = 'mdl_';
$CFG->dboptions = array (
  'dbpersist' => 0,
  'dbport' => '',
  'dbsocket' => '',
  'dbcollation' => 'utf8mb4_unicode_ci',
);

$CFG->wwwroot   = 'http://box.local';
$CFG->dataroot  = '/var/moodledata';

require_once(__DIR__ . '/lib/setup.php');
"""


def read(tmp_path: Path, text: str, given: Login | None = None, prefix: str | None = None) -> Login:
    """What a config.php gives."""
    file = tmp_path / "config.php"
    file.write_text(text)
    return complete(given or Login(), file, prefix)


def test_a_config_php_as_the_installer_writes_it(tmp_path: Path) -> None:
    """Everything that is needed, quotes and all."""
    assert read(tmp_path, INSTALLED) == Login(
        kind="mariadb", host="localhost", name="moodle", user="moodleuser",
        password="it's; a \"secret\"", prefix="mdl_",
    )  # fmt: skip


def test_what_the_settings_say_comes_first(tmp_path: Path) -> None:
    """An account of beekeed's own, on the database that config.php names."""
    login = read(tmp_path, INSTALLED, Login(user="reader", password="x"))
    assert (login.user, login.password, login.name) == ("reader", "x", "moodle")


@pytest.mark.parametrize(
    ("dbtype", "kind"),
    [
        ("mariadb", "mariadb"),
        ("mysqli", "mysql"),
        ("auroramysql", "mysql"),
        ("pgsql", "postgresql"),
    ],
)
def test_moodles_kinds_of_database(tmp_path: Path, dbtype: str, kind: str) -> None:
    """By Moodle's names for its drivers."""
    assert read(tmp_path, INSTALLED.replace("'mariadb'", f"'{dbtype}'")).kind == kind


def test_options_in_either_spelling(tmp_path: Path) -> None:
    """Port and socket; an array of the short form, double quotes, numbers."""
    text = INSTALLED.replace("array (", "[").replace(");\n\n$CFG->wwwroot", "];\n\n$CFG->wwwroot")
    text = text.replace("'dbport' => ''", '"dbport" => 3307').replace(
        "'dbsocket' => ''", "'dbsocket' => '/run/my.sock'"
    )
    login = read(tmp_path, text)
    assert (login.port, login.socket) == (3307, "/run/my.sock")


def with_options(options: str) -> str:
    """A config.php with other options of the database."""
    return INSTALLED.replace("'dbsocket' => '',", f"{options},")


@pytest.mark.parametrize(
    ("dbtype", "host", "options", "socket", "reached"),
    [
        # As Moodle's drivers do: heeded for this machine only, and a path only where it is one.
        ("pgsql", "localhost", "'dbsocket' => '/run/pg'", "/run/pg", "localhost"),
        ("pgsql", "localhost", "'dbsocket' => true", "", ""),
        ("pgsql", "localhost", "'dbsocket' => '1'", "", ""),
        ("pgsql", "localhost", "'dbsocket' => false", "", "localhost"),
        ("pgsql", "db.example.org", "'dbsocket' => '/run/pg'", "", "db.example.org"),
        ("mariadb", "localhost", "'dbsocket' => '1'", "", "localhost"),
        ("mariadb", "localhost", "'dbsocket' => '/run/my.sock'", "/run/my.sock", "localhost"),
    ],
)
def test_a_socket_is_heeded_as_moodle_heeds_it(
    tmp_path: Path, dbtype: str, host: str, options: str, socket: str, reached: str
) -> None:
    """Else another database would be read than the Moodle's own."""
    text = with_options(options).replace("'mariadb'", f"'{dbtype}'")
    login = read(tmp_path, text.replace("'localhost'", f"'{host}'"))
    assert (login.socket, login.host) == (socket, reached)


def test_a_host_of_the_settings_is_not_reached_by_config_phps_socket(tmp_path: Path) -> None:
    """Whoever names another server means it."""
    text = with_options("'dbsocket' => '/run/my.sock'")
    login = read(tmp_path, text, Login(host="10.0.0.5"))
    assert (login.host, login.socket) == ("10.0.0.5", "")


def test_only_the_options_own_keys_count(tmp_path: Path) -> None:
    """A read replica has a port of its own."""
    nested = "'readonly' => ['instance' => [['dbhost' => 'r', 'dbport' => '5599']]]"
    assert read(tmp_path, with_options(nested)).port == 0
    assert (
        read(tmp_path, with_options("'dbport' => 3307, 'x' => array('dbport' => 1)")).port == 3307
    )


@pytest.mark.parametrize(
    "code",
    ["$CFG->dboptions['dbport'] = 3307;", "$CFG->dboptions = ['dbport' => 3307];"],
)
def test_options_that_are_set_in_two_places_are_asked_for(tmp_path: Path, code: str) -> None:
    """Nobody but PHP knows which holds."""
    with pytest.raises(DeviceUnreadable) as caught:
        read(tmp_path, INSTALLED + code)
    assert caught.value.code is Code.MOODLE_CONFIG_UNCLEAR
    assert read(tmp_path, INSTALLED + code, Login(port=3306, host="localhost")).port == 3306


def test_a_computed_option_is_asked_for(tmp_path: Path) -> None:
    """Never the usual port in its place."""
    with pytest.raises(DeviceUnreadable) as caught:
        read(tmp_path, with_options("'dbport' => getenv('PORT')"))
    assert caught.value.params["setting"] == "device.port"


def test_a_schema_of_postgresql_is_kept(tmp_path: Path) -> None:
    """A stale Moodle may stand in the usual one."""
    text = with_options("'dbschema' => 'moodle2'").replace("'mariadb'", "'pgsql'")
    assert read(tmp_path, text).schema == "moodle2"


def test_a_prefix_of_the_settings_comes_first(tmp_path: Path) -> None:
    """Also an empty one, and where config.php computes its own."""
    computed = INSTALLED.replace("'mdl_';", "getenv('P');")
    assert read(tmp_path, computed, prefix="m_").prefix == "m_"
    assert read(tmp_path, INSTALLED, prefix="").prefix == ""
    with pytest.raises(DeviceUnreadable) as caught:
        read(tmp_path, computed)
    assert caught.value.params["setting"] == "device.prefix"


def test_comments_are_not_code(tmp_path: Path) -> None:
    """Nor is a comment's sign inside a string."""
    text = INSTALLED.replace("'moodle';", "'moo//dle'; // $CFG->dbname = 'other';")
    text += "/* $CFG->dbname = 'third'; */\n# $CFG->dbname = 'fourth';\n"
    assert read(tmp_path, text).name == "moo//dle"


@pytest.mark.parametrize(
    "expression", ["getenv('DB')", "$name", '"moodle$x"', "'a' . 'b'", "DB_NAME", '"a\\x41"']
)
def test_what_only_php_can_tell_is_asked_for(tmp_path: Path, expression: str) -> None:
    """Never guessed: another database would be read."""
    with pytest.raises(DeviceUnreadable) as caught:
        read(tmp_path, INSTALLED.replace("'moodle';", f"{expression};"))
    assert caught.value.code is Code.MOODLE_CONFIG_UNCLEAR
    assert caught.value.params["setting"] == "device.name"
    given = Login(name="moodle")
    assert read(tmp_path, INSTALLED.replace("'moodle';", f"{expression};"), given).name == "moodle"


def test_a_key_that_is_set_twice_is_asked_for(tmp_path: Path) -> None:
    """An `if` around it decides, and only PHP runs it; twice the same is no question."""
    other = INSTALLED + "if (X) { $CFG->dbname = 'other'; }\n"
    with pytest.raises(DeviceUnreadable):
        read(tmp_path, other)
    assert read(tmp_path, INSTALLED + "$CFG->dbname = 'moodle';\n").name == "moodle"


@pytest.mark.parametrize("missing", ["dbtype", "dbname", "dbuser"])
def test_what_is_missing_is_named(tmp_path: Path, missing: str) -> None:
    """With the setting that may stand for it."""
    with pytest.raises(DeviceUnreadable) as caught:
        read(tmp_path, INSTALLED.replace(f"$CFG->{missing}", "$other"))
    assert caught.value.params["key"] == missing


def test_other_databases_are_asked_for(tmp_path: Path) -> None:
    """Moodle knows more kinds than any box has."""
    with pytest.raises(DeviceUnreadable) as caught:
        read(tmp_path, INSTALLED.replace("'mariadb'", "'sqlsrv'"))
    assert caught.value.params["setting"] == "device.database"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """With why; never with what stands in it."""
    with pytest.raises(DeviceUnreadable) as caught:
        complete(Login(), tmp_path / "none.php")
    assert caught.value.code is Code.MOODLE_CONFIG_UNREADABLE


def test_a_login_never_shows_its_password(tmp_path: Path) -> None:
    """Not even by accident, in a log."""
    assert "secret" not in repr(read(tmp_path, INSTALLED))
