"""A process that is many browsers: `python -m tests.bench.live.swarm`, told what to do on its standard input.

It must cost far less than the server it measures, and run where no compiler is. So: bare non-blocking sockets, each
distinct message is inflated and looked into once for all browsers that get the same bytes, and no HTML is parsed. What
a change shows is a mark, `@@<row>:<monotonic ns of the sending>@@`; the clock is one for all processes of a machine.
Like Chromium it offers compression, and compresses what it says where that was accepted.

Commands, a JSON object a line: {"watch": [[path, count], …]} connects; {"measure": true} forgets what was measured;
{"count": true} answers at once with the number of marks seen since; {"ask": true} answers with a `Report`, which takes
a while in which nothing is read. A browser has joined when it has its board; one that stops reading does so at its
first message, one that returns opens another socket when it lost its own, after the wait of the page's script.
"""

import heapq
import os
import random
import re
import selectors
import socket
import sys
import time
import zlib
from collections import Counter, deque
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Literal, cast

import orjson

MARK = re.compile(rb">[^<]*?@@([0-9]+):([0-9]+)@@")
STEP = re.compile(rb'<div [^>]*?data-frame="(\w+)" data-epoch="(\w+)" data-seq="([0-9]+)"[^>]*>')
KEPT_MESSAGES = 2000
READ_BYTES = 1 << 18
STOPPED_BUFFER = 16 * 1024
JOINING = 40  # at most so many handshakes at once
TEXT, CLOSE, PING, PONG, DEFLATED = 1, 8, 9, 10, 0x40
SYNC_FLUSH_END = b"\x00\x00\xff\xff"
NS_A_STEP = 100_000  # what delays are rounded down to: a tenth of a millisecond
STEPS_A_MS = 10
FIRST_WAIT, LONGEST_WAIT = 0.25, 5.0  # seconds, as in static/js/socket.js
Manner = Literal["reads", "stops", "returns"]
BEAT, BEAT_REPLY = b'id="light-', b"hb"


def client_frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """Return a short frame as a browser sends it, masked with zeros."""
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + bytes(4) + payload


def inflate(payload: bytes) -> bytes:
    """Return what a compressed message says."""
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(payload + SYNC_FLUSH_END)


def deflate(payload: bytes) -> bytes:
    """Return a message compressed with the smallest window, which every server takes."""
    packer = zlib.compressobj(wbits=-9)
    return (packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH)).removesuffix(SYNC_FLUSH_END)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is in one message: its marks (row, ns), its place in a view's stream ("" outside one), and the reply."""

    marks: tuple[tuple[int, int], ...]
    epoch: str
    seq: int
    is_paint: bool
    is_beat: bool
    reply: bytes


def look_into(payload: bytes, is_deflated: bool) -> Seen:
    """Read a message as the page's script would: steps are acknowledged where they ask for it, heartbeats answered."""
    html = inflate(payload) if is_deflated else payload
    marks = tuple((int(row), int(at)) for row, at in MARK.findall(html))
    step = STEP.match(html)
    if step is None:
        is_beat = BEAT in html
        return Seen(marks, "", 0, is_paint=False, is_beat=is_beat, reply=reply(BEAT_REPLY * is_beat, is_deflated))
    says = b"ack:" + step[3] if b" data-ack" in step[0] else b""
    is_paint = step[1] == b"paint"
    return Seen(marks, step[2].decode(), int(step[3]), is_paint, is_beat=False, reply=reply(says, is_deflated))


def reply(says: bytes, is_deflated: bool) -> bytes:
    """Return the frame in which a browser says something; none where it says nothing."""
    if not says:
        return b""
    return client_frame(deflate(says), DEFLATED | TEXT) if is_deflated else client_frame(says)


def quantile_ms(delays: Counter[int], share: float) -> float | None:
    """Return the delay, in ms, that so large a share of all delays does not exceed; `delays` counts them by steps."""
    left = share * delays.total()
    for steps in sorted(delays):
        left -= delays[steps]
        if left <= 0:
            return steps / STEPS_A_MS
    return None


