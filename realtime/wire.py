"""The appliance's messages: bytes to typed messages, and back. Pure.

What breaks the protocol raises `IllegalMessage`, which ends the link: bad JSON or UTF-8, NaN, nesting bombs, a message
without end. The rows inside a message are `realtime.rows`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from realtime.errors import IllegalMessage
from realtime.rows import NAME_LIMIT
from realtime.values import Json, as_flag, as_seconds, clean_text

MESSAGE_LIMIT_BYTES = 64 * 1024 * 1024
REASON_LIMIT = 200  # characters of the appliance's own words that we show


class MessageSplitter:
    """Joins frames to messages: one ends at a newline, may span frames and may be cut inside a character."""

    def __init__(self, limit_bytes: int = MESSAGE_LIMIT_BYTES) -> None:
        self._limit = limit_bytes
        self._held = bytearray()  # not a list of parts: a hostile peer may send single bytes

    @property
    def is_inside_message(self) -> bool:
        """Whether bytes of an unfinished message are held."""
        return bool(self._held)

    def feed(self, frame: bytes | str) -> list[bytes]:
        """Return the messages that this frame completes, without their newlines; blank ones are left out.

        Raises IllegalMessage when an unfinished message outgrows the limit.
        """
        chunk = frame.encode("utf-8", "surrogatepass") if isinstance(frame, str) else frame
        *ends, rest = chunk.split(b"\n")
        messages = []
        for end in ends:
            self._hold(end)
            messages.append(bytes(self._held))
            self._held.clear()
        self._hold(rest)
        return [message for message in messages if message.strip()]

    def _hold(self, part: bytes) -> None:
        if len(self._held) + len(part) > self._limit:
            raise IllegalMessage(f"a message is longer than {self._limit} bytes")
        self._held += part


@dataclass(frozen=True, slots=True)
class AuthenticateResponse:
    """The answer to our credentials."""

    success: bool
    reason: str


@dataclass(frozen=True, slots=True)
class SubscribeResponse:
    """The answer to our subscription; `timestamp` is the appliance's clock in Unix seconds."""

    success: bool
    reason: str
    timestamp: float | None


@dataclass(frozen=True, slots=True)
class ModelUpdate:
    """Rows by wire table name and row id, as sent; `delete` holds lists of row ids."""

    insert: Mapping[str, Json] = field(default_factory=dict)
    update: Mapping[str, Json] = field(default_factory=dict)
    delete: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TruncateModel:
    """Every row of every table is gone."""


@dataclass(frozen=True, slots=True)
class UnknownMessage:
    """A message of a type this version does not know."""

    type: str


Message = AuthenticateResponse | SubscribeResponse | ModelUpdate | TruncateModel | UnknownMessage


def encode_message(message: Mapping[str, Json]) -> bytes:
    """Return a message as the appliance expects it, newline included."""
    return orjson.dumps(message) + b"\n"


def decode_message(raw: bytes) -> Message:
    """Read one message. Raises IllegalMessage for what is no JSON object (the text never quotes the content)."""
    try:
        body = orjson.loads(raw)
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise IllegalMessage(f"a message of {len(raw)} bytes is no JSON") from error
    if not isinstance(body, dict):
        raise IllegalMessage(f"a message of {len(raw)} bytes is no JSON object")
    match body.get("type"):
        case "model_update" | "update_model":
            return ModelUpdate(*(_as_object(body.get(part), part) for part in ("insert", "update", "delete")))
        case "truncate_model":
            return TruncateModel()
        case "authenticate_response":
            return AuthenticateResponse(as_flag(body.get("success")) is True, _as_reason(body.get("reason")))
        case "subscribe_response":
            timestamp = as_seconds(body.get("timestamp"))
            return SubscribeResponse(as_flag(body.get("success")) is True, _as_reason(body.get("reason")), timestamp)
        case other:
            return UnknownMessage(other[:NAME_LIMIT] if isinstance(other, str) else "")


def _as_object(value: Json, part: str) -> Mapping[str, Json]:
    """Read one part of a model update; null and an empty list (how some encoders write {}) stand for nothing."""
    if value is None or value == []:
        return {}
    if not isinstance(value, dict):
        raise IllegalMessage(f'"{part}" of a model update is no JSON object')
    return value


def _as_reason(value: Json) -> str:
    return clean_text(value[:REASON_LIMIT]) if isinstance(value, str) else ""
