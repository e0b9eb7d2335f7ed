"""The dialogue with one appliance as a state machine: bytes in, steps out. No I/O, no clock: the caller says when.

    authenticate -> authenticate_response -> subscribe -> subscribe_response -> full copy -> live updates

Nothing in the protocol marks the end of the full copy (seed 004, "Model Subscriptions"), so it is found by mark and
sweep: subscribing, or a truncate, marks every row held as unconfirmed. The first message that names a marked row
confirms it and starts it anew; rows still marked are swept once the stream has been quiet, as deletions of one Change.
So nobody sees an empty board between two copies, and no row that vanished while we were away survives.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from realtime.change import Cause, Change, Rows, merge_fields
from realtime.errors import CredentialsRefused, IllegalMessage, PermissionMissing
from realtime.rows import RowDecoder
from realtime.wire import (
    AuthenticateResponse,
    Message,
    MessageSplitter,
    ModelUpdate,
    SubscribeResponse,
    TruncateModel,
    UnknownMessage,
    decode_message,
    encode_message,
)

QUIET_SECONDS = 1.0
"""The copy is taken as complete when nothing came for this long after its first update."""

SETTLE_LIMIT_SECONDS = 10.0
"""The copy is taken as complete after this long without progress, even if the stream never rests or never began.

Progress is a marked row confirmed or a part of a long message: a large copy over a slow line is not cut short."""


class Phase(Enum):
    """Where the dialogue is."""

    AUTHENTICATING = "authenticating"
    SUBSCRIBING = "subscribing"
    COPYING = "copying"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes to send to the appliance."""

    message: bytes


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The subscription stands and the full copy begins; `timestamp` is the appliance's clock in Unix seconds."""

    timestamp: float | None


@dataclass(frozen=True, slots=True)
class Truncated:
    """The appliance emptied its tables, as it does after a restart of its processes."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The full copy is complete; what follows happened in the support center."""


Step = Send | Subscribed | Truncated | Settled | Change


class Unconfirmed:
    """The rows held from before a copy that the copy has not named yet."""

    def __init__(self, keys: dict[str, set[str]], now: float) -> None:
        self._keys = keys
        self._progress_at = now
        self._message_at: float | None = None

    def confirm(self, updates: Rows, deletes: Mapping[str, list[str]], now: float) -> Rows:
        """Take what one message names off the marked rows, and out of `updates` those that must start anew.

        Returns the latter: the old fields of a marked row may stem from another lifetime of the appliance.
        """
        self._message_at = now
        restarted: Rows = {}
        for table, rows in updates.items():
            for key in rows.keys() & self._keys[table]:
                restarted.setdefault(table, {})[key] = rows.pop(key)
        for table, rows in restarted.items():
            self._keys[table].difference_update(rows)
        for table, keys in deletes.items():
            self._keys[table].difference_update(keys)
        if restarted:
            self._progress_at = now
        return restarted

    def postpone(self, now: float, began_at: float) -> None:
        """Part of a message came, begun at `began_at`: the copy may still be on its way.

        Only a long message is progress, else live changes that are always sent in pieces would put off the sweep.
        """
        if self._message_at is not None:
            self._message_at = now
        if now - began_at >= QUIET_SECONDS:
            self._progress_at = now

    def due_at(self) -> float:
        """Return when the rest is to be swept if nothing more comes."""
        limit = self._progress_at + SETTLE_LIMIT_SECONDS
        return limit if self._message_at is None else min(limit, self._message_at + QUIET_SECONDS)

    def sweep(self, source: str) -> Change:
        """Return the deletion of every row still marked."""
        gone = {table: sorted(keys) for table, keys in self._keys.items() if keys}
        return Change(source, deletes=gone, cause=Cause.SWEEP)


