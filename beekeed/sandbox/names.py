"""Names of learners in many scripts, for a box that could stand anywhere.

The one rule: a username is what Moodle allows (lower case, ASCII) and stands once; a name is as
its bearer writes it: accents, apostrophes, right to left, one word or three.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Name:
    """A learner's name and account: `country` and `city` go with it."""

    first: str
    last: str
    username: str
    country: str
    city: str


@dataclass(frozen=True)
class _Place:
    """Names that go together: each as written, then in Latin letters for the username."""

    country: str
    city: str
    firsts: tuple[tuple[str, str], ...]
    lasts: tuple[tuple[str, str], ...]


_PLACES = (
    _Place(
        "ML", "Kayes",
        (("Aminata", "aminata"), ("Moussa", "moussa"), ("Aïssata", "aissata"),
         ("Désiré", "desire"), ("Fatou", "fatou")),
        (("Traoré", "traore"), ("N'Diaye", "ndiaye"), ("Kéïta", "keita"),
         ("Coulibaly", "coulibaly")),
    ),
    _Place(
        "SY", "حلب",
        (("سارة", "sara"), ("محمد", "mohamed"), ("ليلى", "layla"), ("يوسف", "yousef")),
        (("الأحمد", "alahmad"), ("حدّاد", "haddad"), ("بن علي", "benali")),
    ),
    _Place(
        "CN", "昆明",
        (("伟", "wei"), ("秀英", "xiuying"), ("小龙", "xiaolong")),
        (("王", "wang"), ("欧阳", "ouyang"), ("李", "li")),
    ),
    _Place(
        "IN", "वाराणसी",
        (("आरव", "aarav"), ("प्रिया", "priya"), ("लक्ष्मी", "lakshmi")),
        (("शर्मा", "sharma"), ("गुप्ता", "gupta"), ("सिंह", "singh")),
    ),
    _Place(
        "ET", "ጎንደር",
        (("ሰላም", "selam"), ("ዳዊት", "dawit"), ("ትዕግስት", "tigist")),
        (("ተስፋዬ", "tesfaye"), ("ገብረ", "gebre"), ("በቀለ", "bekele")),
    ),
    _Place(
        "IE", "An Daingean",
        (("Seán", "sean"), ("Róisín", "roisin"), ("Mary-Kate", "marykate")),
        (("O'Brien", "obrien"), ("Ní Dhomhnaill", "nidhomhnaill"), ("D’Arcy", "darcy")),
    ),
    _Place(
        "VN", "Huế",
        (("Thị Hương", "huong"), ("Văn Đức", "duc"), ("Ngọc Ánh", "anh")),
        (("Nguyễn", "nguyen"), ("Trần", "tran"), ("Lê", "le")),
    ),
    _Place(
        "UA", "Львів",
        (("Олена", "olena"), ("Дем'ян", "demian"), ("Софія", "sofiia")),
        (("Шевченко", "shevchenko"), ("Коваль", "koval"), ("Іваненко", "ivanenko")),
    ),
    _Place(
        "PE", "Cuzco",
        (("José", "jose"), ("María del Carmen", "maria"), ("Íñigo", "inigo")),
        (("Muñoz", "munoz"), ("Quispe Mamani", "quispe"), ("de la Cruz", "delacruz")),
    ),
    _Place(
        "TR", "Mardin",
        (("İpek", "ipek"), ("Çağrı", "cagri"), ("Işıl", "isil")),
        (("Yıldız", "yildiz"), ("Öztürk", "ozturk"), ("Şahin", "sahin")),
    ),
)  # fmt: skip


def learner_names(rng: Random, taken: frozenset[str] = frozenset()) -> Iterator[Name]:
    """Names without end, one place after the other; no username twice, none that is taken."""
    used = set(taken)
    while True:
        for place in _PLACES:
            name = _name(rng, place, used)
            used.add(name.username)
            yield name


def _name(rng: Random, place: _Place, used: set[str]) -> Name:
    first, latin_first = rng.choice(place.firsts)
    last, latin_last = rng.choice(place.lasts)
    stem = f"{latin_first}.{latin_last}"
    username, number = stem, 1
    while username in used:
        number += 1
        username = f"{stem}{number}"
    return Name(first, last, username, place.country, place.city)
