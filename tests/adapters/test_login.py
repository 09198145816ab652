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


def read(tmp_path: Path, text: str, given: Login | None = None) -> Login:
    """What a config.php gives."""
    file = tmp_path / "config.php"
    file.write_text(text)
    return complete(given or Login(prefix="mdl_"), file)


def test_a_config_php_as_the_installer_writes_it(tmp_path: Path) -> None:
    """Everything that is needed, quotes and all."""
    assert read(tmp_path, INSTALLED) == Login(
        kind="mariadb", host="localhost", name="moodle", user="moodleuser",
        password="it's; a \"secret\"", prefix="mdl_",
    )  # fmt: skip


def test_what_the_settings_say_comes_first(tmp_path: Path) -> None:
    """An account of beekeed's own, on the database that config.php names."""
    login = read(tmp_path, INSTALLED, Login(user="reader", password="x", prefix="mdl_"))
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
    given = Login(name="moodle", prefix="mdl_")
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
