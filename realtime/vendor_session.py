"""What a session of a polled vendor may be: its kind, its state, how sure its times are. Pure.

The vendors' own words for these are mapped in `dashboard.vendors`, one module a vendor (docs/vendors.md has the table).
"""

from enum import StrEnum


class Kind(StrEnum):
    """What people do in it."""

    SUPPORT = "support"
    CAMERA = "camera"  # the customer shows something with a phone's camera
    TRAINING = "training"
    VOICE = "voice"
    CHAT = "chat"
    FAX = "fax"
    PRESENTATION = "presentation"


class State(StrEnum):
    """How far it is."""

    SCHEDULED = "scheduled"
    WAITING = "waiting"
    RINGING = "ringing"
    ACTIVE = "active"
    ON_HOLD = "on hold"
    ENDED = "ended"
    MISSED = "missed"
    UNKNOWN = "unknown"  # the vendor lists it no longer, or says what we do not know; never taken for an end

    @property
    def is_open(self) -> bool:
        """Whether somebody is in it or waits for it now."""
        return self in _OPEN

    @property
    def is_final(self) -> bool:
        """Whether it can be expected to stay as it is."""
        return self in (State.ENDED, State.MISSED)


_OPEN = frozenset({State.WAITING, State.RINGING, State.ACTIVE, State.ON_HOLD})


class TimeBasis(StrEnum):
    """How sure the times are."""

    EXACT = "exact"  # instants, as the vendor told them
    ASSUMED_ZONE = "assumed zone"  # the vendor tells no time zone; the source's setting was used
    UNREADABLE = "unreadable"  # at least one time could not be read; it stands in the raw record only
