"""The boards that are lists, by the name in their addresses, and what an address of theirs means. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

from dashboard.boards.combined import ACTIVITY_LIST
from dashboard.boards.listing import ListQuery, ListSpec
from dashboard.boards.presentations import PRESENTATION_LIST
from dashboard.boards.queues import QUEUE_LIST
from dashboard.boards.representatives import REPRESENTATIVE_LIST
from dashboard.boards.sessions import SESSION_LIST

LISTS: Mapping[str, ListSpec[Any]] = {
    "combined": ACTIVITY_LIST,
    "queues": QUEUE_LIST,
    "sessions": SESSION_LIST,
    "representatives": REPRESENTATIVE_LIST,
    "presentations": PRESENTATION_LIST,
}


def read_query(board: str, query: str) -> ListQuery | None:
    """Return what a query string asks of a list board, from its first page; None when there is no such board."""
    spec = LISTS.get(board)
    return None if spec is None else replace(spec.read(parse_qs(query)), page=1)
