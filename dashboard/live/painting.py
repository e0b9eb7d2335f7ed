"""A view as a page takes it, and what stands on every page: the light of the links, the line of missing processes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import orjson
from django.template.loader import get_template
from django.utils.safestring import SafeString

from dashboard.boards.clock import Clocks, set_clocks
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
    clocks: Clocks

    def with_clocks(self) -> SafeString:
        """Return the board with its clocks set, as it leaves in a page. Only digits are put in, so it stays safe."""
        return SafeString(set_clocks(self.board, self.now, self.clocks))


def clocks_of(moment: Moment) -> Clocks:
    """Return how each source's clock goes, or where it stands."""
    return {name: moment.standing.get(name) or round(moment.ahead(name).total_seconds(), 1) for name in moment.statuses}


def render_light(moment: Moment) -> str:
    """Return the light "server ↔ sources" as HTML; it carries our clock, and how the sources' clocks go."""
    value = light(moment.statuses, moment.at)
    clocks = orjson.dumps(clocks_of(moment)).decode()
    is_one = all(is_mirrored(status) for status in moment.statuses.values())
    context = {"light": value, "now": moment.at, "clocks": clocks, "noun": "appliance" if is_one else "sources"}
    context["build"] = build()
    return get_template("parts/_light.html").render(context)


def render_missing(missing: Collection[Missing]) -> str:
    """Return the line about processes that should run and do not, as HTML; empty while all run."""
    return get_template("parts/_processes.html").render({"missing": missing})
