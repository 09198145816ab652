"""`beekeectl report`: all that support needs, and nobody's name (features.md, row 28)."""

import base64
import json
from pathlib import Path
from string import Formatter
from urllib.parse import quote

from beekeed.ctl.exits import Exit
from beekeed.say.sentences import SENTENCES
from tests.system.world import World

_PASSWORD = "Geheim-Wort-93/+x"
_MAILBOX = "school.secretary@example.org"
_MAIL_USER = "smtp-user-77"
_ADDRESS = "192.168.7.42"
_SAID = "Duplicate-entry-Xaver-Zimt"
_MOODLES_OWN = {
    *("course", "function", "functions", "capability", "capabilities", "errorcode", "table")
}
"""What a reason may tell support besides numbers."""


def of_reasons() -> set[str]:
    """All that a reason may hold: what stands for it in a sentence, and what there is online."""
    texts = [text for entry in SENTENCES.values() for text in (entry.what, entry.remedy)]
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name} | {
        "online"
    }


def plant(here: World) -> list[str]:
    """Give everybody a name like nothing else in the world; gives all that must not leak."""
    here.on_box("UPDATE mdl_user SET firstname = 'Zöqa' || id || 'qx', lastname = 'Wérxl' || id,"
                " email = 'mail' || id || '@zqschool.example' WHERE id > 3")  # fmt: skip
    people = here.on_box("SELECT username, firstname, lastname, email FROM mdl_user WHERE id > 3")
    first, second = people[0][0], people[1][0]
    # Somebody else has that username online: this one is set aside, with a name in its reason.
    here.on_online(
        "INSERT INTO mdl_user (username, firstname, lastname, email, confirmed, mnethostid,"
        " idnumber, timecreated, timemodified)"
        f" VALUES ('{first}', 'Ottilie', 'Xanthippe', 'ottilie@zqschool.example', 1, 1, '', 1, 1)"
    )
    secrets = here.folder / "password"
    secrets.write_text(_PASSWORD)
    planted = [str(each) for person in people for each in person if len(str(each)) > 4]
    token = here.token.read_text().strip()
    here.start_daemon(
        accounts__never_touch=json.dumps([second, "headmistress"]),
        mail__notify='"failures"',
        mail__to=f'"{_MAILBOX}"',
        mail__sender='"box@zqschool.example"',
        mail__server='"127.0.0.1"',
        mail__user=f'"{_MAIL_USER}"',
        mail__password_file=f'"{secrets}"',
    )
    here.sync()
    # A reason may carry any text: what somebody else's program said, a name among it.
    said = json.dumps(dict.fromkeys(of_reasons() - _MOODLES_OWN, _SAID) | {"course": "BK-MATH"})
    here.in_state("UPDATE run SET code = 'refused_by_moodle', params = ?", said)
    here.in_state("UPDATE change SET aside_params = ? WHERE aside_code IS NOT NULL", said)
    here.in_state(
        "INSERT INTO setting_change (key, before, by_whom, at) VALUES"
        f" ('limit.bytes', '1', 'signed in at {_ADDRESS} (uid 33, process 7)', 1800000000)"
    )
    extra = [
        _ADDRESS,
        _SAID,
        "Ottilie",
        "Xanthippe",
        "headmistress",
        "zqschool",
        _MAILBOX,
        _MAIL_USER,
        _PASSWORD,
    ]
    return [*planted, *extra, token]


def written(secret: str) -> set[bytes]:
    """Every way in which a text could stand in a file: as it is, percent, JSON, base64."""
    raw = secret.encode()
    forms = {raw, quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode()}
    for shift in range(3):  # base64 depends on where a text begins
        whole = base64.b64encode(b"\0" * shift + raw)
        forms.add(whole[(shift * 8 + 5) // 6 : len(whole) - 4])
    return {form for form in forms if len(form) > 4}


def test_it_names_nobody_and_holds_no_secret(here: World, tmp_path: Path) -> None:
    """Planted names, usernames, addresses, token and passwords are searched for in its bytes."""
    planted = plant(here)
    file = tmp_path / "report.json"
    said = here.ctl("report", str(file))
    assert said.code == Exit.OK
    content = file.read_bytes()
    for secret in planted:
        for form in written(secret):
            assert form not in content, (secret, form)
    assert b"@" not in content
    assert len(content) < 100_000


def test_it_has_what_support_needs(here: World) -> None:
    """Versions, the machine, the settings, how it stands, and what the latest syncs did."""
    plant(here)
    report = json.loads(here.ctl("report", "-").out)
    run = report["runs"][0]
    assert report["schema"] == "beekeed.report/1"
    assert report["event_id"] == run["event_id"]
    assert run["status"] == "partial"
    assert sum(each["count"] for each in run["actions"] if each["verdict"] == "done") > 200
    aside = {each["reason"]["code"]: each["count"] for each in report["set_aside"]}
    assert {"never_touch", "other_person_online"} <= aside.keys()
    assert report["settings"]["online.address"] == here.address
    assert report["settings"]["accounts.never_touch"] == "2 set"
    assert report["settings"]["mail.to"] == report["settings"]["mail.user"] == "set"
    assert report["settings"]["device.host"] == "not set"
    assert [each["by"] for each in report["changed_settings"]] == ["page"]
    assert report["host"]["python"].startswith("3.")
    assert report["host"]["aiohttp"][0].isdigit()
    assert report["host"]["disk_free_bytes"] > 0
    assert report["store"]["schema"] >= 12
    assert report["store"]["receipt_rows"] > 200
    assert report["stand"]["box"].startswith("4.5")
    assert [each["state"] for each in report["link"]["nodes"]].count("failed") == 0
    assert {each["shortname"] for each in run["courses"]} == {"BK-FR", "BK-MATH", "BK-SCI"}
    assert report["current_month"]["categories"]["sync"]["sent_bytes"] > 1000


def test_its_file_is_named_by_the_day_and_the_latest_sync(here: World) -> None:
    """So that ten reports in a folder can be told apart; where it cannot be written, it says so."""
    here.start_daemon()
    event_id = here.sync()["event_id"]
    said = here.ctl("report", str(here.folder / "nowhere" / "x.json"))
    assert said.code == Exit.USAGE
    assert "cannot write" in " ".join(said.err.split())
    done = here.ctl_in(here.folder, "report")
    (file,) = here.folder.glob("beekeed-report-*.json")
    assert file.name.endswith(f"-{event_id}.json")
    assert file.name in done.out


def test_it_goes_without_a_sync_and_without_the_boxs_moodle(here: World) -> None:
    """Support is needed most where nothing works."""
    here.start_daemon()
    here.box.write_text("no database")
    report = json.loads(here.ctl("report", "-").out)
    assert (report["event_id"], report["runs"]) == (None, [])
    assert report["stand"]["box"].startswith("device_")
