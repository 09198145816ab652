"""beekeectl as a program: what it loads, and what it does with odd input."""

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from beekeed.ctl.exits import EXITS, Exit
from tests.system.world import ROOT, World


def test_it_loads_nothing_beyond_the_standard_library() -> None:
    """It must start fast on a small machine, and work where the rest is broken."""
    script = (
        "import json, sys\n"
        "before = set(sys.modules)\n"
        "from beekeed.ctl import main\n"
        "assert main(['status', '--socket', '/nowhere']) == 4\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True
    )
    loaded = json.loads(done.stdout)
    own = {name for name in loaded if name.split(".")[0] == "beekeed"}
    assert {name.split(".")[1] for name in own if "." in name} == {
        "ctl",
        "client",
        "say",
        "usernames",
    }
    others = {name.split(".")[0] for name in set(loaded) - own}
    assert others <= sys.stdlib_module_names


def test_help_names_every_command_and_exit_code() -> None:
    """What a script may meet is written down."""
    done = subprocess.run(
        [sys.executable, "-m", "beekeed.ctl", "--help"],
        capture_output=True, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    for word in (
        *(
            "status",
            "sync",
            "calendar",
            "history",
            "show",
            "set-aside",
            "guard",
            "verify",
            "link",
            "check",
        ),
    ):
        assert word in done.stdout
    for code, text in EXITS.items():
        assert f"{code.value} {text}" in " ".join(done.stdout.split())
    assert set(EXITS) == set(Exit)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["frobnicate"],
        ["show"],
        ["history", "--limit", "many"],
        ["sync", "--wiat"],
        ["guard", "accept"],
        ["guard", "accept", "MATHS", "--kind", "account"],
    ],
)
def test_wrong_usage_ends_with_2(words: list[str]) -> None:
    """With a usage line or a sentence, and nothing is done."""
    done = subprocess.run(
        [sys.executable, "-m", "beekeed.ctl", *words],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == Exit.USAGE
    assert done.stderr.startswith(("usage: beekeectl", "beekeectl: "))


@pytest.mark.parametrize(
    ("words", "schema"),
    [
        (["status"], "beekeed.status/1"),
        (["sync"], "beekeed.sync/1"),
        (["sync", "--wait"], "beekeed.run/1"),
        (["sync", "--dry-run"], "beekeed.preview/1"),
        (["history"], "beekeed.history/1"),
        (["set-aside"], "beekeed.set-aside/1"),
        (["set-aside", "retry"], "beekeed.retry/1"),
        (["guard"], "beekeed.guard/1"),
        (["calendar"], "beekeed.calendar/1"),
        (["waiting"], "beekeed.waiting/1"),
        (["link"], "beekeed.link/1"),
        (["link", "--try"], "beekeed.link/1"),
        (["check"], "beekeed.check/1"),
    ],
)
def test_every_command_speaks_json(shared: World, words: list[str], schema: str) -> None:
    """With the name and version of its schema, so that other programs can rely on it."""
    assert shared.ctl(*words, "--json").json["schema"] == schema


def test_the_api_refuses_what_it_does_not_know(shared: World) -> None:
    """An unknown path, a wrong method and a wrong number are errors of the one envelope."""
    for method, path, status, code in (
        ("GET", "/v1/nothing", "404", "not_found"),
        ("DELETE", "/v1/status", "404", "not_found"),
        ("GET", "/v1/runs?limit=-1", "400", "bad_request"),
        ("GET", "/v1/runs/%2e%2e", "404", "not_found"),
    ):
        done = subprocess.run(
            ["python3", "-c", _RAW, str(shared.socket), method, path],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        head, _, body = done.stdout.partition("\n\n")
        assert head.split()[1] == status
        assert json.loads(body)["error"]["code"] == code


_RAW = """
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(f"{sys.argv[2]} {sys.argv[3]} HTTP/1.0\\r\\nHost: beekeed\\r\\n\\r\\n".encode())
print(b"".join(iter(lambda: s.recv(65536), b"")).decode().replace("\\r", ""))
"""


def test_the_socket_is_for_its_owner_and_group_only(shared: World) -> None:
    """Whoever may connect may administer, so nobody else may connect."""
    assert shared.socket.stat().st_mode & 0o777 == 0o660


@pytest.mark.parametrize("answer", ['{"message": "page not found"}', "null", "[]", "<html>", ""])
def test_a_socket_of_another_program_is_said_to_be_no_beekeed(tmp_path: Path, answer: str) -> None:
    """Whatever answers there, it is one sentence."""
    path = tmp_path / "other.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(4096)
                body = answer.encode()
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
                connection.sendall(head.encode() + body)

        thread = threading.Thread(target=serve)
        thread.start()
        done = subprocess.run(
            [sys.executable, "-m", "beekeed.ctl", "status", "--socket", str(path)],
            capture_output=True, text=True, cwd=ROOT, check=False,
        )  # fmt: skip
        thread.join()
    assert done.returncode == Exit.NOT_RUNNING
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("beekeectl: ")


def test_odd_bytes_in_an_argument_are_just_an_unknown_sync(shared: World) -> None:
    """A terminal may send what is no UTF-8."""
    done = subprocess.run(
        [sys.executable, "-m", "beekeed.ctl", "show", b"\xff\xfe", "--socket", str(shared.socket)],
        capture_output=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == Exit.FAILURE
    assert b"There is no sync" in done.stderr


def test_the_name_of_a_site_cannot_command_the_terminal(here: World) -> None:
    """Control characters are taken out wherever a name is shown (features.md, row 27)."""
    here.on_online("UPDATE mdl_course SET fullname = ? WHERE id = 1", "Evil\x1b[31mSite\x07")
    here.start_daemon()
    here.sync()
    for words in (("status",), ("check",)):
        shown = here.ctl(*words).out
        assert "Evil[31mSite" in shown
        assert "\x1b" not in shown


def test_what_is_no_http_is_refused_without_a_traceback(shared: World) -> None:
    """Neither to the caller nor in the log."""
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(shared.socket))
        raw.sendall(b"\x00\xff nonsense\r\n\r\n")
        assert b"400" in raw.recv(65536)
    assert shared.ctl("status").code == Exit.OK
    assert "Traceback" not in shared.log()


def test_a_reason_is_said_once_with_everybody_whom_it_concerns(here: World) -> None:
    """A class set aside for one thing is one thing to mend; names cannot command the terminal."""
    people = here.on_box("SELECT username FROM mdl_user WHERE id > 3 ORDER BY id LIMIT 3")
    names = [username for (username,) in people]
    here.on_box("UPDATE mdl_user SET firstname = ? WHERE username = ?", "Am\x1b[2Jina", names[0])
    here.start_daemon(accounts__never_touch=json.dumps(names))
    here.sync()
    shown = here.ctl("set-aside").out
    assert shown.count("this account is never touched") == 1
    for username in names:
        assert f"({username}): account" in shown
    assert "\x1b" not in shown
    assert "; what waits for this: " in " ".join(shown.split())
    assert here.ctl("set-aside", "retry").out == "Tried again at the next sync: 3 changes.\n"
