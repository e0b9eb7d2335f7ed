"""A site with nothing but websockets, on our real server: `python -m tests.fakes.socket_site PORT`."""

import asyncio
import sys
from typing import Any

from dashboard.serve import build_server


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Accept a socket, answer each text with itself, and wait for its end. `stubborn` is not ended by a close."""
    assert scope["type"] == "websocket"
    stubborn = False
    await send({"type": "websocket.accept"})
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect" and not stubborn:
            return
        if text := event.get("text"):
            stubborn = text == "stubborn"
            await send({"type": "websocket.send", "text": text})
        elif stubborn:
            await asyncio.Event().wait()


if __name__ == "__main__":
    build_server(application, "127.0.0.1", int(sys.argv[1])).run()
