"""Records that cannot be read at all: left out of a listing and counted, never a reason to break it off."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import structlog

from dashboard.vendors.base import Listed

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Reading:
    """Reads the records of one listing, page by page."""

    skipped: int = 0

    def read(self, records: Iterable[Any], read: Callable[[Any], Listed | None]) -> list[Listed]:
        """Return these records as sessions, counting those for which `read` returns None."""
        sessions = [read(record) for record in records]
        self.skipped += sessions.count(None)
        return [session for session in sessions if session is not None]

    def warn(self, source: str) -> None:
        """Say how many were left out, if any; call it once per listing."""
        if self.skipped:
            log.warning("records of a listing cannot be read and are left out", source=source, count=self.skipped)
