"""Who is who across vendors: the identity map, and which identities look like the same person. Pure.

A vendor knows somebody by an e-mail address or user name (a *login*), by a name, or both. An *identity* is what one
source calls somebody; its handle is the login where there is one, else the name: a corrected name keeps its person.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

NOBODY = "nobody"
KEY_LIMIT = 200  # characters of a handle; what is longer is cut, so two may fall together


@dataclass(frozen=True, slots=True)
class PersonRef:
    """A person named in a row; without an entry in the map, one source's identity stands for them.

    `place` puts people in order by name and keeps namesakes apart.
    """

    key: str
    name: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """What one source calls somebody. `login` and `name` are as the vendor wrote them, "" where it did not."""

    source: str
    login: str
    name: str

    @property
    def handle(self) -> str:
        """What tells it from the source's others."""
        return handle_of(self.source, self.login, self.name)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Identities of several sources that look like one person, and why. `person_key` is the person some belong to."""

    identities: tuple[Identity, ...]
    reason: str
    person_key: str

    @property
    def name(self) -> str:
        """What to call them: the longest name, which is the most complete one; a login only where nobody has a name."""
        names = [one.name for one in self.identities if one.name] or [one.login for one in self.identities]
        return max((" ".join(name.split()) for name in names), key=lambda name: (len(name), not name.isupper(), name))


@dataclass(frozen=True, slots=True)
class People:
    """The identity map: handle -> person."""

    by_handle: Mapping[str, PersonRef] = field(default_factory=dict)

    def find(self, source: str, login: str, name: str) -> PersonRef | None:
        """Return the person whom a source calls so; None where it names nobody."""
        if not login and not name:
            return None
        handle = handle_of(source, login, name)
        return self.by_handle.get(handle) or refer(handle, name or login)


@lru_cache(maxsize=8192)
def refer(key: str, name: str) -> PersonRef:
    """Return how rows name a person."""
    return PersonRef(key, name, f"{fold(name)} {key}")


@lru_cache(maxsize=8192)
def handle_of(source: str, login: str, name: str) -> str:
    """Return the handle of an identity: "<source>:<login or name, folded>"."""
    return f"{source}:{fold(login) or fold(name)}"[:KEY_LIMIT]


def fold(text: str) -> str:
    """Return a text such that spellings of the same name or address are equal: case, width and white space."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def propose(identities: Iterable[Identity], people: People, declined: Iterable[frozenset[str]] = ()) -> list[Proposal]:
    """Return which identities may be one person: equal e-mail addresses first, then equal names.

    Left out are those that the map already holds as one person, and pairs that somebody split (`declined`).
    """
    split = set(declined)
    known = sorted(set(identities), key=lambda one: (one.handle, one.name, one.login))
    found: dict[frozenset[str], Proposal] = {}
    for reason, value in (("same e-mail address", _email), ("same user name", _login), ("same name", _name)):
        for group in _groups(known, value):
            handles = frozenset(one.handle for one in group)
            persons = {person.key: person for one in group if (person := people.by_handle.get(one.handle))}
            is_one = len(persons) == 1 and all(one.handle in people.by_handle for one in group)
            if len(persons) > 1 or is_one or any(pair <= handles for pair in split):
                continue
            if not any(handles <= other for other in found):
                found[handles] = Proposal(tuple(group), reason, next(iter(persons), ""))
    return list(found.values())


def _groups(identities: Iterable[Identity], value: Callable[[Identity], str]) -> list[list[Identity]]:
    """Return the identities that share a value, one of each handle, where there are several handles."""
    by_value: dict[str, dict[str, Identity]] = {}
    for one in identities:
        if shared := value(one):
            by_value.setdefault(shared, {}).setdefault(one.handle, one)
    return [list(group.values()) for _, group in sorted(by_value.items()) if len(group) > 1]


def _email(identity: Identity) -> str:
    return fold(identity.login) if "@" in identity.login else ""


def _login(identity: Identity) -> str:
    return fold(identity.login)


def _name(identity: Identity) -> str:
    return fold(identity.name)
