"""Decoding the appliance's messages beside a bare JSON parser."""

import json
from collections.abc import Callable, Iterator
from functools import partial

import orjson

from realtime.rows import Oddities, RowDecoder
from realtime.wire import MessageSplitter, ModelUpdate, decode_message
from tests.bench.appliance import SOURCE, copy_messages, count_rows, full_tables
from tests.bench.line import Line, Sample, Side, Stopwatch
from tests.bench.surroundings import Surroundings


def lines(surroundings: Surroundings) -> Iterator[Line]:
    """A full copy, from bytes to rows."""
    yield Line(
        "decode the full copy",
        "µs CPU a row",
        "ours: bytes to checked rows with our names and kinds; textbook: json.loads; limit: orjson.loads",
        {
            Side.OURS: partial(spend, decode_all),
            Side.TEXTBOOK: partial(spend, lambda messages: [json.loads(one) for one in messages]),
            Side.LIMIT: partial(spend, lambda messages: [orjson.loads(one) for one in messages]),
        },
    )


def spend(work: Callable[[tuple[bytes, ...]], object]) -> Sample:
    """Measure work on all messages of the copy; what it made is kept until the watch stopped."""
    messages = copy_messages(full_tables)
    with Stopwatch() as watch:
        made = work(messages)
    del made
    return watch.cpu_microseconds_each(count_rows(full_tables()))


def decode_all(messages: tuple[bytes, ...]) -> list[object]:
    """Ours."""
    splitter = MessageSplitter()
    decoder = RowDecoder(SOURCE, Oddities())
    rows: list[object] = []
    for frame in messages:
        for raw in splitter.feed(frame):
            message = decode_message(raw)
            if isinstance(message, ModelUpdate):
                rows.append(decoder.rows(message.insert))
    return rows
