"""One message to browsers, encoded once for all sockets that get it."""

from dataclasses import dataclass
from functools import cached_property

TEXT_FRAME = b"\x81"  # RFC 6455, section 5.2: final fragment, opcode text


@dataclass(frozen=True)
class Message:
    """HTML for htmx. `seq` is its place in the view's stream, 0 outside one; `asks` for an acknowledgement."""

    payload: bytes
    seq: int = 0
    asks: bool = False

    @cached_property
    def text(self) -> str:
        """The message as an ASGI server takes it."""
        return self.payload.decode()

    @cached_property
    def frame(self) -> bytes:
        """The whole websocket frame, unmasked as a server sends it, for a transport that takes bytes."""
        size = len(self.payload)
        if size < 126:
            head = bytes([size])
        elif size < 65536:
            head = b"\x7e" + size.to_bytes(2, "big")
        else:
            head = b"\x7f" + size.to_bytes(8, "big")
        return TEXT_FRAME + head + self.payload
