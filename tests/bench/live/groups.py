"""Which queues a change concerns and how a row of theirs looks, for the servers beside ours."""

from html import escape
from typing import Any

from realtime.change import Change

ROW_CHARACTERS = 2000  # as one of our rows has

ALL = "all"


def group_of(queue: str) -> str:
    """Return the name of a queue's group on the channel layer."""
    return "board." + queue.replace(":", "-")


def touched_queues(change: Change) -> set[str]:
    """Return the keys of the queues whose sessions a change wrote, and `ALL`."""
    sessions = change.inserts.get("support_session", {})
    return {row.get("queue_id") or "" for row in sessions.values()} | ({ALL} if sessions else set())


def row_html(key: str, row: dict[str, Any]) -> str:
    """Return a session's row, as large as ours."""
    html = f'<tr id="{escape(key)}"><td>{escape(row.get("customer_company") or "")}</td></tr>'
    return html.ljust(ROW_CHARACTERS)
