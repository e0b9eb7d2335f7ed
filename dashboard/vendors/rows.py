"""A listed session as a row of the State: cut, cleaned, with a digest that tells whether anything changed. Pure."""

import hashlib
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson

from dashboard.line import cut_line
from dashboard.vendors.base import Listed
from realtime.change import Fields
from realtime.errors import IllegalMessage
from realtime.schema import row_key
from realtime.values import clean_raw

ID_LIMIT = 128  # characters; a longer identity is kept as its hash
TEXT_LIMIT = 1000
URL_LIMIT = 2000
RAW_LIMIT_BYTES = 256 * 1024
EARLIEST_YEAR, LATEST_YEAR = 1990, 2200  # a time outside of these is a mistake and would break arithmetic

_TEXTS = tuple(one.name for one in fields(Listed) if one.name not in {"external_id", "raw"})


@dataclass(frozen=True, slots=True)
class Stored:
    """One session as it is stored: its row, and beside it what the vendor said verbatim."""

    key: str
    fields: Fields
    raw: dict[str, Any]


def stored_form(source: str, vendor: str, listed: Listed) -> Stored:
    """Return what is stored of a listed session."""
    raw = bounded_raw(listed)
    held: Fields = {"vendor": vendor, "external_id": bounded_id(listed.external_id)}
    for name in _TEXTS:
        value = _bounded(name, getattr(listed, name))
        if value is not None:
            held[name] = value
    told = orjson.dumps([held, raw], option=orjson.OPT_SORT_KEYS)
    held["digest"] = hashlib.blake2b(told, digest_size=12).hexdigest()
    return Stored(row_key(source, held["external_id"]), held, raw)


def bounded_id(external_id: str) -> str:
    """Return an identity that fits a key: itself, or its hash where it is too long or holds what a key must not."""
    if len(external_id) <= ID_LIMIT and external_id.isprintable():
        return external_id
    return hashlib.blake2b(external_id.encode(errors="replace"), digest_size=20).hexdigest()


def bounded_raw(listed: Listed) -> dict[str, Any]:
    """Return the verbatim record, storable; one that is too large or nested too deep says so instead."""
    try:
        raw: dict[str, Any] = clean_raw(dict(listed.raw))
        size = len(orjson.dumps(raw))
    except (IllegalMessage, TypeError, orjson.JSONEncodeError):
        return {"left out": "the record cannot be stored as it is"}
    return raw if size <= RAW_LIMIT_BYTES else {"left out": f"the record is larger than {RAW_LIMIT_BYTES} bytes"}


def _bounded(name: str, value: object) -> object:
    match value:
        case StrEnum():
            return value.value
        case str():
            return cut_line(value, URL_LIMIT if name == "url" else TEXT_LIMIT) or None
        case datetime():
            return value if EARLIEST_YEAR <= value.year <= LATEST_YEAR else None
        case int():
            return value if 0 <= value < 2**53 else None
        case _:
            return None
