"""One source's table of sources.toml, as its vendor's reader sees it."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from dashboard.source_values import Mistake

Value = TypeVar("Value")


class Entry:
    """One source's table in the file. A vendor's reader takes its keys; what it did not ask for is unknown."""

    def __init__(self, name: str, values: Mapping[str, Any], folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.mistakes: list[tuple[str, str]] = []  # the key whose line is meant, "" for the table's; the sentence's end
        self._values = values
        self._known = {"vendor"}

    def take(self, key: str, read: Callable[[Any], Value]) -> Value | None:
        """Return the value as `read` makes it; None when the key is absent or its value was refused."""
        self._known.add(key)
        if key not in self._values:
            return None
        try:
            return read(self._values[key])
        except Mistake as mistake:
            self.refuse(key, f"has a wrong {key}: {mistake}")
            return None

    def require(self, key: str, read: Callable[[Any], Value], mend: str) -> Value | None:
        """Like `take`, but absence is a mistake too."""
        if key not in self._values:
            self.refuse("", f"lacks {key}; {mend}")
        return self.take(key, read)

    def require_one_of(self, readers: Mapping[str, Callable[[Any], Value]]) -> Value | None:
        """Return the value of the only key of these that is given; none or several are a mistake."""
        self._known.update(readers)
        given = [key for key in readers if key in self._values]
        match given:
            case [key]:
                return self.take(key, readers[key])
            case []:
                self.refuse("", f"lacks its secret; add one of {', '.join(readers)}")
            case _:
                self.refuse(given[1], f"has {' and '.join(given)}; keep one of them")
        return None

    def refuse(self, key: str, text: str) -> None:
        """Note a mistake."""
        self.mistakes.append((key, text))

    def refuse_unknown(self) -> None:
        """Note every key that no reader asked for."""
        for key in self._values.keys() - self._known:
            self.refuse(key, f'has an unknown key "{key}"{suggestion(key, self._known)}')


def suggestion(word: str, known: Iterable[str]) -> str:
    """Complete a sentence about an unknown word with the nearest known one, or with all of them."""
    nearest = difflib.get_close_matches(word, sorted(known), n=1)
    return f'; did you mean "{nearest[0]}"?' if nearest else f"; known are {', '.join(sorted(known))}"
