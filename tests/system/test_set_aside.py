"""`beekeectl set-aside` and `show --actions`: who, what, both sides, and a person's word."""

from pathlib import Path

from tests.system.world import World

DOUBT = "UPDATE mdl_user SET firstname = 'Somebody', lastname = 'Else' WHERE username = ?"


def doubtful(here: World) -> str:
    """A learner of the box whose username is somebody else's online."""
    ((username,),) = here.on_box(
        "SELECT min(username) FROM mdl_user WHERE id IN (SELECT userid FROM mdl_role_assignments"
        " ra JOIN mdl_role r ON r.id = ra.roleid WHERE r.archetype = 'student')"
    )
    here.on_online(
        "INSERT INTO mdl_user (username, firstname, lastname, email, mnethostid, confirmed)"
        " VALUES (?, 'Somebody', 'Else', 'else@example.org', 1, 1)",
        username,
    )
    return str(username)


def test_a_person_confirms_who_somebody_is(here: World, tmp_path: Path) -> None:
    """Both names are shown; a list may be given; what it says is done at the next sync."""
    username = doubtful(here)
    here.start_daemon()
    assert here.sync()["status"] == "partial"
    said = here.ctl("set-aside").out
    assert "Somebody Else" in said
    assert f"({username})" in said
    assert "set-aside confirm" in said
    listed = tmp_path / "names.txt"
    listed.write_text(f"# class 6\n{username}, the same girl\nnobody\n")
    confirmed = here.ctl("set-aside", "confirm", "--file", str(listed))
    assert confirmed.code == 0
    assert f"Confirmed: {username}." in confirmed.out
    assert "Nothing to confirm for: nobody." in confirmed.out
    assert here.sync()["status"] == "completed"
    assert here.ctl("set-aside").out == "Nothing is set aside.\n"


def test_wrong_use_says_what_to_do(here: World, tmp_path: Path) -> None:
    """Nobody named; a file that is not there; nobody who waits for it."""
    here.start_daemon()
    assert "name the learners" in here.ctl("set-aside", "confirm").err
    missing = here.ctl("set-aside", "confirm", "--file", str(tmp_path / "none"))
    assert "No such file" in " ".join(missing.err.split())
    unknown = here.ctl("set-aside", "confirm", "nobody", "--json")
    assert unknown.code == 1
    assert unknown.json["unknown"] == ["nobody"]


def test_each_action_is_shown_with_its_learner(here: World) -> None:
    """Before and after, by learner; the run's own information still names nobody."""
    here.start_daemon()
    run = here.sync()
    said = here.ctl("show", run["event_id"], "--actions")
    assert "activity completion in " in said.out
    assert "not read before → complete" in said.out
    actions = here.ctl("show", run["event_id"], "--actions", "--json").json["actions"]
    counted = sum(a["count"] for a in run["actions"] if a["verdict"] == "done")
    assert len(actions) == counted
    assert actions[0]["username"] not in here.ctl("show", run["event_id"]).out
    assert here.ctl("show", "nothing", "--actions").code == 1


def test_a_list_of_any_length_is_confirmed_at_once(here: World) -> None:
    """More names than one request carries; those that nothing is to be confirmed of are listed."""
    here.start_daemon()
    here.sync()
    names = [f"somebody.with.a.rather.long.username.{number:04}" for number in range(750)]
    file = here.folder / "names.csv"
    file.write_text("\ufeff# from the office\n" + "\n".join(f"{name},6b" for name in names))
    said = here.ctl("set-aside", "confirm", "--file", str(file), "--json")
    assert said.json["unknown"] == names
    assert said.json["confirmed"] == []
    assert said.code == 1


def test_a_list_from_an_office_is_read_from_a_file_or_a_pipe(here: World) -> None:
    """300 names with what a spreadsheet writes around them: its mark, line ends, empty lines."""
    username = doubtful(here)
    here.start_daemon()
    assert here.sync()["status"] == "partial"
    names = [f"somebody{number:03}" for number in range(299)]
    listed = "\ufeff" + "\r\n \r\n".join([*names[:150], username, *names[150:]]) + "\r\n\r\n"
    piped = here.ctl("set-aside", "confirm", "--file", "-", "--json", given=listed)
    assert (piped.json["confirmed"], piped.json["unknown"]) == ([username], names)
    assert piped.code == 0
    file = here.folder / "names.csv"
    file.write_bytes(listed.encode())
    read = here.ctl("set-aside", "confirm", "--file", str(file), "--json")
    assert sorted([*read.json["confirmed"], *read.json["unknown"]]) == sorted([username, *names])
    file.write_bytes("Zoé".encode("latin-1"))
    refused = here.ctl("set-aside", "confirm", "--file", str(file))
    assert "it is not text" in " ".join(refused.err.split())