class Session:
    """One connection's dialogue. Feed it frames and the time (monotonic seconds); carry out the steps it yields.

    `decoder` is the source's, kept from one dialogue to the next. `held_keys` returns the keys of the source's rows
    held now, by table. Steps are yielded one by one, and each Change must be applied before the next step is asked for,
    because a truncate in the same frame marks what is held then. `tables` None subscribes to all. Raises
    CredentialsRefused, PermissionMissing, IllegalMessage.
    """

    def __init__(
        self,
        token: str,
        decoder: RowDecoder,
        held_keys: Callable[[], dict[str, set[str]]],
        tables: tuple[str, ...] | None = None,
    ) -> None:
        self.phase = Phase.AUTHENTICATING
        self.message_count = 0
        self._token = token
        self._tables = tables
        self._decoder = decoder
        self._oddities = decoder.oddities
        self._held_keys = held_keys
        self._splitter = MessageSplitter()
        self._unconfirmed: Unconfirmed | None = None
        self._message_began_at = 0.0
        self._is_subscribed = False

    def start(self) -> Send:
        """Return the opening: our credentials."""
        return Send(encode_message({"type": "authenticate", "credentials": {"bearer_token": self._token}}))

    def receive(self, frame: bytes | str, now: float) -> Iterator[Step]:
        """Take one websocket message and yield the steps that follow from it."""
        is_continued = self._splitter.is_inside_message
        messages = self._splitter.feed(frame)
        if messages or not is_continued:
            self._message_began_at = now
        for raw in messages:
            self.message_count += 1
            yield from self._take(decode_message(raw), now)
        if self._unconfirmed and self._splitter.is_inside_message:
            self._unconfirmed.postpone(now, self._message_began_at)

    def due_at(self) -> float | None:
        """Return when `tick` has something to do, in the caller's monotonic seconds."""
        return self._unconfirmed.due_at() if self._unconfirmed else None

    def tick(self, now: float) -> Iterator[Step]:
        """Sweep if the copy has come to rest."""
        if self._unconfirmed is None or now < self._unconfirmed.due_at():
            return
        swept = self._unconfirmed.sweep(self._decoder.source)
        self._unconfirmed = None
        self.phase = Phase.LIVE
        if swept.deletes:
            yield swept
        self._decoder.end_copy()
        yield Settled()

    def _take(self, message: Message, now: float) -> Iterator[Step]:
        match message:
            case AuthenticateResponse():
                yield from self._subscribe(message)
            case SubscribeResponse():
                yield from self._begin_copy(message, now)
            case TruncateModel():
                if self.phase in (Phase.COPYING, Phase.LIVE):
                    self._mark(now)
                    yield Truncated()
            case ModelUpdate():
                yield from self._update(message, now)
            case UnknownMessage():
                self._oddities.note("unknown message type", message.type)
            case _:
                assert_never(message)

    def _subscribe(self, answer: AuthenticateResponse) -> Iterator[Step]:
        if self.phase is not Phase.AUTHENTICATING:
            self._oddities.note("repeated message", "authenticate_response")
            return
        if not answer.success:
            if "permission" in answer.reason.lower():
                raise self._permission_missing(answer.reason)
            raise CredentialsRefused(
                f"{self._decoder.source}: the appliance refused the token ({answer.reason or 'no reason'})"
            )
        self.phase = Phase.SUBSCRIBING
        yield Send(encode_message({"type": "subscribe", "tables": list(self._tables) if self._tables else "all"}))

    def _begin_copy(self, answer: SubscribeResponse, now: float) -> Iterator[Step]:
        if self.phase is Phase.AUTHENTICATING:
            raise IllegalMessage("a subscribe_response came before the subscription")
        if not answer.success:
            raise self._permission_missing(answer.reason)
        if self._is_subscribed:
            self._oddities.note("repeated message", "subscribe_response")
            return
        self._is_subscribed = True
        if self.phase is Phase.SUBSCRIBING:
            self._mark(now)
        yield Subscribed(answer.timestamp)

    def _permission_missing(self, reason: str) -> PermissionMissing:
        return PermissionMissing(
            f"{self._decoder.source}: the appliance refused the subscription ({reason or 'no reason'}); "
            "allow the API account the real-time state API"
        )

    def _mark(self, now: float) -> None:
        self.phase = Phase.COPYING
        self._decoder.begin_copy()
        self._unconfirmed = Unconfirmed(self._held_keys(), now)

    def _update(self, message: ModelUpdate, now: float) -> Iterator[Step]:
        if self.phase is Phase.AUTHENTICATING:
            self._oddities.note("model update before the subscription")
            return
        if self.phase is Phase.SUBSCRIBING:
            self._mark(now)  # some appliance may send its copy before it says that it will
        updates = self._decoder.rows(message.insert, are_whole=True)
        for table, rows in self._decoder.rows(message.update).items():
            started = updates.setdefault(table, {})
            for key, fields in rows.items():
                started[key] = merge_fields(table, started[key], fields) if key in started else fields
        deletes = self._decoder.deleted_keys(message.delete)
        if self._unconfirmed:
            inserts = self._unconfirmed.confirm(updates, deletes, now)
            yield Change(self._decoder.source, inserts, updates, deletes, Cause.COPY)
        else:
            yield Change(self._decoder.source, {}, updates, deletes)
