"""The settings."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from beekeed import config, credentials, sections
from beekeed.errors import Code, ConfigError
from beekeed.say import language_of

SHIPPED = Path(__file__).parent.parent / "config" / "beekeed.toml"
MINIMAL = """
[device]
path = "/box.sqlite"
[online]
address = "https://moodle.example.org"
token_file = "/token"
"""


def written(tmp_path: Path, text: str) -> Path:
    """A settings file with that text."""
    file = tmp_path / "beekeed.toml"
    file.write_text(text)
    return file


def problems(tmp_path: Path, text: str) -> list[ConfigError]:
    """What is wrong with a settings file."""
    with pytest.raises(ConfigError) as caught:
        config.load(written(tmp_path, text))
    return list(caught.value.problems)


def test_the_shipped_file_is_valid_and_names_every_key() -> None:
    """config/beekeed.toml shows each setting, commented out with its default."""
    settings = config.load(SHIPPED)
    text = re.sub(r"^# (\w+ = )", r"\1", SHIPPED.read_text(), flags=re.MULTILINE)
    shown = tomllib.loads(text)
    assert [
        f"{s}.{key}" for s, values in shown.items() for key in values
    ] == sections.setting_keys()
    for key in sections.setting_keys():
        section, name = key.split(".")
        value = getattr(getattr(settings, section), name)
        if value is None:  # shown with what stands for it
            continue
        assert msgspec.convert(shown[section][name], type(value)) == value, key


def test_every_key_of_the_shipped_file_has_a_comment() -> None:
    """A technician reads what a key does where it is set."""
    lines = SHIPPED.read_text().splitlines()
    for above, line in pairwise(lines):
        if re.match(r"(# )?\w+ = ", line):
            assert above.startswith("# "), line


def test_what_must_be_set_is_enough(tmp_path: Path) -> None:
    """Three settings make a box."""
    settings = config.load(written(tmp_path, MINIMAL))
    assert settings.device.prefix is None
    assert settings.accounts.never_touch == ()


def test_every_mistake_is_told_at_once_with_its_file_and_remedy(tmp_path: Path) -> None:
    """One start, one list."""
    found = problems(
        tmp_path,
        '[device]\npth = "x"\n[online]\naddress = "ftp://x"\ntimeout_seconds = "long"\n'
        "max_input_vars = 5\n[accounts]\npassword = 'x'\n[sync]\nday = 1\n",
    )
    by_key = {str(problem.params["key"]): problem for problem in found}
    assert set(by_key) == {
        "device.pth",
        "device.moodle_config",
        "online.address",
        "online.token_file",
        "online.timeout_seconds",
        "online.max_input_vars",
        "accounts.password",
        "sync.day",
    }
    for problem in found:
        said = language_of("en").say(problem.code, problem.params)
        assert str(tmp_path / "beekeed.toml") in said.what
        assert "…" not in said.what + said.remedy
    assert (
        language_of("en").say("setting_unknown", by_key["device.pth"].params).remedy
        == "Did you mean device.path?"
    )
    assert (
        "a whole number, got text"
        in language_of("en").say("setting_wrong", by_key["online.timeout_seconds"].params).what
    )
    assert (
        '"random" or "mailed"'
        in language_of("en").say("setting_wrong", by_key["accounts.password"].params).what
    )


@pytest.mark.parametrize(
    "text",
    [
        "[device",
        "device = 3\n" + MINIMAL,
        "\x00",
        "x = " + "[" * 100_000,
        '[online]\naddress = ["a"]\n[device]\npath = 1',
    ],
)
def test_a_broken_file_is_a_sentence(tmp_path: Path, text: str) -> None:
    """Never a traceback, whatever stands in the file."""
    for problem in problems(tmp_path, text):
        assert language_of("en").say(problem.code, problem.params).what.endswith(".")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The path that was tried is in the sentence."""
    with pytest.raises(ConfigError) as caught:
        config.load(tmp_path / "none.toml")
    assert caught.value.code is Code.SETTINGS_UNREADABLE
    assert "none.toml" in str(caught.value.params["file"])


