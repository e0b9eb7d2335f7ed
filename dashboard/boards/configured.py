"""The sources that sources.toml names, as far as boards have to know. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from realtime.status import LinkStatus


@dataclass(frozen=True, slots=True)
class LeftStatus(LinkStatus):
    """The link of a source that sources.toml names no longer, and that nobody keeps current any more."""


@dataclass(frozen=True, slots=True)
class Configured:
    """Each source's vendor, and the link of one that nobody has read yet.

    `is_known` is False while there is no such file, or a wrong one: then nothing can be said of what it does not name.
    """

    vendors: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[LinkStatus, ...] = ()
    is_known: bool = False
