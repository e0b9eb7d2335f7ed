"""A set that can name a random member at once."""

import random
from typing import Generic, TypeVar

Member = TypeVar("Member")


class Pool(Generic[Member]):
    """An ordered set with membership, removal and random choice in constant time.

    The same dice give the same choices.
    """

    def __init__(self) -> None:
        self._members: list[Member] = []
        self._places: dict[Member, int] = {}

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, member: Member) -> bool:
        return member in self._places

    def members(self) -> list[Member]:
        """Return a copy of all members."""
        return list(self._members)

    def add(self, member: Member) -> None:
        """Add a member; one that is in stays."""
        if member not in self._places:
            self._places[member] = len(self._members)
            self._members.append(member)

    def discard(self, member: Member) -> None:
        """Remove a member if it is in."""
        place = self._places.pop(member, None)
        if place is None:
            return
        last = self._members.pop()
        if last is not member:
            self._members[place] = last
            self._places[last] = place

    def choose(self, dice: random.Random) -> Member | None:
        """Return a random member, None if there is none."""
        return dice.choice(self._members) if self._members else None