def test_http_must_be_asked_for(tmp_path: Path) -> None:
    """The token and the names would be read on the way."""
    plain = MINIMAL.replace("https", "http")
    (problem,) = problems(tmp_path, plain)
    assert problem.code is Code.ADDRESS_NOT_HTTPS
    allowed = plain.replace("[online]", "[online]\nallow_http = true")
    assert config.load(written(tmp_path, allowed)).online.allow_http


@pytest.mark.parametrize(
    "address",
    [
        "https://",
        "https://mo..odle.example",
        "https://[moodle",
        "https://host:99999",
        "https://name:password@moodle.example",  # it is shown to everybody
        "https://host:0",
        "https://" + "a" * 64 + ".example",
        "moodle.example.org",
    ],
)
def test_an_address_that_nobody_could_look_up_is_a_wrong_setting(
    tmp_path: Path, address: str
) -> None:
    """Told at the start, with the key, and not at the first sync."""
    (problem,) = problems(tmp_path, MINIMAL.replace("https://moodle.example.org", address))
    assert problem.code is Code.SETTING_WRONG
    assert problem.params["key"] == "online.address"
    assert "web address" in language_of("en").say(problem.code, problem.params).what


def test_a_token_in_place_of_its_file_is_not_shown(tmp_path: Path) -> None:
    """The likely mistake of whoever sets up the box; the journal must not have it."""
    token = "0123456789abcdef0123456789abcdef"
    (problem,) = problems(tmp_path, MINIMAL.replace("/token", token))
    said = language_of("en").say(problem.code, problem.params)
    assert token not in f"{problem} {said.what} {said.remedy}"
    assert "a full path" in said.what


@pytest.mark.parametrize("key", ["state_directory", "control_socket"])
def test_a_path_with_a_character_that_no_file_has_is_a_wrong_setting(
    tmp_path: Path, key: str
) -> None:
    """A NUL would be a traceback at the first use."""
    (problem,) = problems(tmp_path, MINIMAL + f'[daemon]\n{key} = "/a\\u0000b"\n')
    assert problem.params["key"] == f"daemon.{key}"


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("device", "prefix", "mdl_\\n"),
        ("accounts", "username_prefix", "abc\\n"),
        ("schedule", "daily_at", "02:00\\n"),
        ("mail", "language", "en\\n"),
        ("mail", "to", "a@b.org\\n"),
        ("mail", "server", "smtp.example.org\\n"),
        ("mail", "server", "::1%\\u2028"),
        ("mail", "server", "fe80::1%eth0"),
        ("mail", "server", "a b"),
        ("mail", "server", "smtp..example.org"),
        ("mail", "server", "smtp.example.org:25"),
        ("mail", "server", "[::1]"),
    ],
)
def test_what_nobody_would_see_in_a_value_is_a_wrong_setting(
    tmp_path: Path, section: str, key: str, value: str
) -> None:
    """The end of a line behind it, or a zone, which may hold anything."""
    device, online = MINIMAL.split("[online]")
    line = f'{key} = "{value}"\n'
    more = {"device": f"{device}{line}[online]{online}"}
    (problem,) = problems(tmp_path, more.get(section, f"{MINIMAL}[{section}]\n{line}"))
    assert problem.params["key"] == f"{section}.{key}"


def test_the_end_of_a_line_is_no_part_of_an_address(tmp_path: Path) -> None:
    """It would be asked for with each request."""
    (problem,) = problems(tmp_path, MINIMAL.replace('example.org"', 'example.org\\n"'))
    assert problem.params["key"] == "online.address"


@pytest.mark.parametrize(
    "server", ["", "localhost", "smtp.example.org", "a_b-1.example.", "127.0.0.1", "::1", "fe80::1",
               "2001:db8:1:2:3:4:5:6", "::ffff:192.0.2.1"]
)  # fmt: skip
def test_a_mail_server_is_a_name_or_an_address(tmp_path: Path, server: str) -> None:
    """Of either family."""
    text = f'{MINIMAL}[mail]\nserver = "{server}"\n'
    assert config.load(written(tmp_path, text)).mail.server == server


