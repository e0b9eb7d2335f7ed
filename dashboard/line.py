"""A text in one line, as people and vendors give names and the like, fit to be shown beside others. Pure."""

import unicodedata

UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs"})
JOINERS = "\u200c\u200d"  # which some scripts are written with


def clean_line(text: str) -> str:
    """Return a text in one line, without signs that nobody sees or that turn others around."""
    seen = "".join(
        sign for sign in text if sign.isspace() or sign in JOINERS or unicodedata.category(sign) not in UNSEEN
    )
    return " ".join(unicodedata.normalize("NFC", seen).split())


def cut_line(text: str, limit: int) -> str:
    """Return a clean line of at most `limit` characters, in a time that does not grow with the text."""
    return clean_line(text[: 4 * limit])[:limit]


def is_visible(line: str) -> bool:
    """Whether a clean line shows anything."""
    return any(sign.isprintable() and not sign.isspace() for sign in line)
