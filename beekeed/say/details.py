"""Texts that stand within a sentence: what is wrong with something, where we say it ourselves.

They are parameters of a sentence, in English as a program reads them; `say` puts them into the
reader's language. What another program said (an operating system, a database) stays as it said
it.
"""

DETAILS = frozenset(
    {
        "it says nothing to change",
    }
)
