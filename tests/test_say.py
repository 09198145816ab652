"""The catalogue of sentences."""

import re
import string
import subprocess
from typing import get_args

import pytest
from msgspec.structs import fields

from beekeed.core.cycle import Phase
from beekeed.core.model import Kind, RunStatus
from beekeed.core.step import Verdict
from beekeed.errors import Code
from beekeed.say import LANGUAGES, clean, language_of
from beekeed.say.sentences import SENTENCES
from beekeed.say.words import WORDS
from beekeed.sections import MailSettings


def test_every_code_has_its_sentence_and_every_sentence_its_code() -> None:
    """Nobody ever reads a bare code, and no sentence is left over."""
    assert [code.value for code in Code] == list(SENTENCES)


def test_every_word_that_is_shown_has_an_entry() -> None:
    """Statuses, kinds and phases are words, not identifiers."""
    shown = {*RunStatus, *Kind, *Phase} | {Verdict.DONE, Verdict.ALREADY, Verdict.KEPT}
    shown |= {entry.who for entry in SENTENCES.values()} - {""}
    assert shown <= WORDS.keys()


@pytest.mark.parametrize("code", SENTENCES)
def test_a_sentence_says_what_to_do(code: str) -> None:
    """What happened, what to do, who: each is there, and each ends like a sentence."""
    entry = SENTENCES[code]
    assert entry.what.endswith((".", "{suggestion}"))
    assert entry.remedy.endswith((".", ".)", "{suggestion}", "{example}"))
    assert {name for _, name, _, _ in string.Formatter().parse(entry.what) if name} >= set()
    assert "{}" not in entry.what + entry.remedy


def test_who_reads_it_is_not_sent_to_somebody_else() -> None:
    """Of signing in nobody is named; the administrator online has no say in this box's settings."""
    for code in ("password_wrong", "sign_in_held", "form_stale", "not_signed_in"):
        assert not SENTENCES[code].who, code
    for code, entry in SENTENCES.items():
        if entry.who == "administrator":
            assert "beekeectl" not in entry.remedy, code
            assert not re.search(r"\b(accounts|limit|schedule|sync)\.[a-z]", entry.remedy), code


def test_a_missing_parameter_never_breaks_a_sentence() -> None:
    """An older beekeectl may meet a newer daemon."""
    assert language_of("en").say("name_not_found", {}).what.startswith("The address … could not")
    assert language_of("en").say("some_new_code", {"x": 1}).what == "some_new_code"
    assert language_of("en").word("some-new-word") == "some-new-word"


def test_an_unknown_language_is_answered_in_english() -> None:
    """A terminal in any language shows something that can be read."""
    assert language_of("tlh") is language_of("en")


def test_names_cannot_trick_a_terminal() -> None:
    """features.md, row 27: control and direction characters are taken out of every parameter."""
    said = language_of("en").say("course_not_online", {"course": "Maths\x1b[31m\u202e\n\x00!"})
    assert "Maths[31m!" in said.what
    assert clean("a\u2066b\tc") == "abc"
    assert clean("José 王 سارة") == "José 王 سارة"


def test_the_way_to_set_the_clock_is_one_that_systemd_takes() -> None:
    """timedatectl reads a time as systemd-analyze does: the sentence's own form is tried."""
    (form,) = re.findall(
        r"timedatectl set-time '([^']+)'", language_of("en").say("clock_wrong", {}).remedy
    )
    done = subprocess.run(
        ["systemd-analyze", "timestamp", form], capture_output=True, text=True, check=True
    )
    assert f"(in UTC): Mon {form}" in done.stdout or f"Normalized form: Mon {form}" in done.stdout


def test_mails_can_be_in_every_language() -> None:
    """The setting offers what there is; the page offers the same, by name."""
    (of_mail,) = [each for each in fields(MailSettings) if each.name == "language"]
    assert get_args(of_mail.type) == tuple(LANGUAGES)
