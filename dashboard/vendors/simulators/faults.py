"""What can go wrong with a simulated vendor, and for how many of its answers."""

from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """What a request meets instead of its answer."""

    EMPTY = "empty"  # nothing to list
    DENIED = "denied"  # status 200, and a body that says it failed, where the vendor has such bodies
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    CONFLICT = "409"
    TOO_MANY = "429"
    FAILED = "500"
    TIME_OUT = "time-out"  # no answer at all
    TRUNCATED = "truncated"  # the body ends in its middle
    HTML = "html"  # a sign-in page, with status 200
    TRICKLE = "trickle"  # a byte now and then

    @property
    def status(self) -> int | None:
        """The HTTP status it answers with, None for the others."""
        return int(self) if self.isdigit() else None


class Freedom(StrEnum):
    """What a vendor may do without being wrong. One that does not apply to a vendor changes nothing there."""

    SPARSE = "sparse"  # optional members are left out
    NULLS = "nulls"  # optional members are null
    NEW_WORDS = "new words"  # enumerations hold words that no document has
    DUPLICATES = "duplicates"  # every record is listed twice
    MISTYPED = "mistyped"  # numbers as texts, texts as numbers, lists as null
    NOISE = "noise"  # things between the records that are none
    OTHER_SHAPE = "other shape"  # the other documented form of an answer
    BARE_TIMES = "bare times"  # times without a zone
    ROTATION = "rotation"  # a refresh token is good once; each answer brings the next
    OFFSET_TIMES = "offset times"  # times with fractions and an offset
    NO_IDS = "no ids"  # what no document promises as an identity is refused


@dataclass(slots=True)
class Trouble:
    """A fault for the next `count` requests (None: until cleared) whose path holds `path`, after `skip` of them."""

    fault: Fault
    count: int | None = None
    skip: int = 0
    path: str = ""
    retry_after_seconds: float | None = None
    retry_after_is_date: bool = False

    @property
    def is_over(self) -> bool:
        """Whether it can happen no more."""
        return self.count is not None and self.count <= 0

    def strikes(self, path: str) -> bool:
        """Whether a request meets it; counts the request."""
        if self.path not in path or self.is_over:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.count is not None:
            self.count -= 1
        return True


@dataclass(slots=True)
class Troubles:
    """The faults in force, by vendor."""

    _faults: dict[str, list[Trouble]] = field(default_factory=dict)

    def add(self, vendor: str, trouble: Trouble) -> None:
        """Let a vendor have a fault from now on."""
        self._faults.setdefault(vendor, []).append(trouble)

    def clear(self, vendor: str | None = None) -> None:
        """Let one vendor, or all, be well again."""
        for name in [vendor] if vendor else list(self._faults):
            self._faults.pop(name, None)

    def strike(self, vendor: str, path: str) -> Trouble | None:
        """Return the fault a request meets."""
        for trouble in self._faults.get(vendor, ()):
            if trouble.strikes(path):
                return trouble
        return None
