"""How much of a name leaves the server. Pure."""

import unicodedata
from enum import StrEnum
from functools import lru_cache

INITIALS = 3


class Privacy(StrEnum):
    """How much of a name leaves the server."""

    SHOWN = "shown"
    INITIALLED = "initialled"
    HIDDEN = "hidden"


def masked(name: str, privacy: Privacy) -> str:
    """Return what a surface may hold of a name: all of it, its initials, or nothing ("")."""
    match privacy:
        case Privacy.SHOWN:
            return name
        case Privacy.INITIALLED:
            return initials(name)
        case Privacy.HIDDEN:
            return ""


def stricter(one: Privacy, other: Privacy) -> Privacy:
    """Return which of two leaves less of a name."""
    return max(one, other, key=list(Privacy).index)


@lru_cache(maxsize=8192)
def initials(name: str) -> str:
    """Return the first letters of a name's words in any script, "A. M."; "" where it has no letter."""
    words = unicodedata.normalize("NFC", name).split()
    letters = [letter for word in words if (letter := _first_letter(word))]
    if len(letters) > INITIALS:
        letters = [*letters[: INITIALS - 1], letters[-1]]
    return " ".join(f"{letter}." for letter in letters)


def _first_letter(word: str) -> str:
    """Return a word's first letter or digit, with the marks that belong to it."""
    for place, sign in enumerate(word):
        if unicodedata.category(sign)[0] in "LN":
            end = place + 1
            while end < len(word) and end < place + 4 and unicodedata.category(word[end]) in ("Mn", "Mc"):
                end += 1
            upper = sign.upper()
            return (upper if len(upper) == 1 else sign) + word[place + 1 : end]
    return ""
