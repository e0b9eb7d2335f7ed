"""A view as a page takes it, and what stands on every page: the light of the links, the line of missing processes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson
from django.template.loader import get_template
from django.utils.safestring import SafeString

from dashboard.boards.clock import set_clocks
from dashboard.boards.links import is_mirrored, light
from dashboard.boards.moment import Moment
from dashboard.build import build
from dashboard.operating.processes import Missing


@dataclass(frozen=True, slots=True)
class Painting:
    """A view's whole board and the light of its links, as HTML, and when that was."""

    board: str
    light: str
    now: datetime
    offsets: Mapping[str, float]

    def with_clocks(self) -> SafeString:
        """Return the board with its clocks set, as it leaves in a page. Only digits are put in, so it stays safe."""
        return SafeString(set_clocks(self.board, self.now, self.offsets))


def clock_offsets(moment: Moment) -> dict[str, float]:
    """Return how many seconds each source's clock is ahead of ours."""
    return {name: round(status.clock_offset_seconds or 0.0, 1) for name, status in moment.statuses.items()}


def render_light(moment: Moment) -> str:
    """Return the light "server ↔ sources" as HTML; it carries our clock, and how the sources' clocks differ."""
    value = light(moment.statuses, moment.at)
    offsets = orjson.dumps(clock_offsets(moment)).decode()
    is_one = all(is_mirrored(status) for status in moment.statuses.values())
    context = {"light": value, "now": moment.at, "offsets": offsets, "noun": "appliance" if is_one else "sources"}
    context["build"] = build()
    return get_template("parts/_light.html").render(context)


def render_missing(missing: Collection[Missing]) -> str:
    """Return the line about processes that should run and do not, as HTML; empty while all run."""
    return get_template("parts/_processes.html").render({"missing": missing})
