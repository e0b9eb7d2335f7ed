"""One message to browsers, encoded once for all sockets that get it."""

import zlib
from dataclasses import dataclass
from functools import cached_property

TEXT_FRAME = b"\x81"  # RFC 6455, section 5.2: final fragment, opcode text
DEFLATED_FRAME = b"\xc1"  # RFC 7692, section 6: the same with RSV1
SYNC_FLUSH_END = b"\x00\x00\xff\xff"  # section 7.2.1: not sent
FASTEST = 1  # a tenth of the size in a tenth of a millisecond; the best takes three times as long to save a fifth more


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
        return _frame(TEXT_FRAME, self.payload)

    @cached_property
    def deflated_frame(self) -> bytes:
        """The same for sockets with permessage-deflate: it refers to no earlier message, so all may share it."""
        deflate = zlib.compressobj(FASTEST, zlib.DEFLATED, -zlib.MAX_WBITS)
        packed = deflate.compress(self.payload) + deflate.flush(zlib.Z_SYNC_FLUSH)
        return _frame(DEFLATED_FRAME, packed.removesuffix(SYNC_FLUSH_END))


def _frame(first: bytes, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        head = bytes([size])
    elif size < 65536:
        head = b"\x7e" + size.to_bytes(2, "big")
    else:
        head = b"\x7f" + size.to_bytes(8, "big")
    return first + head + payload
