"""What is said, in every language: texts are found for translators, and catalogues are whole."""

import ast
import importlib.util
import re
import string
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Catalog, Message

from beekeed import config
from beekeed.ctl import COMMANDS
from beekeed.ctl.language import language
from beekeed.say import LANGUAGES, language_of
from beekeed.say.details import DETAILS, OURS, detail_of

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "beekeed"
OTHERS = sorted(LANGUAGES.keys() - {"en"})

# What is said by a name, because a table has the text; packaging/languages.py reads the tables.
TABLES = {("__init__.py", "command.SUMMARY"), ("exits.py", "text")}


def _packaging() -> ModuleType:
    spec = importlib.util.spec_from_file_location("languages", ROOT / "packaging" / "languages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


languages = _packaging()


@pytest.fixture(scope="module")
def found() -> set[str]:
    """Every text that translators are given, plurals as well."""
    return {each for text in languages.texts() for each in (text.singular, text.plural)}


def calls(folder: str) -> Iterator[tuple[Path, ast.Call]]:
    """Every call that says a text, in a part of beekeed."""
    for path in sorted((PACKAGE / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Name(id="_" | "ngettext")):
                    yield path, node


def test_translators_find_every_text_of_the_commands(found: set[str]) -> None:
    """A text is written out where it is said, whole, or it is in a table that is read."""
    seen = 0
    for path, call in calls("ctl"):
        count = 2 if getattr(call.func, "id", "") == "ngettext" else 1
        for text in call.args[:count]:
            if (path.name, ast.unparse(text)) in TABLES or path.name == "language.py":
                continue
            where = f"{path.name}:{text.lineno}"
            assert isinstance(text, ast.Constant), f"{where}: {ast.unparse(text)} is put together"
            assert text.value in found, f"{where}: {text.value!r}"
            seen += 1
    assert seen > 200
    assert {command.SUMMARY for command in COMMANDS.values()} <= found


def test_translators_find_every_text_of_the_page(found: set[str]) -> None:
    """Each that begins with a quote in a template; none is said by a name."""
    seen = 0
    for path in sorted((PACKAGE / "page" / "templates").glob("*.html")):
        text = path.read_text()
        for call in re.finditer(r"(?<![\w.])(_|ngettext)\(\s*", text):
            rest = text[call.end() :]
            assert rest[0] in "\"'", f"{path.name}: {call[0]}{rest[:40]}"
            said = ast.literal_eval(re.match(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", rest)[0])  # type: ignore[index]
            assert said in found, f"{path.name}: {said}"
            seen += 1
    assert seen > 200


def test_no_command_has_a_text_that_is_not_said() -> None:
    """Whatever branch it stands in: words with a space between them go through the language."""
    told = re.compile(r"[A-Za-z]{2,},? [a-z]{2,}")
    for path in sorted((PACKAGE / "ctl").rglob("*.py")):
        tree = ast.parse(path.read_text())
        fine = {id(each) for node in ast.walk(tree) for each in _not_shown(node)}
        for node in ast.walk(tree):
            match node:
                case ast.Constant(value=str(text)) if told.search(text) and id(node) not in fine:
                    is_command = text.startswith(("beekeectl ", "--hours ", "beekeed run "))
                    is_comment = text.startswith("# ")  # in a settings file, as all there
                    is_known = path.name in ("exits.py", "parsing.py") or is_command or is_comment
                    assert is_known, f"{path.name}:{node.lineno}: {text}"


def _not_shown(node: ast.AST) -> Iterator[ast.AST]:
    """The strings at a node that nobody is shown as they stand."""
    match node:
        case ast.Expr(value=ast.Constant() as text):  # a docstring
            yield text
        case ast.Call(func=ast.Name(id="_" | "ngettext"), args=arguments):
            yield from arguments
        case ast.Assign(targets=[ast.Name(id="SUMMARY")], value=text):
            yield text
        case ast.Dict() | ast.Assign():  # the parameters of a sentence: the next test has them
            for value in _parameters(node):
                yield from ast.walk(value)


def test_what_we_put_into_sentences_can_be_said() -> None:
    """Each text of ours that is a parameter is one of DETAILS, by its form."""
    seen = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        if "sandbox" in path.parts or path.parent.name in ("databases",):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            for text in (each for value in _parameters(node) for each in _written(value)):
                if re.search(r"[A-Za-z]{2,} [a-z0-9]+", text):
                    told = detail_of(text)
                    assert told is not None, f"{path.name}: {text}"
                    seen.add(told[0])
    assert len(seen) > 20
    for text in config._MUST_BE.values():
        assert detail_of(f"it must be {text}") is not None, text


def _parameters(node: ast.AST) -> Iterator[ast.expr]:
    """What a node gives to parameters that may be a text of ours."""
    match node:
        case ast.keyword(arg=str(name), value=value) if name in OURS:
            yield value
        case ast.Assign(targets=[ast.Name(id="detail" | "suggestion")], value=value):
            yield value
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and key.value in OURS:
                    yield value
        case ast.Call(func=ast.Name(id="_wrong" | "_expect_nothing"), args=[*_, value]):
            yield value
        case ast.FunctionDef(name="_words"):  # of an error: another program's, or ours
            for each in ast.walk(node):
                if isinstance(each, ast.Return) and each.value is not None:
                    yield each.value


def _written(value: ast.expr) -> Iterator[str]:
    """The text that stands there, with something like it where a value is put in."""
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(p.value) if isinstance(p, ast.Constant) else _like(p) for p in parts)
        case ast.IfExp(body=one, orelse=other):
            yield from (*_written(one), *_written(other))
        case ast.BoolOp(values=values):
            for each in values:
                yield from _written(each)


def _like(put_in: ast.expr) -> str:
    source = ast.unparse(put_in)
    known = {"example": "in [mail]: to = 5", "pragma": "synchronous", "key": "mail.to"}
    known["close"] = known["key"]
    return next((value for name, value in known.items() if name in source), "5")


@pytest.mark.parametrize("detail", DETAILS)
def test_a_detail_is_found_again_by_its_form(detail: str) -> None:
    """It is not taken for another one, and what was put in comes back."""
    names = [name for _, name, _, _ in string.Formatter().parse(detail) if name]
    values = {"bound": ">= 5", "key": "mail.to"}
    values = {name: values.get(name, "limit") for name in names}
    assert detail_of(detail.format_map(values)) == (detail, values)


def test_what_another_program_said_stays_as_it_said_it() -> None:
    """Only where a parameter may hold a text of ours is one looked for."""
    said = language_of("en-XA").say("not_reached", {"detail": "Connection reset by peer"})
    assert ": Connection reset by peer.⟧" in said.what
    assert "⟦ñó áñšwér⟧" in language_of("en-XA").say("not_reached", {"detail": "no answer"}).what
    course = language_of("en-XA").say("course_not_online", {"course": "completion"})
    assert " completion " in course.what


def stands(code: str) -> tuple[list[str], list[str]]:
    """What a language's catalogue lacks, and what it has beyond need."""
    before = languages.catalogue(languages.LOCALES / code / "LC_MESSAGES" / "beekeed.po", code)
    after = languages.merged(before, code)
    lacks = [str(each.id) for each in after if each.id and not languages.is_said(each.string)]
    left = [str(each.id) for each in before
            if each.id and after.get(each.id, each.context) is None]  # fmt: skip
    return lacks, left


@pytest.mark.parametrize("code", OTHERS)
def test_each_language_says_everything_and_no_more(code: str) -> None:
    """No text is missing, and none is translated that nobody says any more."""
    lacks, left = stands(code)
    told = [*(f"not translated: {each}" for each in lacks), *(f"unused: {each}" for each in left)]
    assert not told, "\n".join([f"{code}: {len(lacks)} missing, {len(left)} unused", *told])


def wrong(message: Message) -> str:
    """What a translation does not put in as the text does, or puts in beyond it."""
    is_plural = isinstance(message.id, tuple)
    texts = list(message.id) if isinstance(message.id, tuple) else [str(message.id)]
    said = message.string if isinstance(message.string, (tuple, list)) else [message.string]
    needed = _places(texts[-1])
    for each in filter(None, said):
        differs = (needed - _places(each)) + (_places(each) - needed)
        if is_plural:  # "one file" and "two files" need no number
            differs -= Counter({"{count}": 1, "%s": 1})
        if differs:
            return f"{texts[0]!r}: {each!r}: {sorted(differs)}"
    return ""


def _places(text: str) -> Counter[str]:
    return Counter(re.findall(r"\{[^}]*\}|%(?:\([a-z_]+\))?[sr]|%%", text))


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_puts_in_what_the_text_does(code: str) -> None:
    """The same values, each in the same form (`{at:moment}`), as often."""
    source = languages.LOCALES / code / "LC_MESSAGES" / "beekeed.po"
    told = [wrong(each) for each in languages.catalogue(source, code) if each.id]
    assert not any(told), "\n".join(filter(None, told))


@pytest.mark.parametrize(
    ("text", "said", "is_right"),
    [
        ("until {at:moment}", "jusqu'à {at:moment}", True),
        ("until {at:moment}", "jusqu'à {at}", False),
        ("until {at:moment}", "jusqu'à la fin", False),
        ("{a} of {b}", "{b}: {a}", True),
        ("{a} of {b}", "{b}: {c}", False),
        ("(10%%)", "(10 %%)", True),
        ("(10%%)", "(10 %)", False),
        ("%(prog)s: error: %(message)s\n", "%(prog)s : erreur : %(message)s\n", True),
        (("{count} waits", "{count} wait"), ("une attend", "{count} attendent"), True),
        (("{count} {a}", "{count} {a}"), ("un", "{count} {a}"), False),
    ],
)
def test_a_wrong_translation_is_found(
    text: str | tuple[str, str], said: str | tuple[str, str], is_right: bool
) -> None:
    """As translators slip."""
    catalogue = Catalog(locale="fr")
    message = catalogue.add(text, said)
    assert (wrong(message) == "") is is_right


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ({}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "ar"}, "ar"),
        ({"LANG": "es_419.UTF-8@euro"}, "es"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "en_XA"}, "en-XA"),
        ({"LANG": "en_XA.UTF-8"}, "en-XA"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8", "LC_MESSAGES": "ar_JO.UTF-8"}, "ar"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "es_ES.UTF-8", "LC_MESSAGES": "ar"}, "es"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8", "LANGUAGE": "ar:es"}, "ar"),
        ({"LANG": "fr_FR.UTF-8", "LANGUAGE": "de:es"}, "es"),
        ({"LANG": "fr_FR.UTF-8", "LANGUAGE": "de"}, "fr"),
        ({"LANG": "C", "LANGUAGE": "ar"}, "en"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "POSIX", "LANGUAGE": "ar"}, "en"),
    ],
)
def test_the_environment_chooses_the_language(
    monkeypatch: pytest.MonkeyPatch, names: dict[str, str], code: str
) -> None:
    """As locale(7) says, and GNU's LANGUAGE with several; English where none of them is ours."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    assert language().code == code