@pytest.mark.parametrize(
    ("device", "missing"),
    [
        ("", {"device.moodle_config"}),
        ('name = "moodle"', {"device.user"}),
        ('host = "db"', {"device.name", "device.user"}),
        ('name = "moodle"\nuser = "reader"', set()),
        ('moodle_config = "/var/www/moodle/config.php"', set()),
        ('path = "/box.sqlite"', set()),
    ],
)
def test_the_boxs_database_must_be_told_in_one_of_three_ways(
    tmp_path: Path, device: str, missing: set[str]
) -> None:
    """Moodle's own config.php, a database and an account, or an SQLite file."""
    text = MINIMAL.replace('path = "/box.sqlite"', device)
    if not missing:
        config.load(written(tmp_path, text))
        return
    assert {str(problem.params["key"]) for problem in problems(tmp_path, text)} == missing


def test_the_databases_password_comes_from_its_file_or_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None where neither is there: config.php may have it."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert credentials.read_password(config.load(written(tmp_path, MINIMAL))) == ""
    file = tmp_path / "password"
    named = MINIMAL.replace("[online]", f'password_file = "{file}"\n[online]')
    settings = config.load(written(tmp_path, named))
    with pytest.raises(ConfigError) as caught:
        credentials.read_password(settings)
    assert caught.value.code is Code.PASSWORD_UNREADABLE
    file.write_text("two words\n")
    assert credentials.read_password(settings) == "two words"
    (tmp_path / "device_password").write_text("of systemd")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert credentials.read_password(settings) == "of systemd"


def test_the_mail_servers_password_comes_from_its_file_or_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read when it is needed; a file that everybody may read is refused, and is never shown."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    file = tmp_path / "password"
    file.write_text("s3cret\n")
    file.chmod(0o600)
    settings = config.load(written(tmp_path, f'{MINIMAL}\n[mail]\npassword_file = "{file}"\n'))
    assert credentials.read_mail_password(settings) == "s3cret"
    file.chmod(0o644)
    with pytest.raises(ConfigError) as caught:
        credentials.read_mail_password(settings)
    assert caught.value.code is Code.MAIL_PASSWORD_UNREADABLE
    assert "s3cret" not in str(caught.value)
    credential = tmp_path / "mail_password"
    credential.write_text("of systemd")
    credential.chmod(0o400)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert credentials.read_mail_password(settings) == "of systemd"


def test_fragments_override_in_order_and_are_named(tmp_path: Path) -> None:
    """beekeed.toml.d/*.toml come after the file, in order of name."""
    file = written(tmp_path, MINIMAL)
    folder = tmp_path / "beekeed.toml.d"
    folder.mkdir()
    (folder / "10-a.toml").write_text("[online]\nmax_input_vars = 10\ntimeout_seconds = 10\n")
    (folder / "20-b.toml").write_text("[online]\nmax_input_vars = 20\n")
    settings = config.load(file)
    assert (settings.online.max_input_vars, settings.online.timeout_seconds) == (20, 10)
    (folder / "30-c.toml").write_text("[online]\nmax_input_vars = 0\n")
    with pytest.raises(ConfigError) as caught:
        config.load(file)
    assert str(caught.value.problems[0].params["file"]).endswith("30-c.toml")


def test_the_token_comes_from_its_file_and_is_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A systemd credential comes first; what is wrong is said without the token."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    token = tmp_path / "token"
    settings = config.load(written(tmp_path, MINIMAL.replace("/token", str(token))))
    with pytest.raises(ConfigError) as caught:
        credentials.read_token(settings)
    assert caught.value.code is Code.TOKEN_UNREADABLE
    token.write_text("secret1 secret2")
    with pytest.raises(ConfigError) as caught:
        credentials.read_token(settings)
    assert "secret" not in str(caught.value)
    token.write_text("abc\n")
    assert credentials.read_token(settings) == "abc"
    (tmp_path / "credentials").mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    assert credentials.read_token(settings) == "abc"
    (tmp_path / "credentials" / "token").write_text("\n")  # of the unit, where there is no file
    assert credentials.read_token(settings) == "abc"
    (tmp_path / "credentials" / "token").write_text("def")
    assert credentials.read_token(settings) == "def"


