"""Every sentence that a person reads, by code, in the reader's language.

The rest of beekeed gives codes and parameters; the edges (`beekeectl`, the page, mail) render
them here, by a `Language`.
"""

from beekeed.say.language import LANGUAGES as LANGUAGES
from beekeed.say.language import Language as Language
from beekeed.say.language import Said as Said
from beekeed.say.language import clean as clean
from beekeed.say.language import language_of as language_of
