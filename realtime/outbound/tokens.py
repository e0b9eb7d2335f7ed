"""The shared token of each source in the database, and the rules by which processes take turns to mint it.

`minted_at` is when a process last set out to call the token endpoint, so it names that call (and fences it);
`minting_until` is when the next call may be made; `refused_at` is when the credentials, or a token just minted, were
last refused. Together they hold every process, after any restart, to two calls a minute and source, and to one each
30 s while the credentials are refused. Times out of reach (the clock was set back) are ignored.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from realtime.models import AccessToken
from realtime.outbound.endpoint import Endpoint
from realtime.outbound.seal import seal, unseal

RENEWAL = timedelta(minutes=5)  # a token is renewed this long before it ends, or after half its life if that is later
LAST_USE = timedelta(seconds=10)
LEASE = timedelta(seconds=30)
WINDOW = timedelta(seconds=60)
REFUSAL_PAUSE = timedelta(seconds=30)


class Move(Enum):
    """What a process that wants a token does next."""

    USE = "use"  # take the stored one
    MINT = "mint"  # claim the turn and mint
    WAIT = "wait"  # another process is minting
    REFUSED = "refused"  # the credentials are refused; not to be tried again yet
    PAUSE = "pause"  # two calls within a minute were made; not to be tried again yet


@dataclass(frozen=True, slots=True)
class Turn:
    """The next move, the token for `USE`, and how long it is until a call may be made."""

    move: Move
    token: str = ""
    seconds: float = 0.0


def next_turn(row: AccessToken, token: str | None, now: datetime) -> Turn:
    """Decide from the stored row; `token` is its opened seal."""
    life = row.expires_at - now if token and row.expires_at else timedelta(0)
    if token and life > max(renewal_margin(row), LAST_USE):
        return Turn(Move.USE, token)
    closed_for = opens_at(row, now) - now
    if closed_for <= timedelta(0):
        return Turn(Move.MINT)
    if token and life > LAST_USE:
        return Turn(Move.USE, token)
    seconds = closed_for.total_seconds()
    if row.refused_at:
        return Turn(Move.REFUSED, seconds=seconds)
    if row.minted_at and row.minted_at + LEASE > now:
        return Turn(Move.WAIT, seconds=seconds)
    return Turn(Move.PAUSE, seconds=seconds)


def renewal_margin(row: AccessToken) -> timedelta:
    """Return how long before its end a token is renewed."""
    if row.expires_at and row.minted_at:
        return min(RENEWAL, (row.expires_at - row.minted_at) / 2)
    return RENEWAL


def opens_at(row: AccessToken, now: datetime) -> datetime:
    """Return when the token endpoint may be called again; not after `now` when it may be at once."""
    moments = [now]
    if row.minting_until and row.minting_until <= now + WINDOW:
        moments.append(row.minting_until)
    if row.refused_at and row.refused_at <= now:
        moments.append(row.refused_at + REFUSAL_PAUSE)
    return max(moments)


def pause_after(row: AccessToken, now: datetime) -> datetime | None:
    """Return when a third call may follow one made now; None when only one fell into the last minute."""
    if row.minted_at and now - WINDOW < row.minted_at <= now:
        return row.minted_at + WINDOW
    return None


def load(endpoint: Endpoint) -> AccessToken:
    """Return the source's row, made if it is not there."""
    row, _ = AccessToken.objects.get_or_create(source=endpoint.name)
    return row


def opened(endpoint: Endpoint, row: AccessToken) -> str | None:
    """Return the row's token if it is this account's."""
    return unseal(endpoint, row.token_sealed) if row.token_sealed else None


def claim(row: AccessToken, now: datetime) -> bool:
    """Take the turn to mint, if the row is still as it was read. One statement, so one process wins."""
    until = max(now + LEASE, pause_after(row, now) or now)
    unchanged = AccessToken.objects.filter(
        source=row.source,
        token_sealed=row.token_sealed,
        minted_at=row.minted_at,
        refused_at=row.refused_at,
        minting_until=row.minting_until,
    )
    return unchanged.update(minted_at=now, minting_until=until) == 1


def keep(endpoint: Endpoint, row: AccessToken, claimed_at: datetime, token: str, expires_at: datetime) -> None:
    """Store what was minted. `row` is as before the claim."""
    AccessToken.objects.filter(source=row.source, minted_at=claimed_at).update(
        token_sealed=seal(endpoint, token),
        expires_at=expires_at,
        refused_at=None,
        minting_until=pause_after(row, claimed_at),
    )


def expire(endpoint: Endpoint, token: str, now: datetime) -> None:
    """Let exactly this token be over, and keep it: it may hold what the next one is asked for with."""
    row = load(endpoint)
    if opened(endpoint, row) == token:
        AccessToken.objects.filter(source=row.source, token_sealed=row.token_sealed).update(expires_at=now)


def give_up(row: AccessToken, claimed_at: datetime, refused_at: datetime | None) -> None:
    """End a turn whose call was made and brought no token."""
    AccessToken.objects.filter(source=row.source, minted_at=claimed_at).update(
        refused_at=refused_at, minting_until=pause_after(row, claimed_at)
    )


def give_back(row: AccessToken, claimed_at: datetime) -> None:
    """End a turn whose call was never made."""
    AccessToken.objects.filter(source=row.source, minted_at=claimed_at).update(
        minted_at=row.minted_at, minting_until=row.minting_until
    )


def drop(endpoint: Endpoint, token: str, now: datetime) -> bool:
    """Forget exactly this token. Return whether another may be had at once."""
    row = load(endpoint)
    if opened(endpoint, row) != token:
        return next_turn(row, opened(endpoint, row), now).move in (Move.USE, Move.MINT, Move.WAIT)
    may_mint = opens_at(row, now) <= now
    AccessToken.objects.filter(source=row.source, token_sealed=row.token_sealed).update(
        token_sealed="", expires_at=None, refused_at=row.refused_at if may_mint else now
    )
    return may_mint
