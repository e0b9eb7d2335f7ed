"""A TCP proxy of loopback whose connections can fall silent without an end, or be reset."""

import asyncio
from typing import Self


class LossyProxy:
    """Passes everything on to `upstream_port` of this machine. While `is_silent`, nothing arrives and nothing ends."""

    def __init__(self) -> None:
        self.upstream_port = 0
        self.is_silent = False
        self._server: asyncio.Server | None = None
        self.websockets = 0  # open ones
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    async def start(cls) -> Self:
        """Listen on a free port."""
        proxy = cls()
        proxy._server = await asyncio.start_server(proxy._serve, "127.0.0.1", 0)
        return proxy

    @property
    def port(self) -> int:
        """The port it listens on."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def reset(self) -> None:
        """Cut every connection."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def close(self) -> None:
        """Cut every connection and stop listening."""
        assert self._server is not None
        self._server.close()
        self.reset()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, upstream}
        self._writers |= ends
        for source, target in ((reader, upstream), (upstream_reader, writer)):
            task = asyncio.create_task(self._pass_on(source, target, ends))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass_on(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, ends: set[asyncio.StreamWriter]
    ) -> None:
        is_websocket = False
        try:
            while data := await source.read(65536):
                if b"\r\nUpgrade: websocket" in data:
                    is_websocket = True
                    self.websockets += 1
                if not self.is_silent:
                    target.write(data)
                    await target.drain()
        except OSError:
            pass
        finally:
            self.websockets -= is_websocket
            if not self.is_silent:
                for end in ends:
                    end.transport.abort()
            self._writers -= ends