@dataclass
class Report:
    """What the browsers saw since they were told to measure. `pictures` is path -> row -> the newest mark."""

    joined: int = 0
    closed: int = 0
    close_codes: dict[int, int] = field(default_factory=dict)
    gaps: int = 0
    differing: int = 0
    messages: int = 0
    megabytes: float = 0.0
    marks: int = 0
    cpu_seconds: float = 0.0
    p50_ms: float | None = None
    p99_ms: float | None = None
    longest_ms: float | None = None
    pictures: dict[str, dict[str, int]] = field(default_factory=dict)


class Browser:
    """One socket, its unread rest, its place in the stream and the marks it shows."""

    __slots__ = ("epoch", "has_joined", "is_open", "newest", "path", "picture", "rest", "seq", "sock", "tries")

    def __init__(self, path: str) -> None:
        self.path = path
        self.sock = socket.socket()
        self.tries = 0
        self.rest = b""
        self.is_open = self.has_joined = False
        self.epoch, self.seq, self.newest = "", 0, 0
        self.picture: dict[int, int] = {}

    def wait_seconds(self) -> float:
        """Return how long to wait before the next try."""
        self.tries += 1
        return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (self.tries - 1)) * random.uniform(0.5, 1)


class Swarm:
    """All browsers of the process."""

    def __init__(self, host: str, port: int, headers: str, manner: Manner) -> None:
        self._address, self._headers = (host, port), headers
        self._reads, self._returns = manner != "stops", manner == "returns"
        self._selector = selectors.DefaultSelector()
        self._browsers: list[Browser] = []
        self._to_join: deque[Browser] = deque()
        self._absent: list[tuple[float, int, Browser]] = []  # a heap: when each comes back
        self._joining = 0
        self._messages: dict[bytes, Seen] = {}
        self._delays: Counter[int] = Counter()
        self._report = Report()
        self._cpu = time.process_time()
        self._input = b""

    def run(self) -> None:
        """Serve commands and sockets until the standard input ends."""
        self._selector.register(0, selectors.EVENT_READ, None)
        while True:
            for key, events in self._selector.select(self._seconds_to_next()):
                browser: Browser | None = key.data
                if browser is None:
                    if not self._obey():
                        return
                elif events & selectors.EVENT_WRITE:
                    self._greet(browser)
                else:
                    self._read(browser)
            while self._seconds_to_next() == 0:
                self._to_join.append(heapq.heappop(self._absent)[2])
                self._connect()

    def _seconds_to_next(self) -> float | None:
        """Return how long until the next browser comes back; None while none is away."""
        return max(0.0, self._absent[0][0] - time.monotonic()) if self._absent else None

    def _obey(self) -> bool:
        read = os.read(0, 1 << 20)
        lines = (self._input + read).split(b"\n")
        self._input = lines.pop()
        for line in lines:
            command = orjson.loads(line)
            if "watch" in command:
                fresh = [Browser(path) for path, count in command["watch"] for _ in range(count)]
                self._browsers += fresh
                self._to_join += fresh
                self._connect()
            elif "measure" in command:
                self._report, self._delays, self._cpu = Report(), Counter(), time.process_time()
            elif "count" in command:
                self._say(self._delays.total())
            else:
                self._say(asdict(self._answer()))
        return bool(read)

    def _say(self, answer: object) -> None:
        sys.stdout.buffer.write(orjson.dumps(answer, option=orjson.OPT_NON_STR_KEYS) + b"\n")
        sys.stdout.buffer.flush()

    def _connect(self) -> None:
        while self._to_join and self._joining < JOINING:
            self._joining += 1
            browser = self._to_join.popleft()
            browser.sock = sock = socket.socket()
            sock.setblocking(False)
            if not self._reads:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, STOPPED_BUFFER)  # the kernel takes little for it
            sock.connect_ex(self._address)
            self._selector.register(sock, selectors.EVENT_WRITE, browser)

    def _greet(self, browser: Browser) -> None:
        host, port = self._address
        self._send(
            browser,
            f"GET {browser.path} HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: http://{host}:{port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
            f"Sec-WebSocket-Version: 13\r\n{self._headers}\r\n".encode(),
        )
        self._selector.modify(browser.sock, selectors.EVENT_READ, browser)

    def _read(self, browser: Browser) -> None:
        try:
            read = browser.sock.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            read = b""
        if not read:
            self._lose(browser)
            return
        unread = browser.rest + read if browser.rest else read
        if not browser.is_open:
            unread = self._shake_hands(browser, unread)
        browser.rest = self._split(browser, unread, time.monotonic_ns()) if browser.is_open else unread

    def _shake_hands(self, browser: Browser, unread: bytes) -> bytes:
        head, end, rest = unread.partition(b"\r\n\r\n")
        if not end:
            return unread
        if not head.startswith(b"HTTP/1.1 101"):
            if self._returns:  # a proxy whose servers are away
                self._lose(browser)
                return b""
            raise SystemExit(f"{browser.path}: {head[:200]!r}")
        browser.is_open = True
        return rest

    def _split(self, browser: Browser, unread: bytes, now: int) -> bytes:
        """Take whole frames; return the rest."""
        start, end = 0, len(unread)
        while end - start >= 2:
            size, payload_at = unread[start + 1], start + 2
            if size >= 126:
                width = 2 if size == 126 else 8
                size, payload_at = int.from_bytes(unread[payload_at : payload_at + width], "big"), payload_at + width
            if payload_at + size > end:
                break
            payload = unread[payload_at : payload_at + size]
            self._hear(browser, unread[start], payload, now)
            start = payload_at + size
        return unread[start:] if start else unread

    def _hear(self, browser: Browser, head: int, payload: bytes, now: int) -> None:
        opcode = head & 15
        if opcode == PING:
            self._send(browser, client_frame(payload, PONG))
        if opcode == CLOSE:
            code = int.from_bytes(payload[:2], "big")
            self._report.close_codes[code] = self._report.close_codes.get(code, 0) + 1
        if opcode != TEXT:
            return
        seen = self._messages.get(payload)
        if seen is None:
            if len(self._messages) >= KEPT_MESSAGES:
                self._messages.clear()
            seen = self._messages[payload] = look_into(payload, bool(head & DEFLATED))
        self._report.messages += 1
        self._report.megabytes += len(payload) / 1e6
        self._show(browser, seen, now)
        if seen.reply:
            self._send(browser, seen.reply)
        if not browser.has_joined and not (self._reads and seen.is_beat):
            self._join(browser)

    def _join(self, browser: Browser) -> None:
        browser.has_joined, browser.tries = True, 0
        self._joining -= 1
        if not self._reads:
            self._selector.unregister(browser.sock)
        self._connect()

    def _show(self, browser: Browser, seen: Seen, now: int) -> None:
        if seen.epoch:
            follows = (seen.epoch, seen.seq) == (browser.epoch, browser.seq + 1)
            self._report.gaps += not (seen.is_paint or follows)
            browser.epoch, browser.seq = seen.epoch, seen.seq
        newest = browser.newest
        for row, at in seen.marks:
            browser.picture[row] = at
            if at > newest:
                browser.newest = max(browser.newest, at)
                self._delays[(now - at) // NS_A_STEP] += 1

    def _send(self, browser: Browser, frame: bytes) -> None:
        with suppress(OSError):  # the next reading tells
            browser.sock.send(frame)

    def _lose(self, browser: Browser) -> None:
        self._selector.unregister(browser.sock)
        browser.sock.close()
        self._report.closed += 1
        if self._returns:
            self._joining -= not browser.has_joined
            browser.has_joined = browser.is_open = False
            browser.rest = b""
            heapq.heappush(self._absent, (time.monotonic() + browser.wait_seconds(), id(browser), browser))

    def _answer(self) -> Report:
        report = self._report
        report.joined = sum(browser.has_joined for browser in self._browsers)
        report.marks = self._delays.total()
        report.cpu_seconds = time.process_time() - self._cpu
        report.p50_ms, report.p99_ms, report.longest_ms = (quantile_ms(self._delays, share) for share in (0.5, 0.99, 1))
        pictures: dict[str, dict[int, int]] = {}
        report.differing = sum(
            pictures.setdefault(browser.path, browser.picture) != browser.picture for browser in self._browsers
        )
        report.pictures = {path: {str(row): at for row, at in rows.items()} for path, rows in pictures.items()}
        return report


if __name__ == "__main__":
    Swarm(sys.argv[1], int(sys.argv[2]), sys.argv[3], cast(Manner, sys.argv[4])).run()
