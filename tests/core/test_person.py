"""Who is who."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beekeed.core import person
from beekeed.core.model import Account, Learner, OnlinePerson
from beekeed.errors import Code

AMINA = Learner(
    username="student1",
    first_name="Amina",
    last_name="Diallo",
    email="amina@box.example.org",
    idnumber="",
    city="Gao",
    country="ML",
    device_id=7,
    created_at=None,
)


def online(first: str, last: str, idnumber: str = "") -> OnlinePerson:
    """An account online with AMINA's username."""
    return OnlinePerson("student1", 99, first, last, idnumber)


def account(first: str, last: str, idnumber: str = "", device_id: int = 7) -> Account:
    """A receipt of AMINA's username."""
    return Account(1, "student1", 99, True, first, last, idnumber, device_id)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Amina", "Diallo"), ("AMINA", "diallo")),
        (("Élodie", "Ndiaye"), ("Elodie", "Ndiaye")),
        (("Ousmane", "Ouédraogo "), (" Ousmane", "OUEDRAOGO")),
        (("Nguyễn", "Văn An"), ("Nguyen", "Van  An")),
        (("سارة", "محمد"), ("سارة", "مُحَمَّد")),
        (("İbrahim", "Şahin"), ("ibrahim", "sahin")),
        (("Anna", "Strauß"), ("ANNA", "STRAUSS")),
        (("王", "小明"), ("王", "小明")),
        (("Jo\u200bão", "Silva\u200e"), ("Joao", "Silva")),
    ],
)
def test_names_agree_whatever_their_case_accents_and_spaces(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    """Spellings of one name are one name."""
    assert person.names_agree(online(*one), online(*other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Amina", "Diallo"), ("Amina", "Traoré")),
        (("Amina", "Diallo"), ("Diallo", "Amina")),
        (("Amina", "Diallo"), ("Aminata", "Diallo")),
        (("", ""), ("", "")),
        (("\u200b", " "), ("", "")),
    ],
)
def test_other_names_do_not_agree(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Both names must agree, and nothing agrees with an empty name."""
    assert not person.names_agree(online(*one), online(*other))


def test_a_username_alone_never_joins_two_people() -> None:
    """Fifty boxes have a student1."""
    reason = person.meets(AMINA, online("Yusuf", "Traoré"))
    assert reason is not None
    assert reason.code is Code.OTHER_PERSON_ONLINE


def test_equal_idnumbers_join_and_empty_ones_do_not() -> None:
    """An ID number speaks for a person only where there is one."""
    numbered = replace(AMINA, idnumber="S-1")
    assert person.meets(numbered, online("A.", "D.", "S-1")) is None
    assert person.meets(numbered, online("A.", "D.", "S-2")) is not None
    assert person.meets(AMINA, online("A.", "D.", "")) is not None
    assert person.meets(replace(AMINA, idnumber=" "), online("A.", "D.", " ")) is not None


@pytest.mark.parametrize(
    ("known", "is_reused"),
    [
        (account("Amina", "Diallo"), False),
        (account("Amina", "Keita"), False),  # married
        (account("Aminta", "Diallo"), False),  # misspelt
        (account("Yusuf", "Diallo"), True),  # another child of the family
        (account("Amina", "Diallo", "S-1"), False),  # a number was taken away
        (account("Yusuf", "Traoré"), True),  # the row was given to another child
        (account("Amina", "Diallo", device_id=8), False),  # the box was restored
        (account("Amina", "Keita", device_id=8), True),  # another row, another name
        (account("Yusuf", "Traoré", device_id=8), True),
    ],
)
def test_a_username_used_again_by_another_child_is_noticed(known: Account, is_reused: bool) -> None:
    """An edit keeps the row and one of the names; a restored box keeps both names."""
    assert person.reused(AMINA, known) is is_reused


def test_an_idnumber_keeps_a_person_through_any_change_of_name() -> None:
    """Who has the same ID number is the same child."""
    known = account("Yusuf", "Traoré", "S-1", device_id=8)
    assert not person.reused(replace(AMINA, idnumber="S-1"), known)


def test_another_idnumber_is_another_person() -> None:
    """Whatever the names: that is what ID numbers are for."""
    assert person.reused(replace(AMINA, idnumber="S-2"), account("Amina", "Diallo", "S-1"))


@pytest.mark.parametrize(("one", "other"), [("सुमन", "समन"), ("กิต", "กัต"), ("கி", "க")])
def test_vowel_signs_are_letters_and_no_accents(one: str, other: str) -> None:
    """In Devanagari, Thai or Tamil they tell two names apart."""
    assert not person.names_agree(online(one, one), online(other, other))


def test_whoever_is_more_than_a_learner_online_is_left_alone() -> None:
    """A teacher online is never enrolled or completed by a box."""
    reason = person.untouchable("student1", {"student", "teacher"}, {"student"}, ())
    assert reason is not None
    assert reason.code is Code.OTHER_ROLE_ONLINE
    assert reason.params["roles"] == "teacher"
    assert person.untouchable("student1", {"student"}, {"student"}, ()) is None
    assert person.untouchable("student1", (), {"student"}, ()) is None


def test_never_touch_holds_for_learners_as_well() -> None:
    """The setting needs no role to be seen."""
    for written in ("student1", "Student1", " STUDENT1 "):
        reason = person.untouchable("student1", {"student"}, {"student"}, {written})
        assert reason is not None
        assert reason.code is Code.NEVER_TOUCH


@pytest.mark.parametrize(
    ("learner", "username", "field"),
    [
        (AMINA, "Student1", "username"),
        (AMINA, "student 1", "username"),
        (replace(AMINA, email=""), "student1", "email"),
        (replace(AMINA, email="not an email"), "student1", "email"),
        (replace(AMINA, first_name=""), "student1", "firstname"),
        (replace(AMINA, first_name="<b>A</b>"), "student1", "firstname"),
        (replace(AMINA, last_name="a" * 101), "student1", "lastname"),
    ],
)
def test_what_moodle_would_refuse_in_an_account_is_known_before(
    learner: Learner, username: str, field: str
) -> None:
    """One bad record would otherwise cost a request (recorded refusals of create_users)."""
    reason = person.creatable(learner, username)
    assert reason is not None
    assert reason.params["field"] == field


def test_an_ordinary_learner_can_be_created() -> None:
    """Nothing is held back that Moodle takes."""
    assert person.creatable(AMINA, "gao-student1") is None


@given(st.text(), st.text())
def test_folding_is_stable(one: str, other: str) -> None:
    """Folding twice changes nothing, and upper case never matters."""
    assert person.folded(person.folded(one)) == person.folded(one)
    assert person.folded(one + " " + other) == person.folded(one + other)
