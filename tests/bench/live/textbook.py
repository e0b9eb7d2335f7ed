"""What Channels' tutorial leads to: each browser a consumer in a group, which asks the database and renders for itself.

`python -m daphne tests.bench.live.textbook:application`; a socket on `/<queue's key>`, or `/all`. On `/group` the rows
that changed are rendered once and sent to the group of all: the layer's fan-out alone. A page is rendered for each
request; `/again` answers with as many bytes as a page of ours has, which nobody renders.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
django.setup()

from channels.db import database_sync_to_async  # noqa: E402
from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.layers import get_channel_layer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.db.models import Count  # noqa: E402
from django.template import engines  # noqa: E402
from django.urls import path  # noqa: E402

from realtime.feed import Published, follow  # noqa: E402
from realtime.models import SupportSession  # noqa: E402
from tests.bench.live.groups import ALL, ROW_CHARACTERS, group_of, row_html, touched_queues  # noqa: E402

ROWS = 500
OUR_PAGE = bytes(ROWS * ROW_CHARACTERS)
GROUP = "group"
BOARD = engines["django"].from_string(
    '<div id="board" hx-swap-oob="true"><p>{% for count in counts %}{{ count.start_method }} {{ count.rows }} '
    '{% endfor %}</p><table>{% for row in rows %}<tr id="{{ row.key }}"><td>{{ row.customer_name }}</td>'
    "<td>{{ row.customer_company }}</td><td>{{ row.start_method }}</td><td>{{ row.priority }}</td>"
    '<td><time datetime="{{ row.created_at.isoformat }}">{{ row.created_at|timesince }}</time></td></tr>'
    "{% endfor %}</table></div>"
)


def render_board(queue: str) -> str:
    """Ask and render."""
    rows = SupportSession.objects.order_by("created_at")
    if queue != ALL:
        rows = rows.filter(queue_id=queue)
    counts = rows.order_by().values("start_method").annotate(rows=Count("key"))
    html: str = BOARD.render({"rows": rows[:ROWS], "counts": counts})
    return html


async def tell_groups() -> None:
    """Tell each group of a committed change, as a receiver of `post_save` would."""
    layer: Any = get_channel_layer()
    async for told in follow():
        if isinstance(told, Published) and told.change is not None:
            for queue in touched_queues(told.change):
                await layer.group_send(group_of(queue), {"type": "board.changed"})
            sessions = told.change.inserts.get("support_session", {})
            html = "".join(row_html(key, row) for key, row in sessions.items())
            await layer.group_send(group_of(GROUP), {"type": "board.rows", "html": html})


class BoardConsumer(AsyncWebsocketConsumer):
    """One browser."""

    teller: "asyncio.Task[None] | None" = None

    async def connect(self) -> None:
        """Join the group, show the board."""
        if BoardConsumer.teller is None:
            BoardConsumer.teller = asyncio.create_task(tell_groups())
        self.queue = self.scope["url_route"]["kwargs"]["queue"]
        await self.channel_layer.group_add(group_of(self.queue), self.channel_name)
        await self.accept()
        await self.board_changed({})

    async def board_changed(self, _event: dict[str, Any]) -> None:
        """Show the board anew."""
        text = await database_sync_to_async(render_board)(self.queue) if self.queue != GROUP else "hello"
        await self.send(text_data=text)

    async def board_rows(self, event: dict[str, Any]) -> None:
        """Show rows that were rendered for all."""
        await self.send(text_data=event["html"])

    async def disconnect(self, _code: int) -> None:
        """Leave the group."""
        await self.channel_layer.group_discard(group_of(self.queue), self.channel_name)


async def send_page(scope: dict[str, Any], _receive: object, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
    """Answer with the board of all queues, or with bytes that are there."""
    html = OUR_PAGE if scope["path"] == "/again" else (await database_sync_to_async(render_board)(ALL)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": html})


router = URLRouter([path("<str:queue>", BoardConsumer.as_asgi())])  # type: ignore[arg-type, list-item]  # typed for views
application = ProtocolTypeRouter({"http": send_page, "websocket": router})
