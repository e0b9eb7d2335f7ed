"""Browsers without a screen: sockets that keep their own picture of a list, by none of the product's code."""

import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.chaos.history import History

ENVELOPE = re.compile(r'<div [^>]*?data-frame="(\w+)" data-epoch="(\w+)" data-seq="([0-9]+)"[^>]*>')
PIECE = re.compile(r'<template data-(?:swap|new)="([^"]*)">(.*?)</template>', re.DOTALL)
GONE = re.compile(r'<i data-gone="([^"]*)"></i>')
ORDER = re.compile(r'<i data-order="([^"]*)">([^<]*)</i>')
LIGHT = re.compile(r'fresh__leg--(\w+)" id="light-appliance"')
TAG = re.compile(r"<[^>]*>")
MARK = re.compile(r"chaos-([ab]) ([0-9]+)")
OPEN_SECONDS = 10.0
AGAIN_SECONDS = 0.3


def text_of(html: str) -> str:
    """Return what HTML says, without its tags."""
    return " ".join(unescape(TAG.sub(" ", html)).split())


@dataclass
class Picture:
    """A list as a browser that took these messages shows it: row id -> text, and the order."""

    name: str
    rows: dict[str, str] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)

    def take(self, kind: str, html: str) -> None:
        """Apply a message."""
        if kind == "paint":
            found = re.findall(rf'<(tr|li) id="({self.name}-[^"]*)"(.*?)</\1>', html, re.DOTALL)
            self.rows = {row_id: text_of(f"<i{rest}") for _tag, row_id, rest in found}
            self.order = list(self.rows)
            return
        for row_id, piece in PIECE.findall(html):
            self.rows[unescape(row_id)] = text_of(piece)
        for row_id in GONE.findall(html):
            self.rows.pop(unescape(row_id), None)
        for name, ids in ORDER.findall(html):
            if name == self.name:
                self.order = unescape(ids).split()

    @property
    def shown(self) -> dict[str, str]:
        """The rows in their order: key of the appliance's row -> text. A row that has no text is a blank."""
        mine = f"{self.name}-desk%3A"
        return {row[len(mine) :]: self.rows.get(row, "") for row in self.order if row.startswith(mine)}

    def marks(self) -> dict[str, int]:
        """Return the highest number that each of the two marked sessions shows."""
        marks: dict[str, int] = {}
        for text in self.shown.values():
            for name, number in MARK.findall(text):
                marks[name] = max(marks.get(name, 0), int(number))
        return marks


class Browser:
    """Follows one address and comes back whenever its socket ends; `acknowledges=False` makes it a slow one."""

    def __init__(self, history: History, who: str, address: str, cookie: str, *, acknowledges: bool = True) -> None:
        self.who = who
        self.picture = Picture(address.split("/live/")[1].split("/")[0])
        self._history = history
        self._address, self._cookie, self._acknowledges = address, cookie, acknowledges
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=who, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, within the time-out of a reading."""
        self._ended.set()
        self._thread.join(20)

    def _run(self) -> None:
        while not self._ended.is_set():
            with suppress(OSError, TimeoutError, InvalidHandshake, ConnectionClosed), self._open() as socket:
                self._history.note(self.who, "opened")
                self._follow(socket)
            self._ended.wait(AGAIN_SECONDS)

    def _open(self) -> ClientConnection:
        origin = Origin(self._address.replace("ws://", "http://").split("/live/")[0])
        return connect(
            self._address, origin=origin, additional_headers={"Cookie": self._cookie}, proxy=None, max_size=2**24,
            open_timeout=OPEN_SECONDS, close_timeout=1, ping_interval=None,
        )  # fmt: skip

    def _follow(self, socket: ClientConnection) -> None:
        try:
            while not self._ended.is_set():
                with suppress(TimeoutError):
                    self._take(socket, str(socket.recv(timeout=1.0)))
        finally:
            self._history.note(self.who, "closed", code=socket.close_code, ours=self._ended.is_set())

    def _take(self, socket: ClientConnection, text: str) -> None:
        envelope = ENVELOPE.match(text)
        if envelope is None:
            light = LIGHT.search(text)
            if light:
                self._history.note(self.who, "light", level=light[1])
                self._say(socket, "hb")
            return
        kind, epoch, seq = envelope[1], envelope[2], int(envelope[3])
        asks = " data-ack" in envelope[0]
        self.picture.take(kind, text)
        shown, marks = self.picture.shown, self.picture.marks()
        self._history.note(self.who, kind, epoch=epoch, seq=seq, asks=asks, rows=len(shown), marks=marks)
        if asks:
            self._say(socket, f"ack:{seq}")

    def _say(self, socket: ClientConnection, text: str) -> None:
        if self._acknowledges:
            socket.send(text)


class Watch:
    """Calls `look` again and again in a thread of its own; an error of these kinds is a record, not an end."""

    def __init__(
        self, history: History, who: str, look: Callable[[], dict[str, Any]], errors: type[Exception], seconds: float
    ) -> None:
        self._history, self._who, self._look, self._errors, self._seconds = history, who, look, errors, seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=who, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._ended.set()
        self._thread.join(30)

    def _run(self) -> None:
        while not self._ended.wait(self._seconds):
            began = time.monotonic()
            try:
                seen = self._look()
            except self._errors as error:
                seen = {"error": type(error).__name__}
            self._history.note(self._who, "look", seconds=round(time.monotonic() - began, 3), **seen)
