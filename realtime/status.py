"""What is known about a source's link, as a value that boards can read. Pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class LinkState(StrEnum):
    """What a source's link to its appliance is doing."""

    CONNECTING = "connecting"
    COPYING = "copying"  # subscribed, the full copy is arriving
    LIVE = "live"
    RETRYING = "retrying"  # lost; tried again by itself
    REFUSED = "refused"  # an operator must change something; tried again every 30 s
    STOPPED = "stopped"  # no mirror runs; of a polled source: never polled yet
    OFF = "off"  # a polled source that is switched off in sources.toml

    @property
    def words(self) -> str:
        """The state as people read it."""
        return _WORDS[self]


_WORDS = {
    LinkState.CONNECTING: "connecting",
    LinkState.COPYING: "receiving the full copy",
    LinkState.LIVE: "live",
    LinkState.RETRYING: "lost, trying again",
    LinkState.REFUSED: "refused, needs an operator",
    LinkState.STOPPED: "mirror stopped",
    LinkState.OFF: "switched off",
}


LEASE_SECONDS = 8
SKEW = timedelta(minutes=1)
"""A stored time that is further ahead of our clock was written before somebody set that clock back."""


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """One source's link. Times are aware UTC on our clock; the appliance's clock reads ours + `clock_offset_seconds`.

    `last_contact_at` is the last sign of life (a message or an answered ping), `last_message_at` the last message.
    `error` is a sentence for an operator, empty while all is well. `oddities` counts, by name, what the appliance sent
    that this version does not know. `poll_seconds` is how often a polled source is asked, None where it is mirrored;
    of a polled source `last_contact_at` is the last poll that got through, and the next one is due at `next_poll_at`.
    `commit_*` say what the mirror that runs has committed: how often, how many rows, and how long that took in all.
    """

    source: str
    epoch: str = ""
    seq: int = 0
    state: LinkState = LinkState.STOPPED
    state_since: datetime | None = None
    error: str = ""
    last_contact_at: datetime | None = None
    last_message_at: datetime | None = None
    clock_offset_seconds: float | None = None
    message_count: int = 0
    change_count: int = 0
    poll_seconds: float | None = None
    next_poll_at: datetime | None = None
    messages_per_second: float = 0.0
    changes_per_second: float = 0.0
    connection_count: int = 0
    illegal_count: int = 0
    commit_count: int = 0
    commit_rows: int = 0
    commit_seconds: float = 0.0
    lease_expires_at: datetime | None = None
    oddities: dict[str, int] = field(default_factory=dict)
