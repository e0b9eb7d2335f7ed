"""One configured account of a polled vendor: what every vendor's has. Each vendor's module adds its own settings."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from realtime.outbound.endpoint import Endpoint, Pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Endpoint):
    """A polled source. `url` is the whole base of the API, without a slash at its end.

    `history` is how far back sessions are listed when nothing is stored yet; `keep` how long ended ones are kept.
    """

    name: str
    url: str
    interval_seconds: float = 30.0
    is_enabled: bool = True
    history: timedelta = timedelta(hours=24)
    keep: timedelta = timedelta(days=30)
    ca_bundle: Path | None = None

    vendor: ClassVar[str]  # as in sources.toml
    noun: ClassVar[str]
    pace: ClassVar[Pace]
