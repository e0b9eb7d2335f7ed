"""What cannot be undercut by much: `websockets.broadcast` of the changed rows, without a board, a template or a check.

`python -m tests.bench.live.broadcast <port>`; a socket on `/<queue's key>`, or `/all`. Rows that change within a tenth
of a second travel together, as ours do.
"""

import asyncio
import os
import sys
from collections import defaultdict

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
django.setup()

from websockets.asyncio.server import ServerConnection, broadcast, serve  # noqa: E402

from realtime.feed import Published, follow  # noqa: E402
from tests.bench.live.groups import ALL, row_html  # noqa: E402

BUSY_SECONDS = 0.1


class Views:
    """The sockets of each view, and the rows it has not been sent yet."""

    def __init__(self) -> None:
        self._sockets: dict[str, set[ServerConnection]] = defaultdict(set)
        self._rows: dict[str, dict[str, str]] = defaultdict(dict)
        self._next_at: dict[str, float] = defaultdict(float)

    async def watch(self, socket: ServerConnection) -> None:
        """Keep a socket until it ends."""
        assert socket.request is not None
        view = socket.request.path[1:]
        self._sockets[view].add(socket)
        try:
            await socket.send("hello")
            await socket.wait_closed()
        finally:
            self._sockets[view].discard(socket)

    def change(self, view: str, key: str, html: str) -> None:
        """Send a row, at once or with others."""
        loop = asyncio.get_running_loop()
        is_first = not self._rows[view]
        self._rows[view][key] = html
        if is_first:
            loop.call_at(max(loop.time(), self._next_at[view]), self._send, view)

    def _send(self, view: str) -> None:
        self._next_at[view] = asyncio.get_running_loop().time() + BUSY_SECONDS
        rows, self._rows[view] = self._rows[view], {}
        broadcast(self._sockets[view], "".join(rows.values()))


async def run(port: int) -> None:
    """Serve until the process ends."""
    views = Views()
    async with serve(views.watch, "127.0.0.1", port, compression=None, ping_interval=None):
        print("serving", flush=True)
        async for told in follow():
            if isinstance(told, Published) and told.change is not None:
                for key, row in told.change.inserts.get("support_session", {}).items():
                    for view in (row.get("queue_id") or "", ALL):
                        views.change(view, key, row_html(key, row))


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1])))