PAGE = """
[page]
names = ["Box.School.LAN", "10.0.0.1", "box.school.lan", "FD00:0::1"]
certificate_file = "/page.crt"
key_file = "/page.key"
[daemon]
page_socket = "/run/page.sock"
"""


def test_the_pages_process_needs_its_own_part_only(tmp_path: Path) -> None:
    """A box that is not set up yet, or not rightly, still shows its page; fragments count."""
    file = written(tmp_path, "[online]\naddres = 3\n[device]\nport = 'x'\n[new]\na = 1\n" + PAGE)
    (tmp_path / "beekeed.toml.d").mkdir()
    (tmp_path / "beekeed.toml.d" / "10-key.toml").write_text("[page]\nkey_file = '/other.key'\n")
    given = config.read_page(file)
    assert given.page_socket == "/run/page.sock"
    assert given.page.certificate_file == "/page.crt"
    assert given.page.key_file == "/other.key"
    assert given.page.names == ("box.school.lan", "10.0.0.1", "fd00::1")
    with pytest.raises(ConfigError):
        config.load(file)


def test_the_page_needs_no_settings_of_its_own(tmp_path: Path) -> None:
    """The box's own addresses and names are known without them."""
    given = config.read_page(written(tmp_path, MINIMAL))
    assert given == config.PageProcess(sections.PageSettings(), "/run/beekeed-page/page.sock")
    assert config.load(written(tmp_path, MINIMAL)).page == given.page


def test_the_daemon_reads_the_pages_part_as_the_page_does(tmp_path: Path) -> None:
    """One file, one meaning."""
    file = written(tmp_path, MINIMAL + PAGE)
    assert config.load(file).page == config.read_page(file).page


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ('names = "box.lan"', "page.names", "a list of hosts"),
        ("names = [1]", "page.names", "a list of hosts"),
        *(
            (f'names = ["good.lan", "{name}"]', "page.names", "a list of hosts")
            for name in (
                *("https://box.lan", "box.lan:80", "box.lan/", "[::1]", "*", "*.lan", "", " "),
                *("box..lan", ".lan", "box.lan.", "box lan", "box.lan\\n", "fe80::1%eth0"),
                *("schüle.lan", "300.1.1.1", "10.0.0", "1:2", "a" * 64, "a." * 126 + "ab"),
            )
        ),
        ('certificate_file = "/page.crt"', "page.key_file", "key_file"),
        ('key_file = "/page.key"', "page.certificate_file", "certificate_file"),
        ('key_file = "page.key"', "page.key_file", "a full path"),
        ("name = []", "page.name", "page.name"),
    ],
)
def test_what_is_wrong_with_the_page_is_said_to_both_processes(
    tmp_path: Path, text: str, key: str, said: str
) -> None:
    """A name is a host alone; a certificate without its key is none."""
    file = written(tmp_path, f"{MINIMAL}[page]\n{text}\n")
    for read in (config.load, config.read_page):
        with pytest.raises(ConfigError) as caught:
            read(file)
        (problem,) = caught.value.problems
        assert problem.params["key"] == key
        shown = language_of("en").say(problem.code, problem.params)
        assert said in shown.what
        assert "…" not in shown.what + shown.remedy


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("page = 3\n", ["page"]),
        ("[daemon]\npage_socket = 'page.sock'\n[page]\nnames = 1\n",
         ["page.names", "daemon.page_socket"]),
    ],
)  # fmt: skip
def test_all_that_is_wrong_is_said_at_once_to_the_page_too(
    tmp_path: Path, text: str, keys: list[str]
) -> None:
    """Its socket included: without it, it reaches nothing."""
    with pytest.raises(ConfigError) as caught:
        config.read_page(written(tmp_path, text))
    assert [problem.params["key"] for problem in caught.value.problems] == keys
