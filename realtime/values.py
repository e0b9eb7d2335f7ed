"""Values of the wire, one by one: read into ours, written back, and made fit to be stored. Pure.

A reader returns None for what it cannot take for its kind.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from realtime.errors import IllegalMessage
from realtime.schema import Kind, split_key

NESTING_LIMIT = 16  # of a value we keep raw; the stored form must stay readable by every JSON library
INTEGER_LIMIT = 2**63
EXACT_LIMIT = 2.0**53  # from here on a floating-point number may be another one than its digits say
TIMESTAMP_LIMIT = 252_771_148_800  # 9980-01-01T00:00:00Z: ten years of a clock's offset stay within the calendar

Json = Any
"""Whatever a source sent as JSON, as long as nobody has looked at it."""


def clean_raw(value: Json, depth: int = 0) -> Json:
    """Return a value we keep as sent, made storable, its nesting bounded.

    PostgreSQL takes no NUL characters, and gives a huge number back as an integer that no JSON library writes.
    """
    if depth > NESTING_LIMIT:
        raise IllegalMessage(f"a value is nested more than {NESTING_LIMIT} levels deep")
    match value:
        case str():
            return clean_text(value)
        case list():
            return [clean_raw(part, depth + 1) for part in value]
        case dict():
            return {clean_text(name): clean_raw(part, depth + 1) for name, part in value.items()}
        case float() if abs(value) >= EXACT_LIMIT:
            return repr(value)
        case _:
            return value


def clean_text(text: str) -> str:
    """Return a text that PostgreSQL can store."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}") if "\0" in text else text


def as_id(value: Json) -> str | None:
    """Read an identifier: text, or an integer of any size that JSON numbers carry exactly."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def as_number(value: Json) -> int | None:
    """Read an integer that fits 64 signed bits, given as a number or as text."""
    if isinstance(value, str):
        digits = value.removeprefix("-")
        value = int(value) if digits.isdecimal() and len(digits) < 20 else None
    if isinstance(value, int) and not isinstance(value, bool) and -INTEGER_LIMIT <= value < INTEGER_LIMIT:
        return value
    return None


def as_flag(value: Json) -> bool | None:
    """Read yes or no in any of the forms that appliances and their document use."""
    match value:
        case bool():
            return value
        case 0 | "0" | "false":
            return False
        case 1 | "1" | "true":
            return True
        case _:
            return None


def as_seconds(value: Json) -> float | None:
    """Read Unix seconds, given as a number or as text."""
    if isinstance(value, str):
        try:
            value = float(value) if len(value) < 32 else None
        except ValueError:
            return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < TIMESTAMP_LIMIT:
        return value
    return None


def as_timestamp(value: Json) -> datetime | None:
    """Read a moment."""
    seconds = as_seconds(value)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


AS_KIND: dict[Kind, Callable[[Json], Json]] = {
    Kind.TEXT: as_id,
    Kind.NUMBER: as_number,
    Kind.FLAG: as_flag,
    Kind.TIMESTAMP: as_timestamp,
}


def encode_value(kind: Kind, value: Json) -> Json:
    """Return one of our values as the wire has it."""
    if value is None:
        return None
    if kind is Kind.REFERENCE:
        return split_key(value)[1]
    if kind is Kind.TIMESTAMP:
        seconds = value.timestamp()
        return int(seconds) if seconds.is_integer() else seconds
    return value
