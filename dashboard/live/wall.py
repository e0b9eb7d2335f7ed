"""A wallboard, live. Its definition comes with the moment, so whatever an editor changes is one more step."""

from dataclasses import dataclass, replace

from dashboard.boards.combined import ACTIVITY_LIST
from dashboard.boards.moment import Moment
from dashboard.boards.scope import EVERYTHING, Scope
from dashboard.boards.wall import Turn, Wall, make_wall
from dashboard.boards.wall_figures import Floor
from dashboard.live.painter import Picture, Piece
from dashboard.live.scoped import Shelves, shelves_of
from dashboard.live.tables import Tables
from dashboard.live.view import ViewKey
from dashboard.privacy import stricter
from dashboard.wallboards.definition import Kind, Wallboard
from dashboard.wallboards.stored import draft_name
from realtime.change import Applied

WALLBOARD = "wallboard"
TILES = "wall-tiles"
TEMPLATES = {kind: f"tiles/wall-{kind}.html" for kind in Kind} | {
    Kind.ANNOUNCEMENT: "tiles/wall-announcement-tile.html"
}


@dataclass(frozen=True, slots=True)
class WallHead:
    """What stands above all pages, and what the screen itself has to know. No wallboard means that it was deleted."""

    wallboard: Wallboard | None
    zone: str
    turns: tuple[Turn, ...] = ()


def wall_key(slug: str, scope: Scope = EVERYTHING, *, is_draft: bool = False) -> ViewKey:
    """Return the view of a wallboard, or of its draft; `scope` is what its viewer may see, no display's is limited."""
    return ViewKey(WALLBOARD, (("slug", slug), *((("draft", "1"),) if is_draft else ())), scope)


class WallView:
    """Draws a wallboard anew at every step; of what changed, only the tiles are rendered and sent.

    It shows nobody more than they may see, whatever its own queues are.
    """

    def __init__(self, key: ViewKey, tables: Tables) -> None:
        self.key = key
        params = dict(key.params)
        self._slug = params["slug"]
        self._is_draft = "draft" in params
        self._tables = tables
        self._shelves: Shelves = tables
        self._scope = EVERYTHING
        self._sources = EVERYTHING.sources
        self._wall: Wall | None = None
        self._picture: Picture | None = None

    def touch(self, applied: Applied) -> bool:
        """Every step may alter a figure."""
        return True

    def tick(self, moment: Moment) -> bool:
        """Time alone turns waits, thresholds and announcements."""
        return True

    def picture(self, moment: Moment) -> Picture:
        """Return what is to be seen; the same object as before when nothing changed."""
        wallboard = moment.wallboards.get(self._slug)
        if self._is_draft:
            wallboard = moment.wallboards.get(draft_name(self._slug), wallboard)
        if wallboard is None:
            return self._draw(None, moment.zone)
        wall = make_wall(self._floor(wallboard, moment))
        if self._picture is None or wall != self._wall:
            self._picture = self._draw(wall, wall.zone)
        self._wall = wall
        return self._picture

    def _floor(self, wallboard: Wallboard, moment: Moment) -> Floor:
        scope = self.key.scope.met(Scope(None if wallboard.queues is None else frozenset(wallboard.queues)))
        if scope != self._scope:
            self._scope = scope
            self._sources = scope.sources
            self._shelves = shelves_of(self._tables, scope)
        shelves = self._shelves
        shelves.refresh(moment)
        wallboard = replace(wallboard, customers=stricter(wallboard.customers, scope.customers))
        going_on = shelves.combined.sections[ACTIVITY_LIST.default_tab].keys
        return Floor(
            wallboard,
            moment,
            tuple(shelves.sessions.rows.values()),
            tuple(shelves.representatives.rows.values()),
            tuple(shelves.queues.rows.values()),
            tuple(shelves.combined.rows[key] for key in going_on),
            tuple(shelves.presentations.rows.values()),
            self._sources,
        )

    def _draw(self, wall: Wall | None, zone: str) -> Picture:
        head = WallHead(wall.wallboard, zone, wall.turns) if wall else WallHead(None, zone)
        tiles = wall.tiles if wall else ()
        return Picture(
            "boards/wallboard.html",
            {
                "head": Piece("wall-head", "tiles/wall-head.html", head),
                "announcement": Piece("wall-announcement", "tiles/wall-announcement.html", wall.band if wall else None),
            },
            {TILES: tuple(Piece(tile.id, TEMPLATES[tile.tile.kind], tile) for tile in tiles)},
        )
