"""A list of usernames, as an office writes one: a file of text, or the first column of a table."""


def listed(text: str) -> list[str]:
    """Read usernames, one a line; what stands behind a comma or a # is left out."""
    names = (
        line.partition("#")[0].partition(",")[0].strip()
        for line in text.removeprefix("\ufeff").splitlines()
    )
    return [name for name in names if name]
