"""A Seeit of one session, over a real socket: answers, refuses, or never answers (VENDORS.md 1.2)."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SESSION_ID = "095be615-a8ad-4c33-8e9c-c7612fbf6c9f"


class FakeSeeit(ThreadingHTTPServer):
    """`session` is what it answers, `status` what it refuses with; `asked` are the paths; silent, it says nothing.

    `starts` counts the sessions that were asked for; each is answered only while `gate` is open.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.session: dict[str, Any] = {
            "uuid": SESSION_ID,
            "supportKey": "111-222-333",
            "sessionStatus": "FINISHED",
            "sessionCreateTime": 1_767_225_600_000,
            "sessionDataStatus": "AVAILABLE",
        }
        self.started: dict[str, Any] = {
            "uuid": SESSION_ID,
            "supportKey": "123-456-789",
            "startUrl": "https://seeit.example/start/1",
        }
        self.status = 0
        self.asked: list[str] = []
        self.starts = 0
        self.gate = threading.Event()
        self.gate.set()
        self.is_silent = False
        self.released = threading.Event()

    @property
    def address(self) -> str:
        """The base of its API."""
        return f"http://127.0.0.1:{self.server_address[1]}/seeit/v1"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: FakeSeeit

    def do_GET(self) -> None:
        """A session, or a listing of it."""
        self.server.asked.append(self.path)
        if f"/sessions/{SESSION_ID}" in self.path:
            self.answer(200, self.server.session)
        else:
            self.answer(404, {})

    def do_POST(self) -> None:
        """Start a session."""
        self.server.starts += 1
        self.server.gate.wait(60)
        self.answer(201, self.server.started)

    def answer(self, status: int, body: dict[str, Any]) -> None:
        """Say it, or refuse, or nothing until the test is over."""
        if self.server.is_silent:
            self.server.released.wait(60)
            return
        payload = json.dumps(body).encode()
        self.send_response(self.server.status or status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


@contextmanager
def running_seeit() -> Iterator[FakeSeeit]:
    """Run one until the test is over."""
    with FakeSeeit() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            server.gate.set()
            server.shutdown()
            thread.join(10)
