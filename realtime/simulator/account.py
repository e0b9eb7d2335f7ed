"""The simulated appliance's API account: its tokens and its request limits. Time comes from the caller."""

import base64
import binascii
import hmac
import secrets
from collections import OrderedDict, deque

MOST_TOKENS = 30
SECONDS_PER_HOUR = 3600.0


class Account:
    """One API account: credentials, at most 30 live tokens, how often it called."""

    def __init__(
        self, client_id: str, client_secret: str, token_seconds: float, per_second: int, per_hour: int
    ) -> None:
        self.mints = 0
        self.per_hour = per_hour
        self._expected = f"{client_id}:{client_secret}".encode()
        self._token_seconds = token_seconds
        self._per_second = per_second
        self._tokens: OrderedDict[str, float] = OrderedDict()
        self._calls: deque[float] = deque()

    def accepts(self, authorization: str) -> bool:
        """Check an HTTP Basic authorization header."""
        scheme, _, encoded = authorization.partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            return False
        return scheme.lower() == "basic" and hmac.compare_digest(given, self._expected)

    def mint(self, now: float) -> str:
        """Return a new token; beyond 30 the oldest is invalidated."""
        self.mints += 1
        token = secrets.token_urlsafe(24)
        self._tokens[token] = now + self._token_seconds
        while len(self._tokens) > MOST_TOKENS:
            self._tokens.popitem(last=False)
        return token

    def knows(self, token: str, now: float) -> bool:
        """Say whether a token is valid."""
        return self._tokens.get(token, 0.0) > now

    def knows_bearer(self, authorization: str, now: float) -> bool:
        """Check an HTTP Bearer authorization header."""
        scheme, _, token = authorization.partition(" ")
        return scheme.lower() == "bearer" and self.knows(token.strip(), now)

    def revoke(self) -> None:
        """Invalidate every token."""
        self._tokens.clear()

    def token_count(self, now: float) -> int:
        """Return how many tokens are valid."""
        return sum(expires > now for expires in self._tokens.values())

    def call(self, now: float) -> float:
        """Count a request; return the seconds to wait if it is over a limit, else 0."""
        while self._calls and self._calls[0] <= now - SECONDS_PER_HOUR:
            self._calls.popleft()
        if len(self._calls) >= self.per_hour:
            return self._calls[0] + SECONDS_PER_HOUR - now
        if len(self._calls) >= self._per_second and self._calls[-self._per_second] > now - 1:
            return self._calls[-self._per_second] + 1 - now
        self._calls.append(now)
        return 0.0

    @property
    def remaining(self) -> int:
        """How many requests are left this hour."""
        return max(self.per_hour - len(self._calls), 0)
