"""What happened in a run of chaos, in one list that only grows."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that `who` saw or did, `at` seconds of the monotonic clock since the run began."""

    at: float
    who: str
    kind: str
    data: Mapping[str, Any]

    def __str__(self) -> str:
        said = ", ".join(f"{name}={shortened(value)}" for name, value in self.data.items())
        return f"{self.at:7.3f}  {self.who:14} {self.kind:10} {said}"


def shortened(value: Any, limit: int = 120) -> str:
    """Return a value as text that fits a line."""
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"


class History:
    """Records in the order of their times, from any thread."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._records: list[Record] = []

    def note(self, who: str, kind: str, **data: Any) -> None:
        """Append a record."""
        with self._lock:
            self._records.append(Record(round(self.now(), 4), who, kind, data))

    def now(self) -> float:
        """Return the seconds since the run began."""
        return time.monotonic() - self._began

    def __iter__(self) -> Iterator[Record]:
        with self._lock:
            return iter(list(self._records))

    def write(self, path: Path) -> None:
        """Write a JSON object a line."""
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = (json.dumps(asdict(record), default=str, ensure_ascii=False) for record in self)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
